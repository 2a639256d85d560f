import { type FormEvent, useState } from 'react';
import { Link, useNavigate } from 'react-router';
import { useMutation, useQuery } from 'urql';
import { failure, Field, Problem, problems, type Problems, texts } from '../forms';
import { Price } from '../format';
import { graphql } from '../gql';
import type { QuoteQuery } from '../gql/graphql';
import { cart, putInCart, session, useStored } from '../stored';
import { SignIn } from './SignIn';

const Methods = graphql(`
  query Methods($country: String!) {
    deliveryMethods(countryCode: $country) { id name price { amount currencyCode } }
  }
`);

const Quote = graphql(`
  query Quote($input: OrderQuoteInput!) {
    orderQuote(input: $input) {
      lines { product { id name } quantity total { amount currencyCode } }
      charges { label amount { amount currencyCode } }
      total { amount currencyCode }
      problems { path message productId }
    }
  }
`);

const CreateOrder = graphql(`
  mutation CreateOrder($input: CreateOrderInput!) {
    createOrder(input: $input) {
      __typename
      ... on CreateOrderSuccess { order { ...OrderDetails } }
      ...Refusal
    }
  }
`);

const CARDS = {
  pm_card_visa: 'Visa',
  pm_card_authenticationRequired: 'Visa that asks its holder (3-D Secure)',
  pm_card_chargeDeclined: 'A card that is declined',
};

/** The cart with what it comes to, and under it how it goes there and how it is paid. */
export function Checkout() {
  const lines = Object.entries(useStored(cart)).map(([productId, quantity]) => ({ productId, quantity }));
  const [country, setCountry] = useState('GB');
  const [chosen, setChosen] = useState('');
  const isSignedIn = useStored(session) !== null;
  const [methods] = useQuery({ query: Methods, variables: { country } });
  const methodId = methods.data?.deliveryMethods.find(({ id }) => id === chosen)?.id ?? methods.data?.deliveryMethods[0]?.id;
  const [quote, quoteAgain] = useQuery({
    query: Quote,
    variables: { input: { lines, ...(methodId && { deliveryMethodId: methodId, countryCode: country }) } },
    pause: !lines.length || methods.fetching,
    requestPolicy: 'network-only', // prices and stock move
  });
  if (!lines.length) return <><h1>Your cart is empty</h1><Link to="/">To the catalogue</Link></>;
  return (
    <>
      <title>Your cart</title>
      <h1>Your cart</h1>
      <Problem text={quote.error && failure(quote.error)} />
      <ul className="rows">
        {lines.map(({ productId, quantity }, index) => (
          <CartLine key={productId} index={index} productId={productId} quantity={quantity} quote={quote.data?.orderQuote} />
        ))}
      </ul>
      <label>
        Deliver to <select value={country} onChange={({ target }) => setCountry(target.value)}>
          <option value="GB">United Kingdom</option>
          <option value="DE">Germany</option>
          <option value="US">United States</option>
        </select>
      </label>
      <fieldset>
        <legend>Delivery</legend>
        {methods.data?.deliveryMethods.map(({ id, name, price }) => (
          <label key={id}>
            <input type="radio" name="method" checked={id === methodId} onChange={() => setChosen(id)} /> {name} <Price {...price} />
          </label>
        ))}
      </fieldset>
      {quote.data && <p className="total">Total <Price {...quote.data.orderQuote.total} /></p>}
      {!isSignedIn && <SignIn />}
      {isSignedIn && quote.data && methodId && (
        <PaymentForm order={{ lines, methodId, country, total: quote.data.orderQuote.total }} onRefused={quoteAgain} />
      )}
    </>
  );
}

type CartLineProps = { index: number; productId: string; quantity: number; quote: QuoteQuery['orderQuote'] | undefined };

/** What stands in the way of a line is told with its path: ["input", "lines", "0", "quantity"]. */
function CartLine({ index, productId, quantity, quote }: CartLineProps) {
  const line = quote?.lines.find(({ product }) => product.id === productId);
  const wrong = quote?.problems.filter(({ path }) => path[1] === 'lines' && path[2] === String(index));
  const name = line?.product.name ?? 'This product';
  return (
    <li>
      <span className="grow">{name}</span>
      <input
        type="number" min={1} value={quantity} aria-label={`Pieces of ${name}`}
        onChange={({ target }) => target.valueAsNumber > 0 && putInCart(productId, target.valueAsNumber)}
      />
      {line && <Price {...line.total} />}
      <button aria-label={`Remove ${name}`} onClick={() => putInCart(productId, 0)}>Remove</button>
      <Problem text={wrong?.map(({ message }) => message).join(' ')} />
    </li>
  );
}

type Money = QuoteQuery['orderQuote']['total'];
type Order = { lines: { productId: string; quantity: number }[]; methodId: string; country: string; total: Money };

function PaymentForm({ order, onRefused }: { order: Order; onRefused: () => void }) {
  const [key, setKey] = useState(() => crypto.randomUUID());
  const [wrong, setWrong] = useState<Problems>({});
  const [{ fetching }, createOrder] = useMutation(CreateOrder);
  const navigate = useNavigate();

  async function submit(event: FormEvent<HTMLFormElement>) {
    const { name = '', line1 = '', city = '', postalCode = '', paymentMethod = '' } = texts(event);
    const address = { name, line1, city, postalCode, countryCode: order.country };
    const { data, error } = await createOrder({
      input: {
        lines: order.lines,
        delivery: { methodId: order.methodId, address },
        paymentMethod,
        expectedTotal: order.total.amount, // another total is never charged
        idempotencyKey: key,
      },
    });
    const result = data?.createOrder;
    // The same key again never orders twice: it is kept until the answer is known.
    if (result && result.__typename !== 'PaymentPendingError') setKey(crypto.randomUUID());
    if (result?.__typename === 'CreateOrderSuccess') {
      cart.set({});
      return navigate(`/orders/${result.order.number}`);
    }
    setWrong(problems(result, error));
    onRefused();
  }

  return (
    <form onSubmit={submit}>
      <h2>Address and payment</h2>
      <Field label="Name" name="name" autoComplete="name" required wrong={wrong} />
      <Field label="Street" name="line1" autoComplete="address-line1" required wrong={wrong} />
      <Field label="City" name="city" autoComplete="address-level2" required wrong={wrong} />
      <Field label="Postal code" name="postalCode" autoComplete="postal-code" wrong={wrong} />
      <label>
        Pay with <select name="paymentMethod">
          {Object.entries(CARDS).map(([method, label]) => <option key={method} value={method}>{label}</option>)}
        </select>
      </label>
      <Problem text={wrong['']} />
      <button className="primary" disabled={fetching}>Pay <Price {...order.total} /></button>
    </form>
  );
}

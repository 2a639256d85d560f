import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { graphql } from '../gql';
import type { OrderLineInput, QuoteQuery } from '../gql/graphql';
import { failure, Field, MutationForm, price, Problem, Select } from '../parts';
import { read, useStored, write } from '../stored';
import { SignIn } from './SignIn';

const Methods = graphql(`
  query Methods($country: String!) { deliveryMethods(countryCode: $country) { id name price { amount currencyCode } } }
`);

const QuoteOrder = graphql(`
  query Quote($input: OrderQuoteInput!) {
    orderQuote(input: $input) {
      lines { product { id name } total { amount currencyCode } }
      total { amount currencyCode }
      problems { path message }
    }
  }
`);

const CreateOrder = graphql(`
  mutation CreateOrder($input: CreateOrderInput!) {
    result: createOrder(input: $input) { __typename ... on CreateOrderSuccess { order { ...OrderDetails } } ...Refusal }
  }
`);

type Quote = QuoteQuery['orderQuote'];
const COUNTRIES = { GB: 'United Kingdom', DE: 'Germany', US: 'United States' };
const CARDS = {
  pm_card_visa: 'Visa',
  pm_card_authenticationRequired: 'Visa that asks its holder (3-D Secure)',
  pm_card_chargeDeclined: 'A card that is declined',
};

/** The cart: what it comes to, how it goes there, and how it is paid. */
export function Checkout() {
  const lines = Object.entries(useStored('cart') ?? {}).map(([productId, quantity]) => ({ productId, quantity }));
  const isSignedIn = useStored('session') !== null;
  const [countryCode, setCountry] = useState('GB');
  const [chosen, setChosen] = useState('');
  const [methods] = useQuery({ query: Methods, variables: { country: countryCode } });
  const offered = methods.data?.deliveryMethods ?? [];
  const deliveryMethodId = (offered.find(({ id }) => id === chosen) ?? offered[0])?.id ?? '';
  const [{ data, error }, quoteAgain] = useQuery({
    query: QuoteOrder,
    variables: { input: { lines, countryCode, deliveryMethodId } },
    pause: !lines.length || !deliveryMethodId,
    requestPolicy: 'network-only', // prices and stock move
  });
  const quote = data?.orderQuote;
  if (!lines.length) return <h1>Your cart is empty</h1>;
  return (
    <>
      <title>Cart</title>
      <h1>Your cart</h1>
      <Problem text={error && failure(error)} />
      <ul className="rows">
        {lines.map((line, index) => <CartLine key={line.productId} line={line} index={index} quote={quote} />)}
      </ul>
      <Select label="Deliver to" options={COUNTRIES} value={countryCode} onChange={(event) => setCountry(event.target.value)} />
      <Select
        label="Delivery"
        options={Object.fromEntries(offered.map((method) => [method.id, `${method.name}, ${price(method.price)}`]))}
        value={deliveryMethodId}
        onChange={(event) => setChosen(event.target.value)}
      />
      {!isSignedIn && <SignIn />}
      {isSignedIn && quote && <PaymentForm {...{ lines, countryCode, deliveryMethodId, quote, quoteAgain }} />}
    </>
  );
}

/** The path of a problem leads to its line: ["input", "lines", "0", "quantity"]. */
function CartLine({ line, index, quote }: { line: OrderLineInput; index: number; quote: Quote | undefined }) {
  const { productId, quantity } = line;
  const quoted = quote?.lines.find(({ product }) => product.id === productId);
  const wrong = quote?.problems.filter(({ path }) => path[1] === 'lines' && path[2] === String(index));
  const name = quoted?.product.name ?? 'This product';

  function put(pieces: number) {
    const { [productId]: _, ...others } = read('cart') ?? {};
    write('cart', pieces > 0 ? { ...others, [productId]: pieces } : others);
  }

  return (
    <li>
      <span>{name}</span>
      <input
        type="number" min={1} value={quantity} aria-label={`Pieces of ${name}`}
        onChange={(event) => put(event.target.valueAsNumber || quantity)}
      />
      <span>{quoted && price(quoted.total)}</span>
      <button className="outline" aria-label={`Remove ${name}`} onClick={() => put(0)}>Remove</button>
      <Problem text={wrong?.map(({ message }) => message).join('; ')} />
    </li>
  );
}

type PaymentProps = {
  lines: OrderLineInput[]; countryCode: string; deliveryMethodId: string; quote: Quote; quoteAgain: () => void;
};

function PaymentForm({ lines, countryCode, deliveryMethodId: methodId, quote: { total }, quoteAgain }: PaymentProps) {
  const [idempotencyKey, setKey] = useState(() => crypto.randomUUID());
  const navigate = useNavigate();
  return (
    <MutationForm
      mutation={CreateOrder}
      input={({ paymentMethod = '', name = '', line1 = '', city = '', postalCode = '' }) => ({
        idempotencyKey,
        lines,
        delivery: { methodId, address: { name, line1, city, postalCode, countryCode } },
        paymentMethod,
        expectedTotal: total.amount, // another total is never charged
      })}
      onSuccess={({ order }) => {
        void navigate(`/orders/${order.number}`);
        write('cart', null);
      }}
      onRefused={(refusal) => {
        // The same key never orders twice: it is kept until the answer is known.
        if (refusal && refusal.code !== 'PAYMENT_PENDING') setKey(crypto.randomUUID());
        quoteAgain();
      }}
      button={`Pay ${price(total)}`}
    >
      <h2>Address and payment</h2>
      <Field label="Name" name="name" autoComplete="name" required />
      <Field label="Street" name="line1" autoComplete="address-line1" required />
      <Field label="City" name="city" autoComplete="address-level2" required />
      <Field label="Postal code" name="postalCode" autoComplete="postal-code" />
      <Select label="Pay with" name="paymentMethod" options={CARDS} />
    </MutationForm>
  );
}

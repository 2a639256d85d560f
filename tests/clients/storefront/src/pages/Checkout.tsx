import { useState } from 'react';
import { useNavigate } from 'react-router';
import { useQuery } from 'urql';
import { CreateOrderDocument, DeliveryDocument, QuoteDocument, type QuoteQuery } from '../gql/graphql';
import { failure, Field, MutationForm, price, Problem } from '../parts';
import { putInCart, useStored, write } from '../stored';
import { SignIn } from './SignIn';

const regions = new Intl.DisplayNames('en-GB', { type: 'region' });
const CARDS: [string, string][] = [
  ['pm_card_visa', 'Visa'],
  ['pm_card_authenticationRequired', 'Visa that asks its holder (3-D Secure)'],
  ['pm_card_chargeDeclined', 'A card that is declined'],
];

/** The cart: what it comes to, how it goes there, and how it is paid. */
export function Checkout() {
  const lines = Object.entries(useStored('cart') ?? {}).map(([productId, quantity]) => ({ productId, quantity }));
  const isSignedIn = useStored('session') !== null;
  const navigate = useNavigate();
  const [idempotencyKey, setKey] = useState(() => crypto.randomUUID());
  const [countryCode, setCountry] = useState('GB');
  const [chosen, setChosen] = useState('');
  const [{ data: delivery }] = useQuery({ query: DeliveryDocument, variables: { country: countryCode } });
  const methods = delivery?.deliveryMethods ?? [];
  const methodId = (methods.find(({ id }) => id === chosen) ?? methods[0])?.id ?? '';
  const [{ data, error }, quoteAgain] = useQuery({
    query: QuoteDocument,
    variables: { input: { lines, countryCode, deliveryMethodId: methodId } },
    pause: !lines.length || !methodId,
    requestPolicy: 'network-only', // prices and stock move
  });
  const quote = data?.orderQuote;
  if (!lines.length) return <h1>Your cart is empty</h1>;
  return (
    <>
      <title>Cart</title><h1>Your cart</h1>
      <Problem text={failure(error)} />
      <ul className="rows">
        {lines.map((line, index) => <CartLine key={line.productId} {...line} index={index} quote={quote} />)}
      </ul>
      <Field
        label="Country" name="country" value={countryCode} onChange={({ target }) => setCountry(target.value)}
        options={delivery?.shop.countryCodes.map((code) => [code, regions.of(code) ?? code]) ?? []}
      />
      <Field
        label="Delivery" name="method" value={methodId} onChange={({ target }) => setChosen(target.value)}
        options={methods.map((method) => [method.id, `${method.name}, ${price(method.price)}`])}
      />
      <SignIn />
      {isSignedIn && quote && (
        <MutationForm
          mutation={CreateOrderDocument}
          input={({ paymentMethod = '', name = '', line1 = '', city = '', postalCode = '' }) => ({
            idempotencyKey,
            lines,
            delivery: { methodId, address: { name, line1, city, postalCode, countryCode } },
            paymentMethod,
            expectedTotal: quote.total.amount, // another total is never charged
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
          button={`Pay ${price(quote.total)}`}
        >
          <h2>Address and payment</h2>
          <Field label="Name" name="name" autoComplete="name" required />
          <Field label="Street" name="line1" autoComplete="address-line1" required />
          <Field label="City" name="city" autoComplete="address-level2" required />
          <Field label="Postal code" name="postalCode" autoComplete="postal-code" />
          <Field label="Pay with" name="paymentMethod" options={CARDS} />
        </MutationForm>
      )}
    </>
  );
}

type LineProps = { productId: string; quantity: number; index: number; quote: QuoteQuery['orderQuote'] | undefined };

/** The path of a problem leads to its line: ["input", "lines", "0", "quantity"]. */
function CartLine({ productId, quantity, index, quote }: LineProps) {
  const quoted = quote?.lines.find(({ product }) => product.id === productId);
  const wrong = quote?.problems.filter(({ path }) => path[1] === 'lines' && path[2] === String(index));
  const name = quoted?.product.name ?? 'This product';
  return (
    <li>
      <span>{name}</span>
      <input
        type="number" min={1} value={quantity} aria-label={`Pieces of ${name}`}
        onChange={(event) => putInCart(productId, event.target.valueAsNumber || quantity)}
      />
      <span>{quoted && price(quoted.total)}</span>
      <button className="outline" aria-label={`Remove ${name}`} onClick={() => putInCart(productId, 0)}>Remove</button>
      <Problem text={wrong?.map(({ message }) => message).join('; ')} />
    </li>
  );
}

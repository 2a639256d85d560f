import { useParams } from 'react-router';
import { useQuery } from 'urql';
import { failure, Problem } from '../forms';
import { day, Price, Status } from '../format';
import { graphql } from '../gql';
import type { OrderDetailsFragment } from '../gql/graphql';

graphql(`
  fragment OrderDetails on Order {
    id number status createdAt expiresAt
    total { amount currencyCode }
    lines { id productName quantity total { amount currencyCode } }
    charges { label amount { amount currencyCode } }
    deliveryAddress { name line1 city postalCode countryCode }
    shipment { carrier trackingNumber trackingUrl }
    invoice { number }
    payment { id status clientSecret }
  }
`);

const OrderByNumber = graphql(`
  query OrderByNumber($number: String!) { orderByNumber(number: $number) { ...OrderDetails } }
`);

/** Where mails about an order lead. */
export function OrderPage() {
  const { number = '' } = useParams();
  const [{ data, error, fetching }] = useQuery({ query: OrderByNumber, variables: { number } });
  const order = data?.orderByNumber;
  return (
    <>
      <title>{`Order ${number}`}</title>
      <h1>Order {number}</h1>
      <Problem text={error && failure(error)} />
      {order && <Details order={order} />}
      {!order && !error && <p role="status">{fetching ? 'Loading ...' : 'You have no such order.'}</p>}
    </>
  );
}

function Details({ order }: { order: OrderDetailsFragment }) {
  const { payment, deliveryAddress: to, shipment, invoice } = order;
  return (
    <>
      <p role="status"><Status status={order.status} /></p>
      {payment?.clientSecret && <BankLink secret={payment.clientSecret} number={order.number} />}
      <ul className="rows">
        {order.lines.map(({ id, productName, quantity, total }) => (
          <li key={id}><span className="grow">{quantity} x {productName}</span><Price {...total} /></li>
        ))}
        {order.charges.map(({ label, amount }) => (
          <li key={label}><span className="grow">{label}</span><Price {...amount} /></li>
        ))}
        <li className="total"><span className="grow">Total</span><Price {...order.total} /></li>
      </ul>
      <dl>
        <dt>Ordered</dt><dd>{day(order.createdAt)}</dd>
        {to && <><dt>Goes to</dt><dd>{[to.name, to.line1, to.city, to.postalCode, to.countryCode].filter(Boolean).join(', ')}</dd></>}
        {shipment && <><dt>Sent with</dt><dd>{shipment.carrier} {shipment.trackingNumber}</dd></>}
        {invoice && <><dt>Invoice</dt><dd>{invoice.number}</dd></>}
      </dl>
    </>
  );
}

/** 3-D Secure. Here goes your provider's SDK; the sandbox has a page, which leads back to `return_url`. */
function BankLink({ secret, number }: { secret: string; number: string }) {
  const query = new URLSearchParams({ client_secret: secret, return_url: `/orders/${number}` });
  return <p className="notice">Your bank wants to hear from you. <a href={`/sandbox/payments?${query}`}>Confirm the payment</a></p>;
}

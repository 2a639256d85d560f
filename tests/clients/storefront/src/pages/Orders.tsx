import { type ReactNode, useState } from 'react';
import { Link, useParams } from 'react-router';
import { useQuery } from 'urql';
import { useReadAgain } from '../client';
import { graphql } from '../gql';
import type { OrderDetailsFragment } from '../gql/graphql';
import { failure, price, Problem } from '../parts';

const OrdersQuery = graphql(`
  query Orders($search: String, $after: String) {
    orders(first: 20, after: $after, filter: { number: $search }) {
      nodes { ...OrderDetails }
      pageInfo { hasNextPage endCursor }
    }
  }
  fragment OrderDetails on Order {
    id number status createdAt
    total { amount currencyCode }
    lines { id productName quantity total { amount currencyCode } }
    charges { label amount { amount currencyCode } }
    deliveryAddress { name line1 city postalCode countryCode }
    invoice { number }
    payment { id clientSecret }
  }
`);

const OrderByNumber = graphql(`
  query OrderByNumber($number: String!) { orderByNumber(number: $number) { ...OrderDetails } }
`);

const STATUS = { PENDING: 'Waiting for payment', CONFIRMED: 'Confirmed', FULFILLED: 'Sent', CANCELLED: 'Cancelled', REFUNDED: 'Refunded' };

export function Orders() {
  return <><title>Orders</title><h1>Orders</h1><OrderList /></>;
}

/** One's own orders; staff see everybody's. */
export function OrderList({ search = '', action }: { search?: string; action?: (order: OrderDetailsFragment) => ReactNode }) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useQuery({ query: OrdersQuery, variables: { search: search || null, after } });
  useReadAgain(read);
  const { nodes, pageInfo } = data?.orders ?? {};
  return (
    <>
      <Problem text={error && failure(error)} />
      <ul className="rows">
        {nodes?.map((order) => (
          <li key={order.id}>
            <span><Link to={`/orders/${order.number}`}>{order.number}</Link> {order.deliveryAddress?.name}</span>
            <span>{price(order.total)}</span>
            <span className={order.status}>{STATUS[order.status]}</span>
            {action?.(order)}
          </li>
        ))}
        {nodes?.length === 0 && <li>There are none.</li>}
      </ul>
      {after && <button className="outline" onClick={() => setAfter(null)}>Newest orders</button>}
      {pageInfo?.hasNextPage && <button className="outline" onClick={() => setAfter(pageInfo.endCursor)}>Older orders</button>}
    </>
  );
}

/** Where mails about an order lead. */
export function OrderPage() {
  const { number = '' } = useParams();
  const [{ data, error }, read] = useQuery({ query: OrderByNumber, variables: { number } });
  useReadAgain(read);
  return (
    <>
      <title>{`Order ${number}`}</title>
      <h1>Order {number}</h1>
      <Problem text={error && failure(error)} />
      {data?.orderByNumber && <Details order={data.orderByNumber} />}
      {data?.orderByNumber === null && <p>You have no such order.</p>}
    </>
  );
}

function Details({ order }: { order: OrderDetailsFragment }) {
  const { number, payment, deliveryAddress: to, invoice } = order;
  // 3-D Secure. Your provider's SDK goes here; the sandbox has a page, which leads back to `return_url`.
  const bank = new URLSearchParams({ client_secret: payment?.clientSecret ?? '', return_url: `/orders/${number}` });
  return (
    <>
      <p role="status"><span className={order.status}>{STATUS[order.status]}</span></p>
      {payment?.clientSecret && <p><a role="button" href={`/sandbox/payments?${bank}`}>Confirm the payment with your bank</a></p>}
      <ul className="rows">
        {order.lines.map((line) => (
          <li key={line.id}><span>{line.quantity} × {line.productName}</span> {price(line.total)}</li>
        ))}
        {order.charges.map(({ label, amount }) => <li key={label}><span>{label}</span> {price(amount)}</li>)}
        <li><strong>Total</strong> <strong>{price(order.total)}</strong></li>
      </ul>
      <p>Ordered {new Date(order.createdAt).toLocaleDateString('en-GB', { dateStyle: 'long' })}</p>
      {to && <p>Goes to {to.name}, {to.line1}, {to.city}, {to.postalCode}, {to.countryCode}</p>}
      {invoice && <p>Invoice {invoice.number}</p>}
    </>
  );
}

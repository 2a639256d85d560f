import { type ReactNode, useState } from 'react';
import { Link, useParams } from 'react-router';
import { useQuery } from 'urql';
import { useReadAgain } from '../client';
import { OrderByNumberDocument, type OrderDetailsFragment as Order, OrdersDocument } from '../gql/graphql';
import { failure, price, Problem } from '../parts';

export const Orders = () => <><title>Orders</title><h1>Orders</h1><OrderList /></>;

/** One's own orders; staff see everybody's. */
export function OrderList({ search = '', action }: { search?: string; action?: (order: Order) => ReactNode }) {
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, error }, read] = useQuery({ query: OrdersDocument, variables: { search, after } });
  useReadAgain(read);
  const { nodes, pageInfo } = data?.orders ?? {};
  return (
    <>
      <Problem text={failure(error)} />
      <ul className="rows">
        {nodes?.map((order) => (
          <li key={order.id}>
            <span><Link to={`/orders/${order.number}`}>{order.number}</Link> {order.deliveryAddress?.name}</span>
            <span>{price(order.total)}</span>
            <mark className={order.status}>{order.status.toLowerCase()}</mark>
            {action?.(order)}
          </li>
        ))}
        {nodes?.length === 0 && <li>There are none.</li>}
      </ul>
      {after && <button className="outline" onClick={() => setAfter(null)}>Newest</button>}
      {pageInfo?.hasNextPage && <button className="outline" onClick={() => setAfter(pageInfo.endCursor)}>Older</button>}
    </>
  );
}

/** Where mails about an order lead. */
export function OrderPage() {
  const { number = '' } = useParams();
  const [{ data, error }, read] = useQuery({ query: OrderByNumberDocument, variables: { number } });
  useReadAgain(read);
  const order = data?.orderByNumber;
  const missing = data && 'You have no such order.';
  if (!order) return <><h1>Order {number}</h1><Problem text={failure(error) ?? missing} /></>;
  const { payment, deliveryAddress: to, invoice } = order;
  // 3-D Secure. Your provider's SDK goes here; the sandbox has a page, which leads back to `return_url`.
  const bank = new URLSearchParams({ client_secret: payment.clientSecret ?? '', return_url: `/orders/${number}` });
  return (
    <>
      <title>{`Order ${number}`}</title><h1>Order {number}</h1>
      <p role="status"><mark className={order.status}>{order.status.toLowerCase()}</mark></p>
      {payment.clientSecret && <a role="button" href={`/sandbox/payments?${bank}`}>Confirm the payment</a>}
      <ul className="rows">
        {order.lines.map(({ id, quantity, productName, total }) => (
          <li key={id}><span>{quantity} × {productName}</span> {price(total)}</li>
        ))}
        {order.charges.map(({ label, amount }) => <li key={label}><span>{label}</span> {price(amount)}</li>)}
        <li><strong>Total</strong> <strong>{price(order.total)}</strong></li>
      </ul>
      <p>Ordered on {new Date(order.createdAt).toLocaleDateString('en-GB', { dateStyle: 'long' })}</p>
      {to && <p>Goes to {to.name}, {to.line1}, {to.city}, {to.postalCode}, {to.countryCode}</p>}
      {invoice && <p>Invoice {invoice.number}</p>}
    </>
  );
}

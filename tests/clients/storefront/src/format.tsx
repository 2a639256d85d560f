import type { OrderStatus } from './gql/graphql';

/** The amount is a string, and stays exact. */
export function Price({ amount, currencyCode }: { amount: string; currencyCode: string }) {
  const format = new Intl.NumberFormat(undefined, { style: 'currency', currency: currencyCode });
  return <span className="price">{format.format(amount as Intl.StringNumericLiteral)}</span>;
}

export const day = (time: string): string => new Date(time).toLocaleDateString(undefined, { dateStyle: 'medium' });

const STATUS: Record<OrderStatus, string> = {
  PENDING: 'Waiting for payment',
  CONFIRMED: 'Confirmed',
  FULFILLED: 'Sent',
  CANCELLED: 'Cancelled',
  REFUNDED: 'Refunded',
};

export function Status({ status }: { status: OrderStatus }) {
  return <span className={`status ${status.toLowerCase()}`}>{STATUS[status] ?? status}</span>;
}

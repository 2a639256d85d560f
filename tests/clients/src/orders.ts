/** What a person who is signed in does with orders, and what staff do with them. */
import type { Session } from './client';
import { follow } from './follow';
import { ok } from './ok';
import { CancelOrder, CreateOrder, FulfillOrder, MyOrders, RefundOrder } from './operations';
import { orderPage } from './order-page';
import { Checkout } from './place';
import { told } from './told';

type Good = { id: string; price: { amount: string } };
const one = ({ id }: Good) => [{ productId: id, quantity: 1 }];

/** The order's id. */
export async function places(session: Session, good: Good): Promise<string> {
  const checkout = new Checkout(one(good), 'pm_card_visa');
  const first = await checkout.place(session);
  ok(first.__typename === 'CreateOrderSuccess' && !first.replayed, `ordered, through a refresh: ${told(first)}`);
  const { amount, currencyCode } = first.order.total;
  ok(first.order.status === 'CONFIRMED' && amount === good.price.amount, `it costs ${amount} ${currencyCode}`);
  const again = await checkout.place(session);
  ok(again.__typename === 'CreateOrderSuccess' && again.replayed, 'the same key answers again');
  ok(again.order.id === first.order.id, 'with the same order');
  const mine = (await session.run(MyOrders, { first: 10 })).orders.nodes;
  ok(mine.filter((order) => order.id === first.order.id).length === 1, 'which is among my orders once');

  const { idempotencyKey, lines } = checkout;
  const other = { lines, paymentMethod: 'pm_card_chargeDeclined', idempotencyKey };
  const conflict = (await session.run(CreateOrder, { input: other })).createOrder;
  ok(conflict.__typename === 'IdempotencyConflictError', `the same key with another card: ${told(conflict)}`);
  const declined = await new Checkout(lines, 'pm_card_chargeDeclined').place(session);
  ok(declined.__typename === 'PaymentDeclinedError', `that card with its own key: ${told(declined)}`);
  return first.order.id;
}

/** Plays the bank's page, where a browser would send the customer. */
async function confirmsWithTheBank(session: Session, secret: string): Promise<void> {
  const body = new URLSearchParams({ client_secret: secret, decision: 'complete' });
  const answer = await fetch(new URL('/sandbox/payments', session.endpoint), { method: 'POST', body });
  ok(answer.ok, 'the bank is satisfied');
}

/** A payment that wants an action; the order is followed until it is confirmed, then cancelled. */
export async function paysLater(session: Session, good: Good, spoil: () => void): Promise<void> {
  const placed = await new Checkout(one(good), 'pm_card_authenticationRequired').place(session);
  ok(placed.__typename === 'CreateOrderSuccess', 'an order whose card wants a confirmation');
  const { id, number } = placed.order;
  const page = await orderPage(session, number);
  ok(page?.id === id && (await orderPage(session, '2026-999999')) === null, `the page of ${number} shows it`);
  const { status, payment } = page;
  ok(status === 'PENDING' && payment?.status === 'REQUIRES_ACTION' && payment.clientSecret, 'it waits for the bank');
  spoil();
  const seen: string[] = [];
  for await (const order of follow(session, id)) {
    seen.push(order.status);
    if (order.status === 'PENDING') await confirmsWithTheBank(session, payment.clientSecret);
    if (order.status === 'CONFIRMED') await session.run(CancelOrder, { input: { orderId: id } });
    if (order.status === 'CANCELLED') break;
  }
  ok(seen.join() === 'PENDING,CONFIRMED,CANCELLED', `followed, through a refresh: ${seen.join(', ')}`);
  const { cancelOrder } = await session.run(CancelOrder, { input: { orderId: id } });
  ok(cancelOrder.__typename === 'InvalidStateError', 'what is cancelled is not cancelled again');
}

/** Staff send an order and give its money back. */
export async function refunds(staff: Session, orderId: string): Promise<void> {
  const { fulfillOrder } = await staff.run(FulfillOrder, { input: { orderId } });
  ok(fulfillOrder.__typename === 'FulfillOrderSuccess', 'staff send the order');
  const input = { orderId, amount: '1000000', reason: 'broken', idempotencyKey: crypto.randomUUID() };
  const { refundOrder: refused } = await staff.run(RefundOrder, { input });
  ok(refused.__typename === 'RefundTooLargeError', `not more than ${'refundable' in refused && refused.refundable.amount}`);
  const { refundOrder } = await staff.run(RefundOrder, { input: { ...input, amount: null } });
  ok(refundOrder.__typename === 'RefundOrderSuccess' && refundOrder.order.status === 'REFUNDED', 'all of it is refunded');
}

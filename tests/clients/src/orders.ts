/** What a person who is signed in does with orders. */
import type { Session } from './client';
import { ok } from './ok';
import { CancelOrder, CreateOrder, MyOrders } from './operations';
import { Checkout } from './place';
import type { Good } from './purchase';
import { told } from './told';

/** The order's id. */
export async function places(session: Session, good: Good): Promise<string> {
  const lines = [{ productId: good.id, quantity: 1 }];
  const checkout = new Checkout({ lines, paymentMethod: 'pm_card_visa' });
  const first = await checkout.place(session);
  ok(first.__typename === 'CreateOrderSuccess' && !first.replayed, `ordered, through a refresh: ${told(first)}`);
  const { amount, currencyCode } = first.order.total;
  ok(first.order.status === 'CONFIRMED' && amount === good.price.amount, `it costs ${amount} ${currencyCode}`);
  const again = await checkout.place(session);
  ok(again.__typename === 'CreateOrderSuccess' && again.replayed, 'the same key answers again');
  ok(again.order.id === first.order.id, 'with the same order');
  const mine = (await session.run(MyOrders, { first: 10 })).orders.edges;
  ok(mine.filter(({ node }) => node.id === first.order.id).length === 1, 'which is among my orders once');

  const { idempotencyKey } = checkout;
  const other = { lines, paymentMethod: 'pm_card_chargeDeclined', idempotencyKey };
  const conflict = (await session.run(CreateOrder, { input: other })).createOrder;
  ok(conflict.__typename === 'IdempotencyConflictError', `the same key with another card: ${told(conflict)}`);
  const declined = await new Checkout({ lines, paymentMethod: 'pm_card_chargeDeclined' }).place(session);
  ok(declined.__typename === 'PaymentDeclinedError', `that card with its own key: ${told(declined)}`);
  return first.order.id;
}

export async function cancels(session: Session, orderId: string): Promise<void> {
  const cancel = async () => (await session.run(CancelOrder, { input: { orderId } })).cancelOrder;
  ok((await cancel()).__typename === 'CancelOrderSuccess', 'an order is cancelled');
  ok((await cancel()).__typename === 'InvalidStateError', 'once');
}

/** One purchase from the quote to the return, by a customer and staff. */
import type { Session } from './client';
import { follow } from './follow';
import type { DeliveryInput, OrderQuoteInput } from './gql/graphql';
import { mailed } from './mails';
import { ok } from './ok';
import { DeliveryMethods, FulfillOrder, RefundOrder, SetPrice } from './operations';
import { orderPage } from './order-page';
import { Checkout } from './place';
import { quote } from './quote';
import { told } from './told';

export type Good = { id: string; price: { amount: string } };
const ADDRESS = { name: 'Ada Customer', line1: '12 Canal Street', city: 'Leeds', postalCode: 'LS1 4AP', countryCode: 'GB' };

/** The whole of it; `spoil` makes the customer's access token a stale one. */
export async function purchases(customer: Session, email: string, staff: Session, good: Good, spoil: () => void) {
  const delivery = await chooses(customer);
  const wish = { lines: [{ productId: good.id, quantity: 2 }], delivery };
  const price = await isQuoted(customer, wish);
  const placed = await isToldOfANewPrice(customer, staff, good, wish, price);
  spoil();
  await isPaidAndSent(customer, staff, placed);
  const { shipment, invoice, deliveryAddress } = await page(customer, placed.number);
  ok(deliveryAddress?.postalCode === ADDRESS.postalCode && invoice?.number.startsWith('INV-'), `it has invoice ${invoice?.number}`);
  const link = await mailed(email, new RegExp(`${shipment?.trackingNumber}[^]*?/orders/([0-9-]+)`));
  ok(link === placed.number, 'carrier and tracking number are mailed, with a link to its page');
  ok((await orderPage(customer, '2026-999999')) === null, 'there is no page of an order that is none');
  await comesBack(customer, staff, placed.number);
}

async function chooses(session: Session): Promise<DeliveryInput> {
  const [method] = (await session.run(DeliveryMethods, { countryCode: ADDRESS.countryCode })).deliveryMethods;
  ok(method, `${method?.name} costs ${method?.price.amount}`);
  return { methodId: method.id, address: ADDRESS };
}

/** The total that the customer is shown. */
async function isQuoted(session: Session, wish: OrderQuoteInput & { delivery: DeliveryInput }): Promise<string> {
  const [line] = wish.lines;
  const lines = line ? [{ ...line, quantity: 0 }] : [];
  const { delivery: { methodId, address } } = wish;
  const delivery = { methodId, address: { ...address, city: '', postalCode: null } };
  const { wrong } = await quote(session, { lines, delivery });
  const fields = ['delivery.address.city', 'delivery.address.postalCode', 'lines.0.quantity'];
  ok(Object.keys(wrong).sort().join() === fields.join(), `a quote tells all that is wrong: ${fields.join(', ')}`);
  const { costs, wrong: nothing } = await quote(session, wish);
  ok(!Object.keys(nothing).length && costs.charges.length === 1, `a quote of ${costs.total.amount}, delivered`);
  return costs.total.amount;
}

/** The order, at a price that staff have changed after the quote; its card wants a confirmation. */
async function isToldOfANewPrice(customer: Session, staff: Session, good: Good, wish: OrderQuoteInput, price: string) {
  const bought = { ...wish, paymentMethod: 'pm_card_authenticationRequired' };
  const costs = async (amount: string) => {
    const { updateProduct } = await staff.run(SetPrice, { input: { productId: good.id, price: amount } });
    ok(updateProduct.__typename === 'UpdateProductSuccess', `staff: one costs ${amount}`);
  };
  await costs('99.00');
  try {
    const refused = await new Checkout({ ...bought, expectedTotal: price }).place(customer);
    ok(refused.__typename === 'PriceChangedError' && refused.expected.amount === price, told(refused));
    const placed = await new Checkout({ ...bought, expectedTotal: refused.actual.amount }).place(customer);
    ok(placed.__typename === 'CreateOrderSuccess' && placed.order.status === 'PENDING', 'ordered at the new price');
    ok(placed.order.total.amount === refused.actual.amount, 'which is what it costs');
    return placed.order;
  } finally {
    await costs(good.price.amount);
  }
}

/** Plays the bank's page, where a browser would send the customer. */
export async function confirmsWithTheBank(session: Session, secret: string | null | undefined): Promise<void> {
  const body = new URLSearchParams({ client_secret: secret ?? '', decision: 'complete' });
  const answer = await fetch(new URL('/sandbox/payments', session.endpoint), { method: 'POST', body });
  ok(answer.ok, 'the bank is satisfied');
}

async function isPaidAndSent(customer: Session, staff: Session, { id }: { id: string }): Promise<void> {
  const parcel = { orderId: id, carrier: 'Royal Mail', trackingNumber: `AB${Date.now()}GB` };
  const seen: string[] = [];
  for await (const { status, payment } of follow(customer, id)) {
    if (status === seen.at(-1)) continue; // something else has changed
    seen.push(status);
    if (status === 'PENDING') await confirmsWithTheBank(customer, payment.clientSecret);
    if (status === 'CONFIRMED') await staff.run(FulfillOrder, { input: parcel });
    if (status === 'FULFILLED') break;
  }
  ok(seen.join() === 'PENDING,CONFIRMED,FULFILLED', `followed, through a refresh: ${seen.join(', ')}`);
}

async function page(session: Session, number: string) {
  const order = await orderPage(session, number);
  ok(order, `the page of ${number}`);
  return order;
}

/** One of the two comes back; then staff give back the rest. */
async function comesBack(customer: Session, staff: Session, number: string): Promise<void> {
  const { id: orderId, lines: [line], total } = await page(customer, number);
  ok(line, 'a line');
  const refund = async (more: { returns?: { orderLineId: string; quantity: number }[]; amount?: string }) => {
    const input = { orderId, reason: 'returned', idempotencyKey: crypto.randomUUID(), ...more };
    return (await staff.run(RefundOrder, { input })).refundOrder;
  };
  const one = await refund({ returns: [{ orderLineId: line.id, quantity: 1 }] });
  ok(one.__typename === 'RefundOrderSuccess' && one.refund.amount.amount === '99.00', 'one comes back, and its price');
  const two = await refund({ returns: [{ orderLineId: line.id, quantity: 2 }] });
  ok(two.__typename === 'ValidationError' && two.fields[0]?.code === 'TOO_LARGE', 'not two more');
  const { lines, payment } = await page(customer, number);
  const note = payment.refunds[0]?.creditNoteNumber;
  ok(lines[0]?.returnedQuantity === 1 && note?.startsWith('CN-'), `its page shows that, and credit note ${note}`);
  const all = await refund({ amount: total.amount });
  ok(all.__typename === 'RefundTooLargeError', `not more than ${'refundable' in all && all.refundable.amount}`);
  const rest = await refund({});
  ok(rest.__typename === 'RefundOrderSuccess' && rest.order.status === 'REFUNDED', 'the rest is refunded');
}

/** A customer's walk through the demo shop. Usage: npm start -- [ENDPOINT]; throws at the first difference. */
import { Session } from './client';
import type { CreateOrderMutation } from './gql/graphql';
import { Catalogue, CreateOrder, Me, MyOrders } from './operations';

function ok(truth: unknown, promise: string): asserts truth {
  if (!truth) throw new Error(`not so: ${promise}`);
  console.log(`ok   ${promise}`);
}

/** What a shop tells its customer. Leave a case out, and `result` is no `never` any more: it does not compile. */
function told(result: CreateOrderMutation['createOrder']): string {
  switch (result.__typename) {
    case 'CreateOrderSuccess': return `${result.order.number} is ${result.order.status}`;
    case 'ValidationError': return result.fields.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
    case 'ProductUnavailableError': return `${result.productId} is not for sale`;
    case 'InsufficientStockError': return `only ${result.available} of ${result.requested} left`;
    case 'PaymentDeclinedError': return `declined: ${result.declineCode ?? 'no reason given'}`;
    case 'PaymentPendingError': return `${result.orderId} is being decided`;
    case 'IdempotencyConflictError': return result.message;
    default: throw new Error(`no such outcome: ${JSON.stringify(result satisfies never)}`);
  }
}

/** The names of the operations sent, which tell how often the tokens were refreshed. */
const sent: string[] = [];
let hold: Promise<unknown> = Promise.resolve(); // answers to MyOrders wait for it
const endpoint = process.argv[2] ?? process.env['ENDPOINT'] ?? 'http://127.0.0.1:8000/graphql';
const session = new Session(endpoint, async (input, init) => {
  const name = /(?:query|mutation) (\w+)/.exec(String(init?.body))?.[1] ?? 'unnamed';
  sent.push(name);
  const response = await fetch(input, init);
  if (name === 'MyOrders') await hold;
  return response;
});
const held = (): string | undefined => session.tokens?.refreshToken ?? undefined;
/** What the server sees of an expired token as well: one that does not verify. */
function spoil(refreshToken = held()): void {
  const accessToken = `${session.tokens?.accessToken.slice(0, -8)}AAAAAAAA`;
  session.tokens = { accessToken, refreshToken: refreshToken ?? null };
}

const refused = await session.signIn('customer@example.com', 'not-the-Passw0rd!');
ok(refused.__typename === 'InvalidCredentialsError' && !held(), 'a wrong password is an answer, not an exception');
const login = await session.signIn('customer@example.com', 'demo-Passw0rd!');
ok(login.__typename === 'LoginSuccess' && held(), 'signed in');

const { products } = await session.run(Catalogue, { first: 20, filter: { inStock: true } });
const product = products.nodes[0];
ok(product && products.nodes.length === 20 && products.pageInfo.hasNextPage, 'the first page of the catalogue');
const { me } = await session.run(Me);
ok(me?.email === 'customer@example.com' && me.id === login.user.id && !me.isStaff, 'me is who signed in');

const before = held();
spoil();
sent.length = 0;
const pair = [session.run(Me), session.run(Catalogue, { first: 1 })] as const;
hold = Promise.all(pair); // so the third hears that its token is stale after the refresh is over
const [again, page, mine] = await Promise.all([...pair, session.run(MyOrders, { first: 5 })]);
ok(again.me?.id === me.id && page.products.nodes.length === 1 && mine.orders.nodes.length <= 5, 'three queries with a stale token are answered');
ok(sent.filter((name) => name === 'Refresh').length === 1 && sent.length === 7, 'they share one refresh');
ok(held() && held() !== before, 'the refresh token is a new one too');

spoil();
const input = { lines: [{ productId: product.id, quantity: 1 }], paymentMethod: 'pm_card_visa', idempotencyKey: crypto.randomUUID() };
const first = (await session.run(CreateOrder, { input })).createOrder;
ok(first.__typename === 'CreateOrderSuccess' && !first.replayed, `an order through a refresh: ${told(first)}`);
ok(first.order.status === 'CONFIRMED' && first.order.total.amount === product.price.amount, `it costs ${product.price.amount} ${product.price.currencyCode}`);
const second = (await session.run(CreateOrder, { input })).createOrder;
ok(second.__typename === 'CreateOrderSuccess' && second.replayed && second.order.id === first.order.id, 'the same key gives the same order');
const conflict = (await session.run(CreateOrder, { input: { ...input, paymentMethod: 'pm_card_chargeDeclined' } })).createOrder;
ok(conflict.__typename === 'IdempotencyConflictError', `the same key for another order: ${told(conflict)}`);
const key = crypto.randomUUID();
const declined = (await session.run(CreateOrder, { input: { ...input, paymentMethod: 'pm_card_chargeDeclined', idempotencyKey: key } })).createOrder;
ok(declined.__typename === 'PaymentDeclinedError', told(declined));
const orders = (await session.run(MyOrders, { first: 10 })).orders.nodes;
ok(orders.filter(({ id }) => id === first.order.id).length === 1, 'my orders show it once');

spoil('not a token of this shop');
const end = await session.run(Me).then(() => 'answered', (error: unknown) => String(error));
ok(end.includes('UNAUTHENTICATED') && session.tokens === null, 'a refused refresh signs out');

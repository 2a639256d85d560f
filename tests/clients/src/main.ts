/** A customer's walk through the demo shop. Usage: npm start -- [ENDPOINT]; throws at the first difference. */
import { Session } from './client';
import type { CatalogueQuery, CreateOrderInput, CreateOrderMutation } from './gql/graphql';
import { Catalogue, CreateOrder, Me, MyOrders } from './operations';

type Product = CatalogueQuery['products']['nodes'][number];

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

/** The names of the operations sent: they tell how often the tokens were refreshed. */
const sent: string[] = [];
/** Answers to MyOrders wait for this. */
let hold: Promise<unknown> = Promise.resolve();
const endpoint = process.argv[2] ?? process.env['ENDPOINT'] ?? 'http://127.0.0.1:8000/graphql';
const session = new Session(endpoint, async (input, init) => {
  const name = /(?:query|mutation) (\w+)/.exec(String(init?.body))?.[1] ?? 'unnamed';
  sent.push(name);
  const response = await fetch(input, init);
  if (name === 'MyOrders') await hold;
  return response;
});
const refreshToken = (): string | null => session.tokens?.refreshToken ?? null;

/** To the server a token that does not verify is what an expired one is: UNAUTHENTICATED. */
function spoil(refresh = refreshToken()): void {
  session.tokens = { accessToken: `${session.tokens?.accessToken.slice(0, -8)}AAAAAAAA`, refreshToken: refresh };
}

async function signsInAndReads(): Promise<Product> {
  const login = await session.signIn('customer@example.com', 'demo-Passw0rd!');
  ok(login.__typename === 'LoginSuccess' && refreshToken(), 'signed in');
  const { me } = await session.run(Me);
  ok(me?.email === 'customer@example.com' && me.id === login.user.id && !me.isStaff, 'me is who signed in');
  const { nodes, pageInfo } = (await session.run(Catalogue, { first: 20, filter: { inStock: true } })).products;
  ok(nodes[0] && nodes.length === 20 && pageInfo.hasNextPage, 'the first page of the catalogue');
  return nodes[0];
}

async function refreshesOnceForAll(): Promise<void> {
  const before = refreshToken();
  spoil();
  sent.length = 0;
  const early = [session.run(Me), session.run(Catalogue, { first: 1 })] as const;
  hold = Promise.all(early); // so the third hears of its stale token when the refresh is over
  const [{ me }, { products }, { orders }] = await Promise.all([...early, session.run(MyOrders, { first: 5 })]);
  ok(me && products.nodes.length === 1 && orders.nodes.length <= 5, 'three queries with a stale token are answered');
  ok(sent.filter((name) => name === 'Refresh').length === 1 && sent.length === 7, 'they share one refresh');
  ok(refreshToken() && refreshToken() !== before, 'the refresh token is a new one too');
}

async function place(input: CreateOrderInput): Promise<CreateOrderMutation['createOrder']> {
  return (await session.run(CreateOrder, { input })).createOrder;
}

async function orders({ id, price }: Product): Promise<void> {
  const idempotencyKey = crypto.randomUUID(); // made when the person presses the button, kept for every retry
  const input = { lines: [{ productId: id, quantity: 1 }], paymentMethod: 'pm_card_visa', idempotencyKey };
  spoil();
  const first = await place(input);
  ok(first.__typename === 'CreateOrderSuccess' && !first.replayed, `ordered, through a refresh: ${told(first)}`);
  const { amount, currencyCode } = first.order.total;
  ok(first.order.status === 'CONFIRMED' && amount === price.amount, `it costs ${amount} ${currencyCode}`);
  const again = await place(input);
  ok(again.__typename === 'CreateOrderSuccess' && again.replayed, 'the same key answers again');
  ok(again.order.id === first.order.id, 'with the same order');
  const mine = (await session.run(MyOrders, { first: 10 })).orders.nodes;
  ok(mine.filter((order) => order.id === first.order.id).length === 1, 'which is among my orders once');

  const card = { ...input, paymentMethod: 'pm_card_chargeDeclined' };
  const conflict = await place(card);
  ok(conflict.__typename === 'IdempotencyConflictError', `the same key with another card: ${told(conflict)}`);
  const declined = await place({ ...card, idempotencyKey: crypto.randomUUID() });
  ok(declined.__typename === 'PaymentDeclinedError', `that card with its own key: ${told(declined)}`);
}

async function signsOut(): Promise<void> {
  spoil('no token of this shop');
  const end = await session.run(Me).then(() => 'answered', String);
  ok(end.includes('UNAUTHENTICATED') && session.tokens === null, 'a refused refresh signs out');
}

const product = await signsInAndReads();
await refreshesOnceForAll();
await orders(product);
await signsOut();

/** A walk through the demo shop. Usage: npm start -- [ENDPOINT]; throws at the first difference. */
import { survivesBlips } from './blips';
import { Session } from './client';
import type { CatalogueQuery } from './gql/graphql';
import { comesAlong } from './newcomer';
import { myData } from './my-data';
import { ok } from './ok';
import { Catalogue, Me, MyOrders, ProductPage } from './operations';
import { cancels, places } from './orders';
import { counted, pages } from './pages';
import { purchases } from './purchase';
import { shareTabs } from './tabs';

type Product = CatalogueQuery['products']['edges'][number]['node'];
const EMAIL = 'customer@example.com';
const PASSWORD = 'demo-Passw0rd!';

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
  const wrong = await session.signIn(EMAIL, 'wrong');
  ok('message' in wrong && !session.tokens, 'a wrong password is told');
  const login = await session.signIn(EMAIL, PASSWORD);
  ok(login.__typename === 'LoginSuccess' && refreshToken(), 'signed in');
  const { me } = await session.run(Me);
  ok(me?.email === EMAIL && me.id === login.user.id && !me.isStaff, 'me is who signed in');
  const { edges, pageInfo } = (await session.run(Catalogue, { first: 20, filter: { inStock: true } })).products;
  const first = edges[0]?.node;
  ok(first && edges.length === 20 && pageInfo.hasNextPage, 'the first page of the catalogue');
  ok((await session.run(ProductPage, { by: { slug: first.slug } })).product?.id === first.id, 'the page of a product');
  return first;
}

async function readsWhatIsHeld(): Promise<void> {
  const { account, sessions, orders } = await myData(session);
  ok(account?.length === 1 && sessions?.length && orders?.length, 'all that is held of the customer can be downloaded');
}

async function turnsPages(): Promise<void> {
  const list = { filter: { inStock: true }, sort: { field: 'PRICE', direction: 'ASC' } } as const;
  const seen: CatalogueQuery['products'][] = [];
  for await (const page of pages(session, { first: 50, ...list })) seen.push(page);
  const ids = new Set(seen.flatMap(({ edges }) => edges.map(({ node }) => node.id)));
  const total = await counted(session, { filter: list.filter });
  ok(seen.length > 1 && String(ids.size) === total, `${seen.length} pages hold all ${total} products, each once`);
  const before = seen[1]?.pageInfo.startCursor ?? null;
  const { products } = await session.run(Catalogue, { last: 50, before, ...list });
  ok(JSON.stringify(products.edges) === JSON.stringify(seen[0]?.edges), 'the page before the second is the first');
}

async function refreshesOnceForAll(): Promise<void> {
  const before = refreshToken();
  spoil();
  sent.length = 0;
  const early = [session.run(Me), session.run(Catalogue, { first: 1 })] as const;
  hold = Promise.all(early); // so the third hears of its stale token when the refresh is over
  const [{ me }, { products }, { orders }] = await Promise.all([...early, session.run(MyOrders, { first: 5 })]);
  ok(me && products.edges.length === 1 && orders.edges.length <= 5, 'three queries with a stale token are answered');
  ok(sent.filter((name) => name === 'Refresh').length === 1 && sent.length === 7, 'they share one refresh');
  ok(refreshToken() && refreshToken() !== before, 'the refresh token is a new one too');
}

async function signsOut(): Promise<void> {
  const { tokens } = session;
  await session.signOut();
  session.tokens = tokens;
  const end = await session.run(Me).then(() => 'answered', String);
  ok(end.includes('UNAUTHENTICATED') && session.tokens === null, 'who signed out is out, refresh token and all');
}

const deadline = setTimeout(() => { throw new Error('not done within 120 s'); }, 120_000);
const product = await signsInAndReads();
await readsWhatIsHeld();
await turnsPages();
await refreshesOnceForAll();
spoil();
const order = await places(session, product);
await survivesBlips(endpoint, EMAIL, PASSWORD, order);
await cancels(session, order);
const staff = new Session(endpoint);
ok((await staff.signIn('staff@example.com', PASSWORD)).__typename === 'LoginSuccess', 'staff signed in');
await purchases(session, EMAIL, staff, product, spoil);
await staff.signOut();
await shareTabs(endpoint, EMAIL, PASSWORD);
await comesAlong(endpoint);
await signsOut();
clearTimeout(deadline);

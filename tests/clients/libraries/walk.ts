/** A visit of the demo shop through a client with a cache, its failures among it. */
import { readFileSync } from 'node:fs';
import { type DocumentNode, parse, print, separateOperations } from 'graphql';
import { type Tokens, Session } from './session';
import { credentials, endpoint, ok } from './shop';

/** The operations of the guide's cheat sheet. */
const sheet = separateOperations(parse(readFileSync(new URL('../src/shop.graphql', import.meta.url), 'utf8')));
export const operation = (name: string): DocumentNode => {
  const found = sheet[name];
  if (!found) throw new Error(`no operation ${name}`);
  return found;
};

export interface Shop {
  /** The data of a query or mutation; throws what failed as a whole. */
  run(name: string, variables?: object): Promise<any>;
  /** What a page shows of a list: at first, and after each `more`. */
  list(variables: object): { edges(): Promise<any[]>; more(): Promise<void> };
  /** The status that the cache holds of an order. */
  status(id: string): string;
  cancel(orderId: string): Promise<any>;
  follow(id: string, seen: (status: string) => void): () => void;
}

let requests: string[] = [];
const { fetch } = globalThis;
globalThis.fetch = (input, init) => {
  requests.push(/(?:query|mutation|subscription) (\w+)/.exec(String(init?.body))?.[1] ?? 'unnamed');
  return fetch(input, init);
};

const warnings: string[] = [];
console.warn = console.error = (...words) => void warnings.push(words.join(' '));

/** As somebody else, without a cache. */
async function behind(tokens: Tokens | null, name: string, input: object): Promise<any> {
  const headers = { 'content-type': 'application/json', ...(tokens && { authorization: `Bearer ${tokens.accessToken}` }) };
  const query = name === 'FulfillOrder' ? FULFIL : print(operation(name));
  const body = JSON.stringify({ query, variables: { input } });
  return (await (await fetch(endpoint, { method: 'POST', headers, body })).json()).data;
}
const FULFIL = 'mutation FulfillOrder($input: FulfillOrderInput!) { fulfillOrder(input: $input) { __typename } }';

export async function walk(library: string, connect: (session: Session) => Shop): Promise<void> {
  let shop: Shop;
  let opened = 0;
  const session: Session = new Session(endpoint, () => { shop = connect(session); }, () => { opened += 1; });
  shop = connect(session);
  const says = (truth: unknown, promise: string): void => ok(truth, `${library}: ${promise}`);
  const told = (result: any, code: string): void =>
    says(result.code === code && result.message.length > 10, `${code} is shown: ${result.message}`);
  const ended = (work: Promise<unknown>): Promise<string> => work.then(() => 'answered', String);
  const spoil = (refreshToken = session.tokens?.refreshToken ?? null): void =>
    session.sign({ accessToken: 'stale', refreshToken });

  const { login: wrong } = await shop.run('SignIn', { input: { ...credentials, password: 'wrong-Passw0rd!' } });
  told(wrong, 'INVALID_CREDENTIALS');
  const taken = { ...credentials, name: 'Eve', password: 'Saffron-42-Kettle' };
  told((await shop.run('Register', { input: taken })).register, 'EMAIL_TAKEN');
  const account = { email: `walk-${crypto.randomUUID()}@example.com`, password: taken.password };
  session.sign((await shop.run('Register', { input: { ...account, name: 'Eve' } })).register.tokens);

  const list = shop.list({ first: 10, filter: { inStock: true } });
  const lengths: number[] = [];
  let shelf: any[] = [];
  for (let page = 0; page < 4; page++) {
    if (page) await list.more();
    shelf = await list.edges();
    lengths.push(shelf.length);
  }
  says(lengths.join(' -> ') === '10 -> 20 -> 30 -> 40', `the list grows: ${lengths.join(' -> ')}`);
  const product = shelf.map(({ node }) => node).find(({ stock }) => stock >= 10 && stock < 100);
  says(new Set(shelf.map(({ node }) => node.id)).size === 40, 'each product of it once');

  session.sign((await shop.run('SignIn', { input: account })).login.tokens);
  const order = async (quantity: number, paymentMethod: string) => {
    const lines = [{ productId: product.id, quantity }];
    return (await shop.run('CreateOrder', { input: { lines, paymentMethod, idempotencyKey: crypto.randomUUID() } })).createOrder;
  };
  const short = await order(100, 'pm_card_visa');
  told(short, 'INSUFFICIENT_STOCK');
  says(short.shortages[0].available === product.stock, `with what is left: ${product.stock}`);
  told(await order(1, 'pm_card_chargeDeclined'), 'PAYMENT_DECLINED');

  spoil();
  requests = [];
  const both = await Promise.all([shop.run('MyOrders', { first: 5 }), shop.run('Catalogue', { first: 1 }), order(1, 'pm_card_visa')]);
  const refreshes = requests.filter((name) => name === 'Refresh').length;
  const { id, number } = both[2].order;
  says(id && refreshes === 1 && session.tokens?.accessToken !== 'stale', 'three requests with a stale token share one refresh');

  await shop.run('MyOrders', { first: 5 });
  const seen: string[] = [];
  spoil();
  await shop.run('MyOrders', { first: 5 });
  await new Promise<void>((confirmed) => {
    session.sign({ accessToken: 'stale', refreshToken: session.tokens?.refreshToken ?? null });
    const leave = shop.follow(id, (status) => { seen.push(status); leave(); confirmed(); });
  });
  says(seen.join() === 'CONFIRMED', `followed ${number} with a stale token: ${seen.join()}`);
  says(opened, 'the session was told that the stream has opened');

  await shop.run('MyOrders', { first: 5 });
  const staff = (await behind(null, 'SignIn', { ...credentials, email: 'staff@example.com' })).login.tokens;
  await behind(staff, 'FulfillOrder', { orderId: id });
  const cancelling = shop.cancel(id);
  says(shop.status(id) === 'CANCELLED', 'cancelling shows at once');
  told(await cancelling, 'INVALID_STATE');
  says(shop.status(id) !== 'CANCELLED', `and is taken back when it is refused: ${shop.status(id)}`);
  const other = (await order(1, 'pm_card_visa')).order;
  await shop.run('MyOrders', { first: 6 });
  await shop.cancel(other.id);
  says(shop.status(other.id) === 'CANCELLED', 'it stays when it is not');

  spoil('refused');
  says((await ended(shop.run('MyOrders', { first: 5 }))).includes('token') && !session.tokens, 'a refused refresh signs out');
  says((await ended(shop.run('MyOrders', { first: 5 }))) !== 'answered', 'the next person is shown nothing of the last');
  says(!warnings.length, `the cache has nothing to complain of ${warnings.join()}`);
}

import { Client, fetchExchange, gql, subscriptionExchange } from '@urql/core';
import { cacheExchange } from '@urql/exchange-graphcache';
import { createClient, type Sink } from 'graphql-sse';
import { credentials, endpoint, ok } from './shop';

const LOGIN = gql`mutation ($input: LoginInput!) {
  login(input: $input) { ... on LoginSuccess { tokens { accessToken } } }
}`;
const SHELF = gql`query { products(first: 1, filter: { inStock: true }) { nodes { id name } } }`;
const ORDERS = gql`query { orders(first: 5) { nodes { id number status } } }`;
const ORDER = gql`mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { ... on CreateOrderSuccess { order { id number status } } }
}`;
const CANCEL = gql`mutation ($id: ID!) {
  cancelOrder(input: { orderId: $id }) { ... on CancelOrderSuccess { order { id status } } }
}`;
const FOLLOW = gql`subscription ($id: ID!) { orderUpdated(id: $id) { id number status } }`;

let token = '';
const headers = (): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {});
const sse = createClient({ url: endpoint, headers });
const client = new Client({
  url: endpoint,
  fetchOptions: () => ({ headers: headers() }),
  preferGetMethod: false,
  exchanges: [
    cacheExchange({}),
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query = '', variables }) => ({
        subscribe: (sink) => ({ unsubscribe: sse.subscribe({ query, variables }, sink as Sink) }),
      }),
    }),
  ],
});

const login = await client.mutation(LOGIN, { input: credentials }).toPromise();
token = login.data.login.tokens.accessToken;
const shelf = await client.query(SHELF, {}).toPromise();
const input = {
  lines: [{ productId: shelf.data.products.nodes[0].id, quantity: 1 }],
  paymentMethod: 'pm_card_visa',
  idempotencyKey: crypto.randomUUID(),
};
const placed = await client.mutation(ORDER, { input }).toPromise();
const { id, number } = placed.data.createOrder.order;
await client.query(ORDERS, {}).toPromise();

const cancelled = new Promise<void>((resolve) => {
  const stream = client.subscription(FOLLOW, { id }).subscribe(({ data }) => {
    if (data?.orderUpdated.status !== 'CANCELLED') return;
    stream.unsubscribe();
    resolve();
  });
});
await client.mutation(CANCEL, { id }).toPromise();
await cancelled;
const { data } = client.readQuery(ORDERS, {}, { requestPolicy: 'cache-only' }) ?? {};
const cached = data.orders.nodes.find((order: { id: string }) => order.id === id);
ok(cached.status === 'CANCELLED', `urql: the cached list shows ${number} ${cached.status}, without a refetch`);

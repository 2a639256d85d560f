import { createClient } from 'graphql-sse';
import { credentials, endpoint, ok } from './shop';

let token = '';
const headers = (): Record<string, string> => (token ? { Authorization: `Bearer ${token}` } : {});
const client = createClient({ url: endpoint, headers });

/** Queries and mutations go over the same client: one event, then the end. */
async function run(query: string, variables = {}): Promise<any> {
  for await (const { data, errors } of client.iterate<any>({ query, variables })) {
    if (errors) throw new Error(JSON.stringify(errors));
    return data;
  }
}

const LOGIN = `mutation ($input: LoginInput!) {
  login(input: $input) { ... on LoginSuccess { tokens { accessToken } } ... on UserError { code message } }
}`;
const ORDER = `mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { ... on CreateOrderSuccess { order { id } } }
}`;
const { login: wrong } = await run(LOGIN, { input: { ...credentials, password: 'wrong' } });
ok(wrong.code === 'INVALID_CREDENTIALS', `graphql-sse: a wrong password is told: ${wrong.message}`);
const { login } = await run(LOGIN, { input: credentials });
token = login.tokens.accessToken;
const { products } = await run('{ products(first: 1, filter: { inStock: true }) { nodes { id } } }');
const input = {
  lines: [{ productId: products.nodes[0].id, quantity: 1 }],
  paymentMethod: 'pm_card_visa',
  idempotencyKey: crypto.randomUUID(),
};
const { createOrder } = await run(ORDER, { input });
const { id } = createOrder.order;

const seen: string[] = [];
const query = 'subscription ($id: ID!) { orderUpdated(id: $id) { number status } }';
for await (const { data } of client.iterate<any>({ query, variables: { id } })) {
  seen.push(data.orderUpdated.status);
  if (data.orderUpdated.status === 'CANCELLED') break;
  await run('mutation ($id: ID!) { cancelOrder(input: { orderId: $id }) { __typename } }', { id });
}
ok(seen.join() === 'CONFIRMED,CANCELLED', `graphql-sse: followed an order: ${seen.join(', ')}`);

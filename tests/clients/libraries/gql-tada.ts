import { initGraphQLTada, type ResultOf, type VariablesOf } from 'gql.tada';
import { print } from 'graphql';
import type { introspection } from './gql-tada/graphql-env';
import { credentials, endpoint, ok } from './shop';

const graphql = initGraphQLTada<{
  introspection: introspection;
  scalars: { ID: string; DateTime: string; Decimal: string; UUID: string };
}>();

const Login = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) { __typename ... on LoginSuccess { tokens { accessToken } } ... on UserError { message } }
  }
`);
const Shelf = graphql(`
  query Shelf { products(first: 1, filter: { inStock: true }) { nodes { id name } } }
`);
const CreateOrder = graphql(`
  mutation CreateOrder($input: CreateOrderInput!) {
    createOrder(input: $input) {
      __typename
      ... on CreateOrderSuccess { order { number status } }
      ... on InsufficientStockError { available }
      ... on UserError { message }
    }
  }
`);

let token = '';
/** gql.tada only types documents: any client sends them, here fetch. */
async function run<D extends typeof Login | typeof Shelf | typeof CreateOrder>(
  document: D,
  variables: VariablesOf<D>,
): Promise<ResultOf<D>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const body = JSON.stringify({ query: print(document), variables });
  const { data, errors } = await (await fetch(endpoint, { method: 'POST', headers, body })).json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

const { login: wrong } = await run(Login, { input: { ...credentials, password: 'wrong' } });
ok('message' in wrong, `gql.tada: a wrong password is told: ${'message' in wrong && wrong.message}`);
const { login } = await run(Login, { input: credentials });
if (login.__typename !== 'LoginSuccess') throw new Error(login.message);
token = login.tokens.accessToken;
const [product] = (await run(Shelf, {})).products.nodes;
ok(product, 'gql.tada: a product');
const input = {
  lines: [{ productId: product.id, quantity: 1 }],
  paymentMethod: 'pm_card_visa',
  idempotencyKey: crypto.randomUUID(),
};
const { createOrder } = await run(CreateOrder, { input });
ok(createOrder.__typename === 'CreateOrderSuccess', 'gql.tada: an order is placed');
ok(createOrder.order.status === 'CONFIRMED', `gql.tada: ${createOrder.order.number} is ${createOrder.order.status}`);

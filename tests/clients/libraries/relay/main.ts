import {
  commitMutation,
  createOperationDescriptor,
  Environment,
  fetchQuery,
  getRequest,
  graphql,
  Network,
  RecordSource,
  Store,
} from 'relay-runtime';
import type { mainCancelMutation } from './__generated__/mainCancelMutation.graphql';
import type { mainLoginMutation } from './__generated__/mainLoginMutation.graphql';
import type { mainOrderMutation } from './__generated__/mainOrderMutation.graphql';
import type { mainOrdersQuery } from './__generated__/mainOrdersQuery.graphql';
import type { mainShelfQuery } from './__generated__/mainShelfQuery.graphql';
import type { GraphQLTaggedNode, MutationParameters } from 'relay-runtime';

const endpoint = process.env['ENDPOINT'] ?? 'http://127.0.0.1:8000/graphql';
let token = '';
const environment = new Environment({
  store: new Store(new RecordSource()),
  network: Network.create(async ({ text: query }, variables) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    return (await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify({ query, variables }) })).json();
  }),
});

const commit = <M extends MutationParameters>(mutation: GraphQLTaggedNode, variables: M['variables']) =>
  new Promise<M['response']>((onCompleted, onError) =>
    commitMutation<M>(environment, { mutation, variables, onCompleted, onError }),
  );

const { login } = await commit<mainLoginMutation>(
  graphql`
    mutation mainLoginMutation($input: LoginInput!) {
      login(input: $input) { ... on LoginSuccess { tokens { accessToken } } }
    }
  `,
  { input: { email: 'customer@example.com', password: 'demo-Passw0rd!' } },
);
token = login.tokens?.accessToken ?? '';
const shelf = await fetchQuery<mainShelfQuery>(
  environment,
  graphql`query mainShelfQuery { products(first: 1, filter: { inStock: true }) { nodes { id } } }`,
  {},
).toPromise();
const { createOrder } = await commit<mainOrderMutation>(
  graphql`
    mutation mainOrderMutation($input: CreateOrderInput!) {
      createOrder(input: $input) { ... on CreateOrderSuccess { order { id number status } } }
    }
  `,
  {
    input: {
      lines: [{ productId: shelf?.products.nodes[0]?.id ?? '', quantity: 1 }],
      paymentMethod: 'pm_card_visa',
      idempotencyKey: crypto.randomUUID(),
    },
  },
);
const id = createOrder.order?.id ?? '';
const Orders = graphql`query mainOrdersQuery { orders(first: 5) { nodes { id number status } } }`;
await fetchQuery<mainOrdersQuery>(environment, Orders, {}).toPromise();
await commit<mainCancelMutation>(
  graphql`
    mutation mainCancelMutation($id: ID!) {
      cancelOrder(input: { orderId: $id }) { ... on CancelOrderSuccess { order { id status } } }
    }
  `,
  { id },
);
const { fragment } = createOperationDescriptor(getRequest(Orders), {});
const stored = environment.lookup(fragment).data as unknown as mainOrdersQuery['response'];
const order = stored.orders.nodes.find((one) => one.id === id);
if (order?.status !== 'CANCELLED') throw new Error('not so: the cached list shows the cancelled order');
console.log(`ok   Relay: the cached list shows ${order.number} ${order.status}, without a refetch`);

import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache, Observable } from '@apollo/client';
import { type ExecutionResult, OperationTypeNode, print } from 'graphql';
import { createClient } from 'graphql-sse';
import { credentials, endpoint, ok } from './shop';

const LOGIN = gql`mutation ($input: LoginInput!) {
  login(input: $input) { ... on LoginSuccess { tokens { accessToken } } }
}`;
const SHELF = gql`query { products(first: 1, filter: { inStock: true }) { nodes { id name } } }`;
const ORDERS = gql`query { orders(first: 5) { nodes { id number status } } }`;
const ORDER = gql`mutation ($input: CreateOrderInput!) {
  createOrder(input: $input) { ... on CreateOrderSuccess { order { id number status } } ... on UserError { message } }
}`;
const CANCEL = gql`mutation ($id: ID!) {
  cancelOrder(input: { orderId: $id }) { ... on CancelOrderSuccess { order { id status } } ... on UserError { message } }
}`;

const FOLLOW = gql`subscription ($id: ID!) { orderUpdated(id: $id) { id number status } }`;

let token = '';
const headers = (): Record<string, string> => (token ? { authorization: `Bearer ${token}` } : {});
const bearer = new ApolloLink((operation, forward) => {
  operation.setContext({ headers: headers() });
  return forward(operation);
});
const sse = createClient({ url: endpoint, headers });
const stream = new ApolloLink(
  ({ query, variables }) =>
    new Observable<ExecutionResult>((sink) =>
      sse.subscribe<any>({ query: print(query), variables }, {
        next: (result) => sink.next(result as ExecutionResult),
        error: (error) => sink.error(error),
        complete: () => sink.complete(),
      }),
    ),
);
const client = new ApolloClient({
  link: ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    stream,
    bearer.concat(new HttpLink({ uri: endpoint })),
  ),
  cache: new InMemoryCache(),
});

const { data: login } = await client.mutate<any>({ mutation: LOGIN, variables: { input: credentials } });
token = login.login.tokens.accessToken;
const { data: shelf } = await client.query<any>({ query: SHELF });
const input = {
  lines: [{ productId: shelf.products.nodes[0].id, quantity: 1 }],
  paymentMethod: 'pm_card_visa',
  idempotencyKey: crypto.randomUUID(),
};
const { data: placed } = await client.mutate<any>({ mutation: ORDER, variables: { input } });
const { id, number } = placed.createOrder.order;
await client.query({ query: ORDERS });
await client.mutate({ mutation: CANCEL, variables: { id } });
const cached = client.readQuery<any>({ query: ORDERS }).orders.nodes.find((order: { id: string }) => order.id === id);
ok(cached.status === 'CANCELLED', `Apollo Client: the cached list shows ${number} ${cached.status}, without a refetch`);

const seen = await new Promise<string>((resolve) => {
  const following = client.subscribe<any>({ query: FOLLOW, variables: { id } }).subscribe(({ data }) => {
    resolve(data.orderUpdated.status);
    following.unsubscribe();
  });
});
ok(seen === 'CANCELLED', `Apollo Client: followed ${number}: ${seen}`);

import { gql } from '@apollo/client';
import { filter, firstValueFrom } from 'rxjs';
import { shopClient } from './apollo-client';
import { Session } from './session';
import { endpoint, ok } from './shop';
import { operation, walk } from './walk';

const CANCEL = gql`mutation CancelOrder($input: CancelOrderInput!) {
  cancelOrder(input: $input) {
    __typename
    ... on CancelOrderSuccess { order { id status } }
    ... on UserError { code message }
  }
}`;
const ORDER = gql`fragment Status on Order { status }`;

await walk('Apollo Client', (session) => {
  const client = shopClient(session);
  return {
    async run(name, variables) {
      const document = operation(name);
      const isQuery = document.definitions.some((one) => 'operation' in one && one.operation === 'query');
      const { data } = isQuery
        ? await client.query<any>({ query: document, variables, fetchPolicy: 'network-only' })
        : await client.mutate<any>({ mutation: document, variables });
      return data;
    },
    list(variables) {
      const list = client.watchQuery<any>({ query: operation('Catalogue'), variables });
      const loaded = firstValueFrom(list.pipe(filter(({ loading }) => !loading)));
      const shown = () => list.getCurrentResult().data.products;
      return {
        edges: async () => {
          await loaded;
          return shown().edges;
        },
        more: async () => void (await list.fetchMore({ variables: { after: shown().pageInfo.endCursor } })),
      };
    },
    status: (id) => client.readFragment<any>({ id: `Order:${id}`, fragment: ORDER }, true).status,
    async cancel(orderId) {
      const { data } = await client.mutate<any>({
        mutation: CANCEL,
        variables: { input: { orderId } },
        optimisticResponse: {
          cancelOrder: { __typename: 'CancelOrderSuccess', order: { __typename: 'Order', id: orderId, status: 'CANCELLED' } },
        },
      });
      return data.cancelOrder;
    },
    follow(id, seen) {
      const following = client
        .subscribe<any>({ query: operation('OrderUpdated'), variables: { id } })
        .subscribe(({ data }) => seen(data.orderUpdated.status));
      return () => following.unsubscribe();
    },
  };
});

const server = shopClient(new Session(endpoint)); // one for each page: it knows one person
await server.query({ query: operation('Catalogue'), variables: { first: 20 } });
const page = JSON.stringify(server.extract());
const browser = shopClient(new Session(endpoint), JSON.parse(page));
const rendered = browser.readQuery<any>({ query: operation('Catalogue'), variables: { first: 20 } });
ok(rendered.products.edges.length === 20, 'Apollo Client: a browser shows what a server has rendered, without a request');

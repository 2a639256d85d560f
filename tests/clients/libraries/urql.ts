import { gql, ssrExchange } from '@urql/core';
import { Session } from './session';
import { endpoint, ok } from './shop';
import { shopClient } from './urql-client';
import { operation, walk } from './walk';

const CANCEL = gql`mutation CancelOrder($input: CancelOrderInput!) {
  cancelOrder(input: $input) {
    __typename
    ... on CancelOrderSuccess { order { id status } }
    ... on UserError { code message }
  }
}`;
const LIST = gql`query { orders(first: 5) { edges { node { id status } } pageInfo { hasNextPage endCursor } } }`;

await walk('urql', (session) => {
  const client = shopClient(session);
  const done = ({ data, error }: { data?: any; error?: Error | undefined }) => {
    if (error) throw error;
    return data;
  };
  const asked = (name: string, variables: object) =>
    client.query(operation(name), variables, { requestPolicy: 'network-only' }).toPromise().then(done);
  return {
    async run(name, variables = {}) {
      const document = operation(name);
      const isQuery = document.definitions.some((one) => 'operation' in one && one.operation === 'query');
      return isQuery ? asked(name, variables) : done(await client.mutation(document, variables).toPromise());
    },
    list(variables) {
      let after: string | null = null;
      const page = () => asked('Catalogue', { ...variables, after });
      let shown = page();
      return {
        edges: async () => (await shown).products.edges,
        async more() {
          after = (await shown).products.pageInfo.endCursor;
          shown = page();
        },
      };
    },
    status(id) {
      const { orders } = client.readQuery(LIST, {})?.data ?? {};
      return orders?.edges.find(({ node }: any) => node.id === id).node.status;
    },
    cancel: async (orderId) => done(await client.mutation(CANCEL, { input: { orderId } }).toPromise()).cancelOrder,
    follow(id, seen) {
      const { unsubscribe } = client
        .subscription(operation('OrderUpdated'), { id })
        .subscribe(({ data }) => data && seen(data.orderUpdated.status));
      return unsubscribe;
    },
  };
});

const ssr = ssrExchange({ isClient: false });
const server = shopClient(new Session(endpoint), ssr); // one for each page: it knows one person
await server.query(operation('Catalogue'), { first: 20 }).toPromise();
const page = JSON.stringify(ssr.extractData());
const browser = shopClient(new Session('no server'), ssrExchange({ isClient: true, initialState: JSON.parse(page) }));
const { data: rendered } = await browser.query(operation('Catalogue'), { first: 20 }).toPromise();
ok(rendered.products.edges.length === 20, 'urql: a browser shows what a server has rendered, without a request');

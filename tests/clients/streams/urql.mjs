// urql with nothing but its own exchanges, and with graphql-sse for subscriptions: node urql.mjs URL ACCESS_TOKEN ORDER_ID
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { createClient } from 'graphql-sse';

const [url, token, id] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const FOLLOW = 'subscription ($id: ID!) { orderUpdated(id: $id) { number status } }';

const stock = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers },
  fetchSubscriptions: true,
  exchanges: [fetchExchange],
});

const sse = createClient({ url, headers });
const withSse = new Client({
  url,
  preferGetMethod: false,
  fetchOptions: { headers },
  exchanges: [
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: (operation) => ({
        subscribe: (sink) => ({ unsubscribe: sse.subscribe({ ...operation, query: operation.query ?? '' }, sink) }),
      }),
    }),
  ],
});

function print(name, { data, error }) {
  console.log(JSON.stringify({ name, data, error: error?.message }));
}

print('query', await stock.query('{ me { email } }', {}).toPromise());
print('mutation', await stock.mutation('mutation { updateNothing: __typename }', {}).toPromise());
stock.subscription(FOLLOW, { id }).subscribe((result) => print('fetchSubscriptions', result));
withSse.subscription(FOLLOW, { id }).subscribe((result) => print('subscriptionExchange', result));

import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { createClient as createStreams, type Sink } from 'graphql-sse';
import { useEffect } from 'react';
import { Client, fetchExchange, subscriptionExchange, type SubscriptionForwarder, type UseQueryExecute } from 'urql';
import { possibleTypes, typePolicies } from '../../../../schema/cache.json';
import { RefreshDocument } from './gql/graphql';
import { read, write } from './stored';

function headers(): Record<string, string> {
  const session = read('session');
  return session ? { Authorization: `Bearer ${session.accessToken}` } : {};
}

/** Sends the access token, and swaps it for a new one when it is refused. The person notices nothing. */
const auth = authExchange(async (utils) => ({
  addAuthToOperation: (operation) => utils.appendHeaders(operation, headers()),
  didAuthError: (error) => error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED'),
  async refreshAuth() {
    const refused = read('session');
    // A refresh token works once: one tab at a time, and who waited finds that another tab has renewed the session.
    await navigator.locks.request('session', async () => {
      const session = read('session');
      if (!session || session.accessToken !== refused?.accessToken) return;
      const { data, error } = await utils.mutate(RefreshDocument, { input: { refreshToken: session.refreshToken } });
      if (data?.result.__typename === 'RefreshTokenSuccess') write('session', { ...session, ...data.result.tokens });
      else if (!error) write('session', null); // it has ended; without a network it has not
    });
  },
}));

/** Server-Sent Events from the same address; a lost connection is made again. */
const sse = createStreams({
  url: '/graphql',
  headers,
  retryAttempts: Infinity,
  on: { connected: () => opened.dispatchEvent(new Event('open')) },
});
const opened = new EventTarget();

/** Reads once more when the stream has opened: no event tells of what happened before. */
export function useReadAgain(read: UseQueryExecute): void {
  useEffect(() => {
    const again = () => read({ requestPolicy: 'network-only' });
    opened.addEventListener('open', again);
    return () => opened.removeEventListener('open', again);
  }, [read]);
}

/** A client with an empty cache: each person gets one, so that nobody sees what another was shown. */
export function createClient(): Client {
  const cache = cacheExchange({
    possibleTypes, // without them the cache drops what `... on UserError` selects
    keys: Object.fromEntries(Object.keys(typePolicies).map((name) => [name, () => null])), // types without an id
    resolvers: { Query: { products: relayPagination() } },
    updates: {
      // The cache takes in the order itself. Lists are read again: it may have come into them, or left.
      Subscription: { ordersUpdated: (_order, _args, cache) => cache.invalidate('Query', 'orders') },
    },
    // It looks for the fields of every member of a union, and warns of those that an answer does not have.
    logger: (level, text) => level === 'debug' || text.startsWith('Invalid undefined') || console[level](text),
  });
  const forwardSubscription: SubscriptionForwarder = ({ query = '', variables = {} }) => ({
    subscribe: (sink) => ({ unsubscribe: sse.subscribe({ query, variables }, sink as Sink) }),
  });
  const streams = subscriptionExchange({ forwardSubscription });
  return new Client({ url: '/graphql', preferGetMethod: false, exchanges: [cache, auth, fetchExchange, streams] });
}

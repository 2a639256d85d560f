import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { createClient as createStreams, type RequestParams, type Sink } from 'graphql-sse';
import { useEffect } from 'react';
import { Client, fetchExchange, subscriptionExchange, type SubscriptionForwarder, type UseQueryExecute } from 'urql';
import { possibleTypes, typePolicies } from '../../../../schema/cache.json';
import { RefreshDocument } from './gql/graphql';
import { read, write } from './stored';

const url = '/graphql';
const bare = new Client({ url, preferGetMethod: false, exchanges: [fetchExchange] }); // sends no token

/** What is sent along; empty for nobody. */
function headers(): Record<string, string> {
  const session = read('session');
  return session ? { Authorization: `Bearer ${session.accessToken}` } : {};
}

type Failures = readonly { extensions?: Record<string, unknown> | undefined }[] | undefined;
const isRefused = (errors: Failures) => !!errors?.some(({ extensions }) => extensions?.['code'] === 'UNAUTHENTICATED');

/** Swaps tokens that were refused. One tab at a time, for a refresh token works once; who waited finds new ones. */
async function renew(refused: Record<string, string>): Promise<void> {
  await navigator.locks.request('session', async () => {
    const session = read('session');
    if (!session || refused['Authorization'] !== headers()['Authorization']) return;
    const { data, error } = await bare.mutation(RefreshDocument, { input: { refreshToken: session.refreshToken } });
    if (data?.result.__typename === 'RefreshTokenSuccess') write('session', { ...session, ...data.result.tokens });
    else if (!error) write('session', null); // it has ended; without a network it has not
  });
}

/** Sends the access token, and the request again with a new one when it was refused. The person notices nothing. */
const auth = authExchange(async (utils) => {
  let used = {};
  return {
    addAuthToOperation: (operation) => utils.appendHeaders(operation, headers()),
    didAuthError(error, { context }) {
      used = (context.fetchOptions as { headers: Record<string, string> }).headers;
      return isRefused(error.graphQLErrors);
    },
    refreshAuth: () => renew(used),
  };
});

const opened = new EventTarget();

/** Server-Sent Events until the function is called, over lost connections and the ends of access tokens. */
function follow(request: RequestParams, sink: Sink): () => void {
  let isOver = false;
  let used = {};
  const on = { connected: () => opened.dispatchEvent(new Event('open')) };
  const sse = createStreams({ url, headers: () => (used = headers()), on, retryAttempts: Infinity });
  const pump = async () => {
    while (!isOver && read('session')) {
      for await (const result of sse.iterate(request)) {
        if (isRefused(result.errors)) await renew(used);
        else sink.next(result);
      }
      await new Promise((resume) => setTimeout(resume, 1000));
    }
  };
  pump().catch(sink.error);
  return () => {
    isOver = true;
    sse.dispose();
  };
}

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
      Subscription: {
        // The cache takes in the order itself. Lists are read again: it may have come into them, or left.
        ordersUpdated(_order, _args, cache) {
          const lists = cache.inspectFields('Query').filter(({ fieldName }) => fieldName === 'orders');
          for (const { fieldKey } of lists) cache.invalidate('Query', fieldKey);
        },
      },
    },
    // It looks for the fields of every member of a union, and warns of those that an answer does not have.
    logger: (level, text) => level === 'debug' || text.startsWith('Invalid undefined') || console[level](text),
  });
  const forwardSubscription: SubscriptionForwarder = ({ query = '', variables = {} }) => ({
    subscribe: (sink) => ({ unsubscribe: follow({ query, variables }, sink as Sink) }),
  });
  const streams = subscriptionExchange({ forwardSubscription });
  return new Client({ url, preferGetMethod: false, exchanges: [cache, auth, fetchExchange, streams] });
}

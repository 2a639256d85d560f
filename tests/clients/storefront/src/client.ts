import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import { Client, fetchExchange } from 'urql';
import { possibleTypes, typePolicies } from '../../../../schema/cache.json';
import { graphql } from './gql';
import { read, write } from './stored';

const Refresh = graphql(`
  mutation Refresh($input: RefreshTokenInput!) {
    refreshToken(input: $input) {
      __typename
      ... on RefreshTokenSuccess { tokens { accessToken refreshToken } }
    }
  }
`);

/** Sends the access token, and swaps it for a new one when it is refused. The person notices nothing. */
const auth = authExchange(async (utils) => ({
  addAuthToOperation(operation) {
    const tokens = read('session');
    return tokens ? utils.appendHeaders(operation, { Authorization: `Bearer ${tokens.accessToken}` }) : operation;
  },
  didAuthError: (error) => error.graphQLErrors.some(({ extensions }) => extensions['code'] === 'UNAUTHENTICATED'),
  async refreshAuth() {
    const refused = read('session');
    // A refresh token works once: one tab at a time, and who waited finds that another tab has renewed the session.
    await navigator.locks.request('session', async () => {
      const current = read('session');
      if (!current || current.accessToken !== refused?.accessToken) return;
      const { data, error } = await utils.mutate(Refresh, { input: { refreshToken: current.refreshToken } });
      if (data?.refreshToken.__typename === 'RefreshTokenSuccess') {
        write('session', { ...current, ...data.refreshToken.tokens });
      } else if (!error) {
        write('session', null); // it has ended; without a network it has not
      }
    });
  },
}));

/** A client with an empty cache: each person gets one, so that nobody sees what another was shown. */
export function createClient(): Client {
  const cache = cacheExchange({
    possibleTypes, // without them the cache drops what `... on UserError` selects
    keys: Object.fromEntries(Object.keys(typePolicies).map((name) => [name, () => null])), // types without an id
    resolvers: { Query: { products: relayPagination() } },
  });
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    fetchSubscriptions: true, // Server-Sent Events from the same address
    exchanges: [cache, auth, fetchExchange],
  });
}

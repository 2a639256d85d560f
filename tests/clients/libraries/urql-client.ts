import { Client, fetchExchange, ssrExchange, subscriptionExchange } from '@urql/core';
import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import { relayPagination } from '@urql/exchange-graphcache/extras';
import type { Sink } from 'graphql-sse';
import schema from '../../../schema/cache.json';
import { refused, type Session } from './session';
import { stream } from './stream';

/** For one person: make a new one after each sign-in and sign-out. */
export function shopClient(session: Session, ssr = ssrExchange({ isClient: true })): Client {
  let used: string | undefined;
  return new Client({
    url: session.endpoint,
    preferGetMethod: false,
    exchanges: [
      cacheExchange({
        possibleTypes: schema.possibleTypes,
        keys: Object.fromEntries(Object.keys(schema.typePolicies).map((name) => [name, () => null])),
        // It writes all fragments of a union, and misses the fields of those that do not fit: harmless.
        logger: (level, message) => {
          if (level !== 'debug' && !message.startsWith('Invalid undefined')) console[level](message);
        },
        resolvers: { Query: { products: relayPagination(), orders: relayPagination() } },
        optimistic: {
          cancelOrder: ({ input }) => ({
            __typename: 'CancelOrderSuccess',
            order: { __typename: 'Order', id: (input as { orderId: string }).orderId, status: 'CANCELLED' },
          }),
        },
      }),
      ssr,
      authExchange(async ({ appendHeaders }) => ({
        addAuthToOperation: (operation) => appendHeaders(operation, session.headers),
        didAuthError({ graphQLErrors }, { context: { fetchOptions } }) {
          used = (fetchOptions as { headers?: Record<string, string> }).headers?.['authorization'];
          return !!used && refused(graphQLErrors);
        },
        refreshAuth: () => session.renew(used),
      })),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: stream(session, { query, variables }, sink as Sink) }),
        }),
      }),
    ],
  });
}

import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  HttpLink,
  InMemoryCache,
  type NormalizedCacheObject,
  Observable,
} from '@apollo/client';
import { ErrorLink } from '@apollo/client/link/error';
import { relayStylePagination } from '@apollo/client/utilities';
import { type ExecutionResult, OperationTypeNode, print } from 'graphql';
import { from, mergeMap } from 'rxjs';
import schema from '../../../schema/cache.json';
import { refused, type Session } from './session';
import { stream } from './stream';

/** For one person: make a new one after each sign-in and sign-out. `rendered` is what a server's client had `extract`ed. */
export function shopClient(session: Session, rendered: NormalizedCacheObject = {}): ApolloClient {
  const bearer = new ApolloLink((operation, forward) => {
    operation.setContext({ headers: session.headers });
    return forward(operation);
  });
  const renewing = new ErrorLink(({ error, operation, forward }) => {
    if (!CombinedGraphQLErrors.is(error) || !refused(error.errors)) return;
    const used = operation.getContext()['headers']?.authorization;
    return from(session.renew(used)).pipe(
      mergeMap(() => {
        if (!session.tokens) throw error; // signed out
        return forward(operation);
      }),
    );
  });
  const streams = new ApolloLink(
    ({ query, variables }) =>
      new Observable((observer) =>
        stream(session, { query: print(query), variables }, {
          next: (result: ExecutionResult) => observer.next(result),
          error: (error) => observer.error(error),
          complete: () => observer.complete(),
        }),
      ),
  );
  return new ApolloClient({
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      streams,
      ApolloLink.from([renewing, bearer, new HttpLink({ uri: session.endpoint })]),
    ),
    cache: new InMemoryCache({
      possibleTypes: schema.possibleTypes,
      typePolicies: {
        ...schema.typePolicies,
        Query: {
          fields: {
            products: relayStylePagination(['filter', 'sort']),
            orders: relayStylePagination(['filter', 'sort']),
          },
        },
      },
    }).restore(rendered),
  });
}

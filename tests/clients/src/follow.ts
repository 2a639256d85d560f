import { createClient } from 'graphql-sse';
import { type Failure, RequestFailed, type Session, unauthenticated } from './client';
import type { OrderUpdatedSubscription } from './gql/graphql';
import { OrderUpdated } from './operations';

/** The order as it is, then after each change, until the caller leaves the loop. */
export async function* follow(session: Session, id: string): AsyncGenerator<OrderUpdatedSubscription['orderUpdated']> {
  const client = createClient({
    url: session.endpoint,
    headers: () => ({ ...session.authorization }), // asked at each connect
    retryAttempts: 10, // a lost connection is made again, and tells the state as it is then
  });
  try {
    while (true) {
      const { tokens } = session;
      const error = yield* changes(client.iterate({ query: OrderUpdated.toString(), variables: { id } }));
      if (!error) return;
      if (!tokens || !unauthenticated(error)) throw error;
      await session.renew(tokens); // a stream ends with its access token
      if (!session.tokens) throw error;
    }
  } finally {
    client.dispose();
  }
}

type Results = AsyncIterable<{ data?: unknown; errors?: readonly unknown[] }>;

/** The error that ended the stream, if any. */
async function* changes(results: Results): AsyncGenerator<OrderUpdatedSubscription['orderUpdated'], RequestFailed | null> {
  for await (const { data, errors } of results) {
    if (errors) return new RequestFailed(errors as Failure[]);
    yield (data as OrderUpdatedSubscription).orderUpdated;
  }
  return null;
}

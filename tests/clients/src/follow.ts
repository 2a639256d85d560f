import { createClient } from 'graphql-sse';
import { type Failure, RequestFailed, type Session, unauthenticated } from './client';
import type { OrderUpdatedSubscription, TokensFragment } from './gql/graphql';
import { OrderUpdated } from './operations';

type Change = OrderUpdatedSubscription['orderUpdated'];
const PAUSES = [1, 2, 4, 8, 16, 30]; // seconds

/** The order as it is, then after each change, until the caller leaves the loop. */
export async function* follow(session: Session, id: string, pauses = PAUSES): AsyncGenerator<Change> {
  let used = session.tokens;
  const client = createClient({
    url: session.endpoint,
    headers: () => {
      used = session.tokens; // asked at each connect
      return { ...session.authorization };
    },
    retryAttempts: 10, // a lost connection is made again, and tells the state as it is then
  });
  try {
    for (let refreshed = false; ; refreshed = true) {
      let failed: RequestFailed | null = null;
      for await (const { data, errors } of client.iterate({ query: OrderUpdated.toString(), variables: { id } })) {
        if (errors) failed = new RequestFailed(errors as unknown as Failure[]);
        if (failed) break;
        refreshed = false;
        yield (data as OrderUpdatedSubscription).orderUpdated;
      }
      if (!failed) return;
      if (!used || !unauthenticated(failed) || refreshed) throw failed; // never two refreshes in a row
      await renewed(session, used, pauses); // a stream ends with its access token
      if (!session.tokens) throw failed;
    }
  } finally {
    client.dispose();
  }
}

/** Tries again, after each of the pauses, while the refresh fails for want of a network or a server. */
async function renewed(session: Session, tokens: TokensFragment, pauses: readonly number[]): Promise<void> {
  for (const pause of pauses) {
    try {
      return await session.renew(tokens);
    } catch {
      await new Promise((resume) => setTimeout(resume, pause * 1000));
    }
  }
  await session.renew(tokens);
}

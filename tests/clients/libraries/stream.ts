import type { ExecutionResult } from 'graphql';
import { createClient, type RequestParams, type Sink } from 'graphql-sse';
import { refused, type Session } from './session';

/** A subscription that outlives its access tokens and lost connections. Call what it returns to leave. */
export function stream(session: Session, request: RequestParams, sink: Sink<ExecutionResult>): () => void {
  const client = createClient({
    url: session.endpoint,
    headers: () => session.headers,
    retryAttempts: 10,
    on: { connected: () => session.opened() },
  });
  const pump = async () => {
    for (let renewed = false; ; renewed = true) {
      const used = session.headers['authorization'];
      let ended = false;
      for await (const result of client.iterate(request)) {
        ended = refused(result.errors);
        if (ended && used && !renewed) break;
        renewed = ended = false;
        sink.next(result as ExecutionResult);
      }
      if (!ended) return sink.complete();
      await session.renew(used);
    }
  };
  pump().catch(sink.error);
  return () => client.dispose();
}

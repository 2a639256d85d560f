import { isRefused, problem, type Reply } from "./api";

export interface Opened {
  first: IteratorResult<Reply>;
  replies: AsyncIterable<Reply>;
}

const TRIES = 5;

/**
 * The replies of a subscription until the server completes it. It is opened anew when its access token has run out,
 * and when the connection is lost, after 1, 2, 4 and 8 s: the first reply is the state as it is, so none is missed.
 */
export async function* live(open: () => Promise<Opened>, signal: AbortSignal, wait = pause): AsyncGenerator<Reply> {
  for (let failed = 0, shown = false; !signal.aborted; ) {
    try {
      const { first, replies } = await open();
      let refused = false;
      for await (const reply of following(first, replies)) {
        refused = shown && isRefused(reply);
        if (refused) break;
        yield reply;
        shown = !isRefused(reply);
        failed = 0;
      }
      if (!refused) return;
      shown = false;
    } catch (error) {
      if (signal.aborted) return;
      failed += 1;
      if (!shown || failed === TRIES) {
        yield problem(error);
        return;
      }
      await wait(1000 * 2 ** (failed - 1), signal);
    }
  }
}

async function* following(first: IteratorResult<Reply>, replies: AsyncIterable<Reply>): AsyncGenerator<Reply> {
  if (first.done) return;
  yield first.value;
  yield* replies;
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
  });
}

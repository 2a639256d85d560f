import type { Fetcher } from "@graphiql/toolkit";
import { getOperationAST } from "graphql";
import { type GraphQLRequest, type HeaderMap, post, problem, type Reply } from "./api";
import { subscribe } from "./events";
import { live } from "./live";
import type { Session } from "./session";

/** Runs one request with the headers of the session, or as it is where the visitor has typed an Authorization header. */
type Authorize = <Result>(work: (own: HeaderMap) => Promise<Result>, reply: (result: Result) => Reply) => Promise<Result>;

/**
 * Queries and mutations over POST, subscriptions as server-sent events on the same address, all with the session's
 * token. `seen` gets the data of every reply.
 */
export function createFetcher(endpoint: string, session: Session, seen: (data: unknown) => void): Fetcher {
  const fetcher = ({ query, variables, operationName }: GraphQLRequest, options: Parameters<Fetcher>[1]) => {
    const request = { query, variables, operationName };
    const headers: HeaderMap = options?.headers ?? {};
    const authorize: Authorize = names(headers, "authorization") ? (work) => work({}) : (...all) => session.authorized(...all);
    const document = options?.documentAST;
    const isLive = document && getOperationAST(document, operationName)?.operation === "subscription";
    return isLive ? follow(endpoint, request, headers, authorize) : answer(endpoint, request, headers, authorize, seen);
  };
  return fetcher as Fetcher; // its types ask for instances of GraphQLError, which no JSON holds
}

async function answer(endpoint: string, request: GraphQLRequest, headers: HeaderMap, authorize: Authorize, seen: (data: unknown) => void) {
  try {
    const send = (own: HeaderMap) => post(endpoint, request, { ...headers, ...own });
    const reply = await authorize(send, (result) => result);
    seen(reply.data);
    return reply;
  } catch (error) {
    return problem(error);
  }
}

/** The generator alone could be stopped only between two replies; GraphiQL's stop button cuts the connection. */
function follow(endpoint: string, request: GraphQLRequest, headers: HeaderMap, authorize: Authorize): AsyncIterable<Reply> {
  const abort = new AbortController();
  const open = async (own: HeaderMap) => {
    const replies = subscribe(endpoint, request, { ...headers, ...own }, abort.signal);
    return { first: await replies.next(), replies };
  };
  const replies = live(() => authorize(open, ({ first }) => (first.done ? {} : first.value)), abort.signal);
  const stop = async (): Promise<IteratorResult<Reply>> => {
    abort.abort();
    return { done: true, value: undefined };
  };
  return { [Symbol.asyncIterator]: () => ({ next: () => replies.next(), return: stop }) };
}

function names(headers: HeaderMap, name: string): boolean {
  return Object.keys(headers).some((given) => given.toLowerCase() === name);
}

import type { Fetcher } from "@graphiql/toolkit";
import { getOperationAST } from "graphql";
import { type GraphQLRequest, type HeaderMap, post, problem, type Reply } from "./api";
import { subscribe } from "./events";
import { live } from "./live";
import type { Session } from "./session";

/** Runs one request with the headers of the session, or as it is where the visitor has typed an Authorization header. */
type Authorize = <Result>(work: (own: HeaderMap) => Promise<Result>, reply: (result: Result) => Reply) => Promise<Result>;

/** How an operation was answered: its HTTP status, milliseconds to the answer (of a subscription: to its start), and cost. */
export interface Answer {
  status: number;
  took: number;
  cost?: { requested: number; allowed: number };
}

/** What looks on: `data` gets the data of each reply to a query or mutation, `answer` how an operation was answered. */
export interface Observer {
  data: (data: unknown) => void;
  answer: (answer: Answer) => void;
}

/** Queries and mutations over POST, subscriptions as server-sent events on the same address, all with the session's token. */
export function createFetcher(endpoint: string, session: Session, seen: Observer): Fetcher {
  const fetcher = ({ query, variables, operationName }: GraphQLRequest, options: Parameters<Fetcher>[1]) => {
    const request = { query, variables, operationName };
    const headers: HeaderMap = options?.headers ?? {};
    const authorize: Authorize = names(headers, "authorization") ? (work) => work({}) : (...all) => session.authorized(...all);
    const document = options?.documentAST;
    const isLive = document && getOperationAST(document, operationName)?.operation === "subscription";
    if (isLive) return follow(endpoint, request, headers, authorize, seen);
    if (operationName === "IntrospectionQuery") return answer(endpoint, request, headers, authorize);
    return answer(endpoint, { ...request, extensions: { cost: true } }, headers, authorize, seen);
  };
  return fetcher as Fetcher; // its types ask for instances of GraphQLError, which no JSON holds
}

async function answer(endpoint: string, request: GraphQLRequest, headers: HeaderMap, authorize: Authorize, seen?: Observer) {
  let status = 0;
  const started = performance.now();
  try {
    const answered = (given: number) => { status = given; };
    const send = (own: HeaderMap) => post(endpoint, request, { ...headers, ...own }, { answered });
    const { extensions: { cost, ...extensions } = {}, ...reply } = await authorize(send, (result) => result);
    seen?.answer({ status, took: performance.now() - started, cost: cost as Answer["cost"] });
    seen?.data(reply.data);
    return Object.keys(extensions).length ? { ...reply, extensions } : reply;
  } catch (error) {
    return problem(error);
  }
}

/** The generator alone could be stopped only between two replies; GraphiQL's stop button cuts the connection. */
function follow(endpoint: string, request: GraphQLRequest, headers: HeaderMap, authorize: Authorize, seen: Observer): AsyncIterable<Reply> {
  const abort = new AbortController();
  const started = performance.now();
  const answered = (status: number) => seen.answer({ status, took: performance.now() - started });
  const open = async (own: HeaderMap) => {
    const replies = subscribe(endpoint, request, { ...headers, ...own }, { signal: abort.signal, answered });
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

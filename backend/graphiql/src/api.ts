import type { Fetcher } from "@graphiql/toolkit";
import { getOperationAST } from "graphql";
import { createClient } from "graphql-sse";

export interface Reply<Data> {
  data?: Data | null;
  errors?: readonly { message: string }[];
}

interface GraphQLRequest {
  query: string;
  variables?: unknown;
  operationName?: string | null;
}

export type HeaderMap = Record<string, string>;

/** Sends one request. Throws where the answer is not JSON (a proxy's error page, no connection). */
export async function post<Data>(endpoint: string, body: GraphQLRequest, headers: HeaderMap = {}, signal?: AbortSignal) {
  const all = new Headers({
    accept: "application/graphql-response+json, application/json",
    "content-type": "application/json",
  });
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  const response = await fetch(endpoint, { method: "POST", headers: all, body: JSON.stringify(body), signal });
  const text = await response.text();
  try {
    return JSON.parse(text) as Reply<Data>;
  } catch {
    throw new Error(`The server answered ${response.status} with something that is not JSON.`);
  }
}

/** Queries and mutations over POST, subscriptions as server-sent events on the same address. */
export function createFetcher(endpoint: string): Fetcher {
  return async ({ query, variables, operationName }, options) => {
    const headers: HeaderMap = options?.headers ?? {};
    const document = options?.documentAST;
    if (document && getOperationAST(document, operationName)?.operation === "subscription") {
      const client = createClient({ url: endpoint, headers, retryAttempts: 0 });
      return client.iterate({ query, variables, operationName: operationName ?? undefined });
    }
    return post(endpoint, { query, variables, operationName }, headers);
  };
}

export interface Problem {
  message: string;
  extensions?: Record<string, unknown>;
}

export interface Reply<Data = unknown> {
  data?: Data | null;
  errors?: readonly Problem[];
  extensions?: Record<string, unknown>;
}

export interface GraphQLRequest {
  query: string;
  variables?: unknown;
  operationName?: string | null;
  extensions?: Record<string, unknown>;
}

export type HeaderMap = Record<string, string>;

const JSON_TYPES = "application/graphql-response+json, application/json";

export interface PostOptions {
  signal?: AbortSignal;
  /** Gets the HTTP status as soon as there is one. */
  answered?: (status: number) => void;
}

/** Sends one request. Throws, in words for people, where no API answers. */
export async function post<Data>(endpoint: string, body: GraphQLRequest, headers: HeaderMap = {}, { signal, answered }: PostOptions = {}) {
  const response = await request(endpoint, body, { accept: JSON_TYPES, ...headers }, signal);
  answered?.(response.status);
  return readReply<Data>(response);
}

export async function request(endpoint: string, body: GraphQLRequest, headers: HeaderMap, signal?: AbortSignal) {
  const all = new Headers({ "content-type": "application/json" });
  for (const [name, value] of Object.entries(headers)) all.set(name, value);
  try {
    return await fetch(endpoint, { method: "POST", headers: all, body: JSON.stringify(body), signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Error(`The API at ${endpoint} cannot be reached. Is it running? Run the operation again when it is.`);
  }
}

/** The GraphQL reply in a response; a proxy's error page is told as such. */
export async function readReply<Data>(response: Response): Promise<Reply<Data>> {
  const text = await response.text();
  try {
    return JSON.parse(text) as Reply<Data>;
  } catch {
    const id = response.headers.get("x-request-id");
    const which = id ? ` (request ${id})` : "";
    throw new Error(`The API did not answer: HTTP ${response.status} with something that is not JSON${which}. Try again in a moment.`);
  }
}

/** Whether the access token was turned away, before anything was executed. */
export function isRefused(reply: Reply): boolean {
  return reply.data === undefined && !!reply.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED");
}

/** What GraphiQL shows for something thrown: its message, without a stack. */
export function problem(error: unknown): Reply<never> {
  const message = error instanceof Error ? error.message : String(error);
  return { errors: [{ message }] };
}

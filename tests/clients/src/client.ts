import type { SignInMutation, TokensFragment, TypedDocumentString } from './gql/graphql';
import { Refresh, SignIn, SignOut } from './operations';

/** An operation without variables is called without them. */
type Given<V> = V extends Record<string, never> ? [] : [V];
export type Held = TokensFragment | null;
export type Failure = { message: string; extensions: { code: string; requestId: string } };

/** The request as a whole failed. What a person can cause is no exception but a member of the mutation's union. */
export class RequestFailed extends Error {
  readonly failures: readonly Failure[];

  constructor(failures: readonly Failure[]) {
    const told = failures.map(({ message, extensions }) => `${extensions.code}: ${message} (${extensions.requestId})`);
    super(told.join('; '));
    this.failures = failures;
  }
}

export const unauthenticated = (error: unknown): boolean =>
  error instanceof RequestFailed && error.failures.some(({ extensions }) => extensions.code === 'UNAUTHENTICATED');

const bearer = (tokens: Held): { authorization?: string } =>
  tokens ? { authorization: `Bearer ${tokens.accessToken}` } : {};

/** Two reads of a storage are two objects. */
const same = (one: Held, other: Held): boolean => one?.accessToken === other?.accessToken;
const TIMEOUT = 30_000; // milliseconds

/** One person at one endpoint, signed in or not. Make a new one for the next person. */
export class Session {
  #tokens: Held = null;
  #refreshing: Promise<void> | null = null;
  readonly endpoint: string;
  readonly send: typeof fetch;

  constructor(endpoint: string, send: typeof fetch = (input, init) => fetch(input, init)) {
    this.endpoint = endpoint;
    this.send = send;
  }

  /** In memory only; `SharedSession` keeps them in a storage. */
  get tokens(): Held {
    return this.#tokens;
  }

  set tokens(tokens: Held) {
    this.#tokens = tokens;
  }

  get authorization(): { authorization?: string } {
    return bearer(this.tokens);
  }

  async signIn(email: string, password: string): Promise<SignInMutation['login']> {
    const { login } = await this.#post(SignIn, { input: { email, password } }, null);
    if (login.__typename === 'LoginSuccess') this.tokens = login.tokens;
    return login;
  }

  /** Safe for mutations too: a request with a stale token is refused before any of it is executed. */
  async run<R, V>(document: TypedDocumentString<R, V>, ...[variables]: Given<V>): Promise<R> {
    const sent = this.tokens;
    try {
      return await this.#post(document, variables, sent);
    } catch (error) {
      if (!sent || !unauthenticated(error)) throw error;
      await this.renew(sent);
      if (!this.tokens) throw error;
    }
    const renewed = this.tokens;
    try {
      return await this.#post(document, variables, renewed);
    } catch (error) {
      if (unauthenticated(error) && same(this.tokens, renewed)) this.tokens = null;
      throw error;
    }
  }

  /** Ends the session at the server; offline it is forgotten here alone. */
  async signOut(): Promise<void> {
    try {
      if (this.tokens) await this.run(SignOut);
    } finally {
      this.tokens = null;
    }
  }

  /** Swaps tokens that were refused. All callers share one refresh: a refresh token works once. */
  async renew(old: TokensFragment): Promise<void> {
    if (!same(this.tokens, old)) return; // another caller has renewed them already
    await (this.#refreshing ??= this.alone(() => this.#refresh(old)).finally(() => (this.#refreshing = null)));
  }

  /** In one tab `#refreshing` is enough; `SharedSession` waits for its turn among tabs. */
  protected alone(work: () => Promise<void>): Promise<void> {
    return work();
  }

  /** A refused refresh signs out; a failed one (no network) throws and keeps the tokens for the next try. */
  async #refresh(old: TokensFragment): Promise<void> {
    if (!same(this.tokens, old)) return; // another tab has renewed them, while this one waited for its turn
    const { refreshToken } = await this.#post(Refresh, { input: { refreshToken: old.refreshToken } }, null);
    if (!same(this.tokens, old)) return; // signed out meanwhile
    this.tokens = refreshToken.__typename === 'RefreshTokenSuccess' ? refreshToken.tokens : null;
  }

  async #post<R, V>(document: TypedDocumentString<R, V>, variables: V | undefined, tokens: Held): Promise<R> {
    const response = await this.send(this.endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
        ...bearer(tokens),
      },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const answer = (await response.json()) as { data?: R | null; errors?: Failure[] };
    if (!answer.data || answer.errors) throw new RequestFailed(answer.errors ?? []);
    return answer.data;
  }
}

/** Who is signed in, in memory. Over a reload and in two tabs: see the client guide. */
export type Tokens = { accessToken: string; refreshToken: string | null };
type Failures = readonly { extensions?: Record<string, unknown> }[] | undefined;

const REFRESH = `mutation Refresh($input: RefreshTokenInput!) {
  refreshToken(input: $input) { ... on RefreshTokenSuccess { tokens { accessToken refreshToken } } }
}`;

/** Whether a request was refused for its access token; nothing of it was executed then. */
export const refused = (errors: Failures): boolean =>
  !!errors?.some(({ extensions }) => extensions?.['code'] === 'UNAUTHENTICATED');

export class Session {
  #tokens: Tokens | null = null;
  #refreshing: Promise<void> | null = null;
  readonly endpoint: string;
  readonly changed: () => void;
  readonly opened: () => void;

  /**
   * `changed` is called when somebody signs in or out: make a new client then, for a cache belongs to one person.
   * `opened` is called when a stream has opened, and opened again: read the list that it is about, for no event tells
   * what happened before.
   */
  constructor(endpoint: string, changed: () => void = () => {}, opened: () => void = () => {}) {
    this.endpoint = endpoint;
    this.changed = changed;
    this.opened = opened;
  }

  get tokens(): Tokens | null {
    return this.#tokens;
  }

  /** What is sent along; empty for nobody. */
  get headers(): Record<string, string> {
    return this.#tokens ? { authorization: `Bearer ${this.#tokens.accessToken}` } : {};
  }

  /** After `login`, `register` (the tokens they answer) and `logout` (null). */
  sign(tokens: Tokens | null): void {
    this.#tokens = tokens;
    this.changed();
  }

  /** After UNAUTHENTICATED to a request that sent `used`: all callers share one refresh, for a refresh token works once. */
  async renew(used: string | undefined): Promise<void> {
    if (!used || used !== this.headers['authorization']) return; // renewed meanwhile, or signed out
    await (this.#refreshing ??= this.#refresh().finally(() => (this.#refreshing = null)));
  }

  /** A refused refresh signs out; a lost one throws, and keeps the tokens for the next try. */
  async #refresh(): Promise<void> {
    const before = this.#tokens;
    const body = JSON.stringify({ query: REFRESH, variables: { input: { refreshToken: before?.refreshToken } } });
    const headers = { 'content-type': 'application/json' };
    const signal = AbortSignal.timeout(30_000); // milliseconds
    const { data } = await (await fetch(this.endpoint, { method: 'POST', headers, body, signal })).json();
    if (!data) throw new Error('not refreshed: try again');
    if (this.#tokens !== before) return; // signed out meanwhile
    if (data.refreshToken.tokens) this.#tokens = data.refreshToken.tokens;
    else this.sign(null);
  }
}

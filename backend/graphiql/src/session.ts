import { type GraphQLRequest, type HeaderMap, isRefused, type Reply } from "./api";

export interface Person {
  name: string;
  email: string;
  isStaff: boolean;
}

export interface SessionState {
  person: Person | null;
  /** Why nobody is signed in; empty where nobody has asked. */
  notice: string;
}

interface Tokens {
  accessToken: string;
  accessTokenExpiresAt: string;
  refreshToken: string;
}

interface Held extends Tokens {
  /** When to swap it, in milliseconds of this machine's clock. */
  renewAt: number;
  /** The same from a sign-in on, through all refreshes. */
  visit: symbol;
}

interface LoginData {
  login: { user?: Person; tokens?: Tokens; message?: string };
}

interface Ended {
  __typename?: string;
}

interface RefreshData {
  refreshToken: { tokens?: Tokens; message?: string };
}

type Send = <Data>(request: GraphQLRequest, headers?: HeaderMap) => Promise<Reply<Data>>;

const TOKENS = "tokens { accessToken accessTokenExpiresAt refreshToken }";
const LOGIN = `mutation SignIn($input: LoginInput!) {
  login(input: $input) {
    ... on LoginSuccess { user { name email isStaff } ${TOKENS} }
    ... on UserError { message }
  }
}`;
const REFRESH = `mutation Refresh($input: RefreshTokenInput!) {
  refreshToken(input: $input) {
    ... on RefreshTokenSuccess { ${TOKENS} }
    ... on UserError { message }
  }
}`;
const LOGOUT = "mutation SignOut { logout { __typename } }";

export const EARLY_MS = 30_000;
export const ENDED = "Your session has ended. Sign in again.";
const SIGNED_OUT: SessionState = { person: null, notice: "" };

/** Who is signed in. The tokens live in this object and nowhere else: leaving the page forgets them. */
export class Session {
  state = SIGNED_OUT;
  #held: Held | null = null;
  #renewal: { of: Held; done: Promise<void> } | null = null;
  readonly #listeners = new Set<() => void>();
  readonly #send: Send;
  readonly #now: () => number;

  constructor(send: Send, now: () => number = Date.now) {
    this.#send = send;
    this.#now = now;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Throws with the server's reason. */
  async signIn(email: string, password: string): Promise<void> {
    const reply = await this.#send<LoginData>({ query: LOGIN, variables: { input: { email, password } } });
    const { user, tokens, message } = reply.data?.login ?? {};
    if (!user || !tokens) throw new Error(message ?? reply.errors?.[0]?.message ?? "The API gave no answer.");
    this.#hold(tokens, Symbol(), { person: user, notice: "" });
  }

  /** Goes over to the session that an operation run by hand has begun, where its reply tells whose it is; or out of it. */
  adopt(data: unknown): void {
    const { login, register, logout, logoutEverywhere } = (data ?? {}) as Partial<LoginData & { register: LoginData["login"]; logout: Ended; logoutEverywhere: Ended }>;
    const { user, tokens } = login ?? register ?? {};
    if (user?.email && tokens?.accessToken && tokens.refreshToken) this.#hold(tokens, Symbol(), { person: user, notice: "" });
    if (this.#held && [logout, logoutEverywhere].some((end) => end?.__typename?.endsWith("Success"))) this.#drop("");
  }

  /** Ends the session on the server as well; whatever that answers, this page forgets it at once. */
  signOut(): void {
    const held = this.#held;
    this.#drop("");
    if (held) this.#send({ query: LOGOUT }, bearer(held)).catch(() => undefined);
  }

  /**
   * Calls `work` with the headers to send: with an access token that is not about to expire, and once more with a
   * fresh one where the API turned it away (then nothing was executed). Throws where the session has ended.
   */
  async authorized<Result>(work: (headers: HeaderMap) => Promise<Result>, reply: (result: Result) => Reply): Promise<Result> {
    const used = await this.#current();
    const result = await work(used ? bearer(used) : {});
    if (!used || !isRefused(reply(result))) return result;
    if (this.#held === used) await this.#renew(used);
    return this.#held?.visit === used.visit ? work(bearer(this.#held)) : result;
  }

  async #current(): Promise<Held | null> {
    const held = this.#held;
    if (!held || this.#now() < held.renewAt) return held;
    await this.#renew(held);
    // Never as nobody, nor as somebody who has signed in meanwhile.
    if (this.#held?.visit !== held.visit) throw new Error(this.state.notice || "Not sent: you have signed out.");
    return this.#held;
  }

  /** All who ask for it meanwhile share one refresh: the second use of a refresh token ends its session. */
  #renew(old: Held): Promise<void> {
    if (this.#renewal?.of !== old) {
      const done = this.#refresh(old).finally(() => {
        if (this.#renewal?.of === old) this.#renewal = null;
      });
      this.#renewal = { of: old, done };
    }
    return this.#renewal.done;
  }

  async #refresh(old: Held): Promise<void> {
    const reply = await this.#send<RefreshData>({ query: REFRESH, variables: { input: { refreshToken: old.refreshToken } } });
    if (this.#held !== old) return; // signed out, or in as somebody else, meanwhile
    const { tokens, message } = reply.data?.refreshToken ?? {};
    if (tokens) this.#hold(tokens, old.visit, this.state);
    else if (message) this.#drop(ENDED);
    // Not a verdict on the session (the database is away, for one): the next operation tries again.
    else throw new Error(`Your session could not be renewed: ${reply.errors?.[0]?.message ?? "the API gave no answer"}`);
  }

  #hold(tokens: Tokens, visit: symbol, state: SessionState): void {
    const received = this.#now();
    // Not again at once, where this machine's clock is ahead of the server's.
    const renewAt = Math.max(Date.parse(tokens.accessTokenExpiresAt) - EARLY_MS, received + EARLY_MS);
    this.#held = { ...tokens, renewAt, visit };
    this.#tell(state);
  }

  #drop(notice: string): void {
    this.#held = null;
    this.#tell({ person: null, notice });
  }

  #tell(state: SessionState): void {
    this.state = state;
    for (const listener of this.#listeners) listener();
  }
}

function bearer(tokens: Tokens): HeaderMap {
  return { Authorization: `Bearer ${tokens.accessToken}` };
}

import type { GraphQLRequest, HeaderMap, Reply } from "../src/api";
import { Session } from "../src/session";

export const MINUTE = 60_000;
type LoginVariables = { input: { email: string } };

const LIFETIME = 15 * MINUTE;

/** A clock that stands still, and an API that issues tokens by it: an access token is the number of its issue. */
export class Server {
  now = 100 * MINUTE;
  behind = 0;
  issued = 0;
  refreshes = 0;
  signedIn = "";
  logouts: (string | undefined)[] = [];
  accepted = new Set<string>();
  ended = false;
  down = false;
  /** What each refresh waits for. */
  slow: Promise<void> = Promise.resolve();

  session(): Session {
    const send = <Data>(request: GraphQLRequest, headers?: HeaderMap) => this.answer(request, headers) as Promise<Reply<Data>>;
    return new Session(send, () => this.now);
  }

  async answer({ query, variables }: GraphQLRequest, headers: HeaderMap = {}): Promise<Reply> {
    await new Promise((resolve) => setTimeout(resolve));
    if (this.down) throw new Error("The API cannot be reached.");
    if (query.includes("login(")) return this.#login(variables as LoginVariables);
    if (query.includes("logout")) {
      this.logouts.push(headers.Authorization);
      return { data: { logout: { __typename: "LogoutSuccess" } } };
    }
    this.refreshes += 1;
    await this.slow;
    if (this.ended) return { data: { refreshToken: { message: "This token is not valid" } } };
    return { data: { refreshToken: { tokens: this.#tokens() } } };
  }

  /** An operation that tells with which token it was executed. */
  readonly operation = async (headers: HeaderMap): Promise<Reply> => {
    await new Promise((resolve) => setTimeout(resolve));
    const token = headers.Authorization?.replace("Bearer ", "");
    if (token && !this.accepted.has(token)) return refusal();
    return { data: { token: token ?? null } };
  };

  /** What people wait for: every token stops working, though none has run out by the page's clock. */
  refuseAll(): void {
    this.accepted.clear();
  }

  #login({ input }: LoginVariables): Reply {
    const tokens = this.#tokens();
    this.signedIn = tokens.accessToken;
    return { data: { login: { user: { name: "Ada", email: input.email, isStaff: false }, tokens } } };
  }

  #tokens() {
    const accessToken = `access-${(this.issued += 1)}`;
    this.accepted.add(accessToken);
    const accessTokenExpiresAt = new Date(this.now - this.behind + LIFETIME).toISOString();
    return { accessToken, accessTokenExpiresAt, refreshToken: `refresh-${this.issued}` };
  }
}

export function refusal(): Reply {
  return { errors: [{ message: "The access token is not valid", extensions: { code: "UNAUTHENTICATED", requestId: "r1" } }] };
}

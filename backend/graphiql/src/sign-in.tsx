import { Button } from "@graphiql/react";
import { type FormEvent, useState } from "react";
import { createPortal } from "react-dom";
import { post } from "./api";
import { useAuthorization } from "./authorization";
import { PASSWORD, PEOPLE } from "./demo";

interface LoginData {
  login: {
    user?: { email: string; name: string };
    tokens?: { accessToken: string; accessTokenExpiresAt: string };
    message?: string;
  };
}

const LOGIN = `mutation SignIn($input: LoginInput!) {
  login(input: $input) {
    ... on LoginSuccess { user { email name } tokens { accessToken accessTokenExpiresAt } }
    ... on UserError { message }
  }
}`;
const LOGOUT = "mutation SignOut { logout { __typename } }";
const SIGNED_OUT = "Not signed in";

interface Session {
  token: string;
  greeting: string;
}

async function signIn(endpoint: string, email: string, password: string): Promise<Session> {
  const reply = await post<LoginData>(endpoint, { query: LOGIN, variables: { input: { email, password } } });
  const { user, tokens, message } = reply.data?.login ?? {};
  if (!user || !tokens) throw new Error(message ?? reply.errors?.[0]?.message ?? "no answer");
  const until = new Date(tokens.accessTokenExpiresAt).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  return { token: tokens.accessToken, greeting: `Signed in as ${user.name} (${user.email}) until ${until}` };
}

/** The bar above the editors. The token lives in this component and in the headers editor, nowhere else. */
export function SignIn({ endpoint, demo, bar }: { endpoint: string; demo: boolean; bar: HTMLElement }) {
  const [token, setToken] = useState<string | null>(null);
  const [status, setStatus] = useState(SIGNED_OUT);
  const [busy, setBusy] = useState(false);
  useAuthorization(token);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setStatus("Signing in");
    try {
      const session = await signIn(endpoint, String(form.get("email")), String(form.get("password") ?? PASSWORD));
      setToken(session.token);
      setStatus(session.greeting);
    } catch (error) {
      setToken(null);
      setStatus(`Sign-in failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      setBusy(false);
    }
  }

  function signOut() {
    // The session ends on the server as well; whatever it answers, this page forgets the token.
    if (token) post(endpoint, { query: LOGOUT }, { Authorization: `Bearer ${token}` }).catch(() => undefined);
    setToken(null);
    setStatus(SIGNED_OUT);
  }

  return createPortal(
    <form className="sign-in" aria-label="Sign in" onSubmit={submit}>
      {demo ? <DemoPerson /> : <Credentials />}
      <Button type="submit" data-testid="sign-in-button" disabled={busy}>
        Sign in
      </Button>
      <Button type="button" data-testid="sign-out-button" disabled={busy || !token} onClick={signOut}>
        Sign out
      </Button>
      <output data-testid="sign-in-status" aria-live="polite">
        {status}
      </output>
    </form>,
    bar,
  );
}

function DemoPerson() {
  return (
    <>
      <label htmlFor="person">Demo person</label>
      <select id="person" name="email" data-testid="sign-in-person">
        {PEOPLE.map((email) => (
          <option key={email}>{email}</option>
        ))}
      </select>
      <span>
        password <code>{PASSWORD}</code>
      </span>
    </>
  );
}

function Credentials() {
  return (
    <>
      <label htmlFor="email">E-mail</label>
      <input id="email" name="email" type="email" autoComplete="username" required data-testid="sign-in-person" />
      <label htmlFor="password">Password</label>
      <input id="password" name="password" type="password" autoComplete="current-password" required />
    </>
  );
}

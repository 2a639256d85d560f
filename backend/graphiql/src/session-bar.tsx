import { Button } from "@graphiql/react";
import { type FormEvent, useEffect, useState, useSyncExternalStore } from "react";
import { PASSWORD, PEOPLE } from "./demo";
import type { Session } from "./session";

const OTHER = "Another account";

/** The bar above the editors: who is signed in, and the way in and out. */
export function SessionBar({ session, demo }: { session: Session; demo: boolean }) {
  const { person, notice } = useSyncExternalStore(session.subscribe, () => session.state);
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState("");
  const trouble = failure || notice;
  useEffect(() => setFailure(""), [person]);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    setFailure("");
    try {
      await session.signIn(String(form.get("email")), String(form.get("password") ?? PASSWORD));
    } catch (error) {
      setFailure(`Sign-in failed: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      setBusy(false);
    }
  }

  return (
    <header className="graphiql-container bar">
      <h1>Ordergraph API</h1>
      <output data-testid="sign-in-status" data-state={person ? "in" : trouble ? "trouble" : "out"}>
        {trouble && <strong>{trouble} </strong>}
        {person ? (
          <>
            Signed in as <strong>{person.name}</strong> <span>({person.email})</span>
            {person.isStaff && <em>staff</em>}
          </>
        ) : (
          !trouble && "Not signed in"
        )}
      </output>
      <form className="sign-in" aria-label="Sign in" onSubmit={submit}>
        {demo ? <DemoPerson signedIn={person?.email} /> : <Credentials />}
        <Button type="submit" data-testid="sign-in-button" disabled={busy}>
          Sign in
        </Button>
        <Button type="button" data-testid="sign-out-button" disabled={busy || !person} onClick={() => session.signOut()}>
          Sign out
        </Button>
      </form>
    </header>
  );
}

/** One of the demo's people, or any account; it follows who is signed in. */
function DemoPerson({ signedIn }: { signedIn: string | undefined }) {
  const [chosen, setChosen] = useState<string>(PEOPLE[0]);
  useEffect(() => {
    if (signedIn) setChosen(PEOPLE.find((email) => email === signedIn) ?? OTHER);
  }, [signedIn]);
  const isOther = chosen === OTHER;
  return (
    <>
      <label htmlFor="person">Demo person</label>
      <select
        id="person"
        name={isOther ? undefined : "email"}
        value={chosen}
        onChange={(event) => setChosen(event.target.value)}
        data-testid="sign-in-person"
        title={`The demo's people have the password ${PASSWORD}`}
      >
        {[...PEOPLE, OTHER].map((email) => (
          <option key={email}>{email}</option>
        ))}
      </select>
      {isOther && <Credentials />}
    </>
  );
}

function Credentials() {
  return (
    <>
      <label htmlFor="email">E-mail</label>
      <input id="email" name="email" type="email" autoComplete="username" placeholder="E-mail" required data-testid="sign-in-email" />
      <label htmlFor="password">Password</label>
      <input id="password" name="password" type="password" autoComplete="current-password" placeholder="Password" required />
    </>
  );
}

import { useState } from 'react';
import { Outlet } from 'react-router';
import { LoginDocument, RegisterDocument } from '../gql/graphql';
import { Field, MutationForm } from '../parts';
import { useStored, write } from '../stored';

/** Around pages for signed-in people: others sign in here, and are where they wanted to go. */
export function SignIn() {
  const isSignedIn = useStored('session') !== null;
  const [isNew, setNew] = useState(false);
  const other = isNew ? 'I have an account' : 'I am new here';
  if (isSignedIn) return <Outlet />;
  return (
    <section>
      <h2>{isNew ? 'Create an account' : 'Sign in'}</h2>
      {isNew ? (
        <MutationForm
          mutation={RegisterDocument}
          input={({ name = '', email = '', password = '' }) => ({ name, email, password })}
          onSuccess={({ user, tokens }) => write('session', { userId: user.id, ...tokens })}
          button="Create account"
        >
          <Field label="Name" name="name" autoComplete="name" required />
          <Field label="E-mail" name="email" type="email" autoComplete="username" required />
          <Field label="Password" name="password" type="password" autoComplete="new-password" required />
        </MutationForm>
      ) : (
        <MutationForm
          mutation={LoginDocument}
          input={({ email = '', password = '' }) => ({ email, password })}
          onSuccess={({ user, tokens }) => write('session', { userId: user.id, ...tokens })}
          button="Sign in"
        >
          <Field label="E-mail" name="email" type="email" autoComplete="username" required />
          <Field label="Password" name="password" type="password" autoComplete="current-password" required />
        </MutationForm>
      )}
      <button className="outline" onClick={() => setNew(!isNew)}>{other}</button>
    </section>
  );
}

import { type FormEvent, useState } from 'react';
import { Outlet } from 'react-router';
import { useMutation } from 'urql';
import { Field, Problem, problems, type Problems, texts } from '../forms';
import { graphql } from '../gql';
import { session, useStored } from '../stored';

const Login = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      __typename
      ... on LoginSuccess { user { id } tokens { accessToken refreshToken } }
      ...Refusal
    }
  }
`);

const Register = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      __typename
      ... on RegisterSuccess { user { id } tokens { accessToken refreshToken } }
      ...Refusal
    }
  }
`);

/** Pages for signed-in people. Others sign in here, and the page is where they wanted to go. */
export function SignedIn() {
  return useStored(session) ? <Outlet /> : <SignIn />;
}

export function SignIn() {
  const [isNew, setNew] = useState(false);
  return (
    <section className="narrow">
      <h1>{isNew ? 'Create an account' : 'Sign in'}</h1>
      {isNew ? <RegisterForm /> : <LoginForm />}
      <button className="link" onClick={() => setNew(!isNew)}>{isNew ? 'I have an account' : 'I am new here'}</button>
    </section>
  );
}

function LoginForm() {
  const [wrong, setWrong] = useState<Problems>({});
  const [{ fetching }, login] = useMutation(Login);

  async function submit(event: FormEvent<HTMLFormElement>) {
    const { email = '', password = '' } = texts(event);
    const { data, error } = await login({ input: { email, password } });
    if (data?.login.__typename !== 'LoginSuccess') return setWrong(problems(data?.login, error));
    session.set({ userId: data.login.user.id, ...data.login.tokens });
  }

  return (
    <form onSubmit={submit}>
      <Field label="E-mail" name="email" type="email" autoComplete="username" required wrong={wrong} />
      <Field label="Password" name="password" type="password" autoComplete="current-password" required wrong={wrong} />
      <Problem text={wrong['']} />
      <button className="primary" disabled={fetching}>Sign in</button>
    </form>
  );
}

function RegisterForm() {
  const [wrong, setWrong] = useState<Problems>({});
  const [{ fetching }, register] = useMutation(Register);

  async function submit(event: FormEvent<HTMLFormElement>) {
    const { name = '', email = '', password = '' } = texts(event);
    const { data, error } = await register({ input: { name, email, password } });
    if (data?.register.__typename !== 'RegisterSuccess') return setWrong(problems(data?.register, error));
    session.set({ userId: data.register.user.id, ...data.register.tokens });
  }

  return (
    <form onSubmit={submit}>
      <Field label="Name" name="name" autoComplete="name" required wrong={wrong} />
      <Field label="E-mail" name="email" type="email" autoComplete="username" required wrong={wrong} />
      <Field label="Password" name="password" type="password" autoComplete="new-password" required wrong={wrong} />
      <Problem text={wrong['']} />
      <button className="primary" disabled={fetching}>Create account</button>
    </form>
  );
}

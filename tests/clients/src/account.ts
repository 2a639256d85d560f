import { Session } from './client';
import { type Problems, problems } from './forms';
import type { RegisterInput } from './gql/graphql';
import { Register, RequestPasswordReset, ResetPassword, VerifyEmail } from './operations';

/** A new account, signed in. */
export async function register(session: Session, form: RegisterInput): Promise<Problems> {
  const result = (await session.run(Register, { input: form })).register;
  if (result.__typename !== 'RegisterSuccess') return problems(result);
  session.tokens = result.tokens;
  return {};
}

const tokenIn = (hash: string): string => new URLSearchParams(hash.slice(1)).get('token') ?? '';

/** The page /verify-email, with `location.hash`. As nobody: a token of this tab that is stale would be refused. */
export async function verifyEmail(endpoint: string, hash: string): Promise<Problems> {
  const result = (await new Session(endpoint).run(VerifyEmail, { input: { token: tokenIn(hash) } })).verifyEmail;
  return result.__typename === 'VerifyEmailSuccess' ? {} : problems(result);
}

/** The page /reset-password, with `location.hash`. All sessions of the person are over: show the sign-in. */
export async function resetPassword(endpoint: string, hash: string, newPassword: string): Promise<Problems> {
  const input = { token: tokenIn(hash), newPassword };
  const result = (await new Session(endpoint).run(ResetPassword, { input })).resetPassword;
  return result.__typename === 'ResetPasswordSuccess' ? {} : problems(result);
}

export async function forgotPassword(endpoint: string, email: string): Promise<Problems> {
  const result = (await new Session(endpoint).run(RequestPasswordReset, { input: { email } })).requestPasswordReset;
  return result.__typename === 'RequestPasswordResetSuccess' ? {} : problems(result);
}

import { Session } from './client';
import type { RegisterInput } from './gql/graphql';
import { Register, RequestPasswordReset, ResetPassword, VerifyEmail } from './operations';

type Problem = { path: string[]; message: string };

/** What to show under each field of a form, '' being the whole of it; nothing when it went well. */
export type Problems = Record<string, string>;

/** `path` begins at the arguments: ["input", "email"] is the field "email". One field may break several rules. */
function problems(refusal: Problem & { fields?: Problem[] }): Problems {
  const told: Problems = {};
  for (const { path, message } of refusal.fields ?? [refusal]) {
    const field = path.slice(1).join('.');
    told[field] = told[field] ? `${told[field]} ${message}` : message;
  }
  return told;
}

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

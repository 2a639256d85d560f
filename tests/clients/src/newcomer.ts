/** Somebody new: an account, its e-mail verified, its password forgotten. */
import { forgotPassword, register, resetPassword, verifyEmail } from './account';
import { Session } from './client';
import { mailed } from './mails';
import { ok } from './ok';
import { Me } from './operations';

export async function comesAlong(endpoint: string): Promise<void> {
  const session = new Session(endpoint);
  const email = `new-${crypto.randomUUID()}@example.com`;
  const wrong = await register(session, { email: 'nobody', password: 'password', name: '' });
  ok(wrong['email'] && wrong['password'] && wrong['name'] && !session.tokens, 'each wrong field of a form is told');
  ok(wrong['password'] === 'Zu kurz. Zu leicht zu erraten.', 'with all that is wrong with it, in German');
  const taken = await register(session, { email: 'customer@example.com', password: 'Saffron-42-Kettle', name: 'Eve' });
  ok(Object.keys(taken).join() === 'email', 'so is an e-mail that has an account');

  const stale = { accessToken: 'stale', refreshToken: null };
  session.tokens = stale;
  const told = await register(session, { email, password: 'Saffron-42-Kettle', name: 'Grace' });
  ok(!Object.keys(told).length && session.tokens !== stale, 'registered and signed in, whoever was before');
  ok((await session.run(Me)).me?.emailVerified === false, 'the e-mail is not verified yet');
  const link = await mailed(email, /verify-email(#token=\S+)/);
  ok(!Object.keys(await verifyEmail(endpoint, link)).length, 'the mailed link is opened');
  ok((await session.run(Me)).me?.emailVerified, 'the e-mail is verified');
  ok((await verifyEmail(endpoint, link))['token'], 'the link works once');

  await forgotPassword(endpoint, email);
  const reset = await mailed(email, /reset-password(#token=\S+)/);
  ok((await resetPassword(endpoint, reset, 'short'))['newPassword'], 'a new password that is too short is told');
  ok(!Object.keys(await resetPassword(endpoint, reset, 'Paprika-77-Teapot')).length, 'another is set');
  const end = await session.run(Me).then(() => 'answered', String);
  ok(end.includes('UNAUTHENTICATED') && !session.tokens, 'which ends every session');
  ok((await session.signIn(email, 'Paprika-77-Teapot')).__typename === 'LoginSuccess', 'and signs in');
}

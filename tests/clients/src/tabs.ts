/** Two tabs of one browser, and a reload; the storage and the lock are those of this program. */
import { ok } from './ok';
import { Me } from './operations';
import { SharedSession } from './shared';

export async function shareTabs(endpoint: string, email: string, password: string): Promise<void> {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  let last = Promise.resolve();
  const locked = (work: () => Promise<void>): Promise<void> => (last = last.then(work, work));
  let refreshes = 0;
  const send: typeof fetch = (input, init) => {
    if (String(init?.body).includes('mutation Refresh')) refreshes += 1;
    return fetch(input, init);
  };
  const tab = (): SharedSession => new SharedSession(endpoint, storage, locked, send);

  const [one, other] = [tab(), tab()];
  await one.signIn(email, password);
  ok((await other.run(Me)).me?.email === email, 'who signed in in one tab is in another');
  const refresh = one.tokens?.refreshToken ?? '';
  one.tokens = { accessToken: 'stale', refreshToken: refresh };
  const both = await Promise.all([one.run(Me), other.run(Me), one.run(Me), other.run(Me)]);
  ok(both.every(({ me }) => me?.email === email), 'two tabs with a stale token are answered');
  ok(refreshes === 1 && one.tokens?.refreshToken !== refresh, 'they share one refresh');
  ok((await tab().run(Me)).me?.email === email && refreshes === 1, 'a reload is still signed in');
  await other.signOut();
  ok(!one.tokens && (await one.run(Me)).me === null, 'who signs out in one tab is out in all');
}

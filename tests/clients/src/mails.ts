/** The links in the mails of `python3 manage.py dev`, which writes them to its state folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(process.env['ORDERGRAPH_STATE_DIR'] ?? '../../.state', 'mails');
const DEADLINE = 30_000; // milliseconds

/** What the group of `pattern` found, once somebody was sent a mail that it matches. */
export async function mailed(email: string, pattern: RegExp): Promise<string> {
  for (const end = Date.now() + DEADLINE; Date.now() < end; await new Promise((resume) => setTimeout(resume, 100))) {
    const mails = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const found = mails.filter((text) => text.includes(`To: ${email}`)).map((text) => pattern.exec(text)?.[1]);
    const first = found.find(Boolean);
    if (first) return first;
  }
  throw new Error(`no mail to ${email} with ${pattern} in ${folder}`);
}

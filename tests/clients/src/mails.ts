/** The links in the mails of `python3 manage.py dev`, which writes them to its state folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = join(process.env['ORDERGRAPH_STATE_DIR'] ?? '../../.state', 'mails');
const DEADLINE = 30_000; // milliseconds

/** The fragment of the link to a page of the frontend, once somebody was sent one. */
export async function mailed(email: string, page: string): Promise<string> {
  for (const end = Date.now() + DEADLINE; Date.now() < end; await new Promise((resume) => setTimeout(resume, 100))) {
    const mails = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8'));
    const mail = mails.find((text) => text.includes(`To: ${email}`) && text.includes(`/${page}#token=`));
    if (mail) return new RegExp(`/${page}(#token=\\S+)`).exec(mail)?.[1] ?? '';
  }
  throw new Error(`no mail to ${email} with a link to ${page} in ${folder}`);
}

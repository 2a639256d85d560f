import type { Session } from './client';
import { MyData } from './operations';

/** All that the shop holds of who is signed in: lists of rows by name. Offer it as a file. */
export async function myData(session: Session): Promise<Record<string, unknown[]>> {
  const whole: Record<string, unknown[]> = {};
  let after: string | null = null;
  do {
    const part: { json: string; endCursor: string | null } = (await session.run(MyData, { after })).myData;
    for (const [name, rows] of Object.entries(JSON.parse(part.json) as Record<string, unknown[]>))
      (whole[name] ??= []).push(...rows);
    after = part.endCursor;
  } while (after !== null);
  return whole;
}

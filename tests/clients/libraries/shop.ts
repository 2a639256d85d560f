/** What all programs of this folder share. Usage of each: ENDPOINT=http://127.0.0.1:8000/graphql tsx NAME.ts */
export const endpoint = process.env['ENDPOINT'] ?? 'http://127.0.0.1:8000/graphql';
export const credentials = { email: 'customer@example.com', password: 'demo-Passw0rd!' };

export function ok(truth: unknown, promise: string): asserts truth {
  if (!truth) throw new Error(`not so: ${promise}`);
  console.log(`ok   ${promise}`);
}

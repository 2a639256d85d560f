export function ok(truth: unknown, promise: string): asserts truth {
  if (!truth) throw new Error(`not so: ${promise}`);
  console.log(`ok   ${promise}`);
}

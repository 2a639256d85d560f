/** Where a sample waits for the id of an order. */
export const NO_ORDER = "";

/** A random UUID. crypto.randomUUID exists on https and localhost only; this works on a plain http address too. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The text of a variables editor with a fresh idempotency key. */
export function withNewKey(variables: string): string {
  return variables.replace(/("idempotencyKey"\s*:\s*")[^"]*/g, `$1${newKey()}`);
}

/** The order that a reply is about: the one just placed, or the first of a list. */
export function orderIn(data: unknown): string | undefined {
  const { createOrder, orders } = (data ?? {}) as {
    createOrder?: { order?: { id?: string } };
    orders?: { nodes?: { id?: string }[] };
  };
  return createOrder?.order?.id ?? orders?.nodes?.[0]?.id;
}

/** The text of a variables editor about the order `id`, where it waits for one or holds one that was `filled` in. */
export function withOrder(variables: string, filled: ReadonlySet<string>, id: string): string {
  return variables.replace(/("orderId"\s*:\s*")([^"]*)/g, (all, name: string, given: string) =>
    given === NO_ORDER || filled.has(given) ? name + id : all,
  );
}

import { post } from "./api";
import { PASSWORD, PEOPLE } from "./demo";
import catalogue from "./operations/catalogue.graphql?raw";
import createOrder from "./operations/create-order.graphql?raw";
import myOrders from "./operations/my-orders.graphql?raw";
import signIn from "./operations/sign-in.graphql?raw";
import type { TabDefinition } from "./tabs";

const PRODUCT_WAIT_MS = 2000;

/** A random UUID. crypto.randomUUID exists on https and localhost only; this works on a plain http address too. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The id of something that can be ordered, or "" where the server does not say in time. */
async function firstProductId(endpoint: string): Promise<string> {
  const query = "query FirstInStock { products(first: 1, filter: { inStock: true }) { nodes { id } } }";
  try {
    const signal = AbortSignal.timeout(PRODUCT_WAIT_MS);
    const reply = await post<{ products: { nodes: { id: string }[] } }>(endpoint, { query }, {}, signal);
    return reply.data?.products.nodes[0]?.id ?? "";
  } catch {
    return "";
  }
}

/** The tabs a visitor finds: each runs as it is, the last two after a sign-in. */
export async function sampleTabs(endpoint: string, demo: boolean): Promise<TabDefinition[]> {
  const credentials = demo ? { email: PEOPLE[0], password: PASSWORD } : { email: "", password: "" };
  const order = {
    lines: [{ productId: await firstProductId(endpoint), quantity: 1 }],
    paymentMethod: "pm_card_visa",
    idempotencyKey: newKey(),
  };
  return [
    { query: catalogue, variables: pretty({ first: 10 }) },
    { query: signIn, variables: pretty({ input: credentials }) },
    { query: createOrder, variables: pretty({ input: order }) },
    { query: myOrders },
  ];
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

import { post } from "./api";
import cancelOrder from "./operations/cancel-order.graphql?raw";
import catalogue from "./operations/catalogue.graphql?raw";
import createOrder from "./operations/create-order.graphql?raw";
import fulfillOrder from "./operations/fulfill-order.graphql?raw";
import myOrders from "./operations/my-orders.graphql?raw";
import orderUpdated from "./operations/order-updated.graphql?raw";
import refundOrder from "./operations/refund-order.graphql?raw";
import search from "./operations/search.graphql?raw";
import type { TabDefinition } from "./tabs";
import { newKey, NO_ORDER } from "./variables";

const PRODUCT_WAIT_MS = 2000;

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

/** The tabs a visitor finds, in the order of a walk through the shop; those from the third on ask for a sign-in. */
export async function sampleTabs(endpoint: string): Promise<TabDefinition[]> {
  const order = {
    lines: [{ productId: await firstProductId(endpoint), quantity: 1 }],
    paymentMethod: "pm_card_visa",
    idempotencyKey: newKey(),
  };
  const filter = { search: "pin", inStock: true, priceMin: "1.00", priceMax: "50.00" };
  const refund = { orderId: NO_ORDER, amount: "1.00", reason: "Arrived scratched", idempotencyKey: newKey() };
  return [
    { query: catalogue, variables: pretty({ first: 10, after: null }) },
    { query: search, variables: pretty({ filter, sort: { field: "PRICE", direction: "ASC" } }) },
    { query: createOrder, variables: pretty({ input: order }) },
    { query: myOrders, variables: pretty({ first: 5, after: null }) },
    { query: orderUpdated, variables: pretty({ orderId: NO_ORDER }) },
    { query: cancelOrder, variables: pretty({ input: { orderId: NO_ORDER, reason: "Changed my mind" } }) },
    { query: fulfillOrder, variables: pretty({ input: { orderId: NO_ORDER } }) },
    { query: refundOrder, variables: pretty({ input: refund }) },
  ];
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

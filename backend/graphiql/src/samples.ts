import { post } from "./api";
import cancelOrder from "./operations/cancel-order.graphql?raw";
import catalogue from "./operations/catalogue.graphql?raw";
import countStock from "./operations/count-stock.graphql?raw";
import createOrder from "./operations/create-order.graphql?raw";
import fulfillOrder from "./operations/fulfill-order.graphql?raw";
import myOrders from "./operations/my-orders.graphql?raw";
import orderQuote from "./operations/order-quote.graphql?raw";
import orderUpdated from "./operations/order-updated.graphql?raw";
import refundOrder from "./operations/refund-order.graphql?raw";
import register from "./operations/register.graphql?raw";
import search from "./operations/search.graphql?raw";
import updateProduct from "./operations/update-product.graphql?raw";
import type { TabDefinition } from "./tabs";
import { newKey, NO_ORDER } from "./variables";

const SHOP_WAIT_MS = 2000;
const ADDRESS = { name: "Ada Customer", line1: "12 Canal Street", city: "Leeds", postalCode: "LS1 4AP", countryCode: "GB" };

interface Sample {
  id: string;
  stock: number;
  version: number;
}

interface Shop {
  products: { nodes: Sample[] };
  deliveryMethods: { id: string }[];
}

/** Something that can be ordered, how it could go to ADDRESS, and the price of both; what the server does not say in time is left out. */
async function sampleOrder(endpoint: string) {
  const signal = AbortSignal.timeout(SHOP_WAIT_MS);
  const ask = async <Data>(query: string, variables = {}) => (await post<Data>(endpoint, { query, variables }, {}, { signal })).data;
  const order: { lines: object[]; delivery?: object; expectedTotal?: string } = { lines: [{ productId: "", quantity: 1 }] };
  let product: Sample | undefined;
  try {
    const shop = await ask<Shop>(`query Shop($countryCode: String!) {
      products(first: 1, filter: { inStock: true }) { nodes { id stock version } }
      deliveryMethods(countryCode: $countryCode) { id }
    }`, { countryCode: ADDRESS.countryCode });
    product = shop?.products.nodes[0];
    order.lines = [{ productId: product?.id ?? "", quantity: 1 }];
    const methodId = shop?.deliveryMethods[0]?.id;
    if (methodId) order.delivery = { methodId, address: ADDRESS };
    const quoted = await ask<{ orderQuote: { total: { amount: string } } }>(
      "query Total($input: OrderQuoteInput!) { orderQuote(input: $input) { total { amount } } }", { input: order });
    order.expectedTotal = quoted?.orderQuote.total.amount;
  } catch {
    // the tabs are there all the same
  }
  return { ...order, product };
}

/** The tabs a visitor finds, in the order of a walk through the shop; those from CreateOrder on ask for a sign-in, the last four for one as staff. */
export async function sampleTabs(endpoint: string): Promise<TabDefinition[]> {
  const { lines, delivery, expectedTotal, product } = await sampleOrder(endpoint);
  const order = { lines, delivery, expectedTotal, paymentMethod: "pm_card_visa", idempotencyKey: newKey() };
  const sent = { orderId: NO_ORDER, carrier: "Royal Mail", trackingNumber: "AB123456785GB" };
  const filter = { search: "pin", inStock: true, priceMin: "1.00", priceMax: "50.00" };
  const refund = { orderId: NO_ORDER, amount: "1.00", reason: "Arrived scratched", idempotencyKey: newKey() };
  const account = { email: `ada.${newKey().slice(0, 8)}@example.com`, name: "Ada Newcomer", password: "correct horse battery" };
  const productId = product?.id ?? "";
  const edit = { productId, price: "12.50", expectedVersion: product?.version ?? 1 };
  const count = { productId, counted: product?.stock ?? 0, note: "Yearly stocktake", idempotencyKey: newKey() };
  return [
    { query: catalogue, variables: pretty({ first: 10, after: null }) },
    { query: search, variables: pretty({ filter, sort: { field: "PRICE", direction: "ASC" } }) },
    { query: orderQuote, variables: pretty({ input: { lines, delivery } }) },
    { query: register, variables: pretty({ input: account }) },
    { query: createOrder, variables: pretty({ input: order }) },
    { query: myOrders, variables: pretty({ first: 5, after: null }) },
    { query: orderUpdated, variables: pretty({ orderId: NO_ORDER }) },
    { query: cancelOrder, variables: pretty({ input: { orderId: NO_ORDER, reason: "Changed my mind" } }) },
    { query: fulfillOrder, variables: pretty({ input: sent }) },
    { query: refundOrder, variables: pretty({ input: refund }) },
    { query: updateProduct, variables: pretty({ input: edit }) },
    { query: countStock, variables: pretty({ input: count }) },
  ];
}

function pretty(value: unknown): string {
  return JSON.stringify(value, null, 2);
}

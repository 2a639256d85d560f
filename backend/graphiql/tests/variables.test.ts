import assert from "node:assert/strict";
import { test } from "node:test";
import { newKey, orderIn, withNewKey, withOrder } from "../src/variables";

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("keys are random UUIDs", () => {
  const keys = new Set(Array.from({ length: 1000 }, newKey));
  assert.equal(keys.size, 1000);
  for (const key of keys) assert.match(key, UUID);
});

test("a new key replaces the old one and nothing else", () => {
  const text = '{"input": {"idempotencyKey": "old", "quantity": 1}}';
  const { input } = JSON.parse(withNewKey(text)) as { input: { idempotencyKey: string; quantity: number } };
  assert.match(input.idempotencyKey, UUID);
  assert.equal(input.quantity, 1);
});

test("the order of a reply is the one just placed, or the newest of a list", () => {
  assert.equal(orderIn({ createOrder: { order: { id: "a" } } }), "a");
  assert.equal(orderIn({ orders: { nodes: [{ id: "b" }, { id: "c" }] } }), "b");
  for (const data of [null, undefined, {}, { createOrder: { code: "OUT" } }, { orders: { nodes: [] } }]) assert.equal(orderIn(data), undefined);
});

test("an order is filled in where one is waited for, and never over one that was typed", () => {
  assert.equal(withOrder('{"orderId": ""}', new Set(["b"]), "b"), '{"orderId": "b"}');
  assert.equal(withOrder('{"orderId": "a"}', new Set(["a", "b"]), "b"), '{"orderId": "b"}');
  assert.equal(withOrder('{"orderId": "typed"}', new Set(["a", "b"]), "b"), '{"orderId": "typed"}');
});

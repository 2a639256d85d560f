import assert from "node:assert/strict";
import { test } from "node:test";
import type { Reply } from "../src/api";
import { events } from "../src/events";
import { live } from "../src/live";
import { refusal } from "./server";

const TEXT = 'event: next\ndata: {"data":1}\n\n:\n\nevent: next\ndata: {"data":"café"}\n\nevent: complete\ndata:\n\n';
const WANTED = [
  { event: "next", data: '{"data":1}' },
  { event: "next", data: '{"data":"café"}' },
  { event: "complete", data: "" },
];

async function* cut(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

test("events are read however the network cuts them, heartbeats passed over", async () => {
  for (let size = 1; size <= TEXT.length; size += 1) assert.deepEqual(await all(events(cut(TEXT, size))), WANTED);
});

/** Connections in turn: each gives its replies, then completes, or is lost where it ends with "lost". */
function connections(...plans: (Reply | "lost")[][]) {
  let opened = 0;
  const waits: number[] = [];
  const abort = new AbortController();
  async function* connect(plan: (Reply | "lost")[]): AsyncGenerator<Reply> {
    for (const reply of plan) {
      if (reply === "lost") throw new Error("The connection to the API was lost.");
      yield reply;
    }
  }
  const open = async () => {
    const replies = connect(plans[opened++] ?? []);
    return { first: await replies.next(), replies };
  };
  const wait = async (milliseconds: number) => void waits.push(milliseconds);
  return { replies: live(open, abort.signal, wait), waits, abort, opened: () => opened };
}

const state = (status: string): Reply => ({ data: { status } });

test("a subscription shows every reply until it is completed", async () => {
  const { replies, opened } = connections([state("PENDING"), state("CONFIRMED")]);
  assert.deepEqual(await all(replies), [state("PENDING"), state("CONFIRMED")]);
  assert.equal(opened(), 1);
});

test("a subscription whose token runs out goes on with the next one", async () => {
  const { replies } = connections([state("PENDING"), refusal()], [state("CONFIRMED")]);
  assert.deepEqual(await all(replies), [state("PENDING"), state("CONFIRMED")]);
});

test("a subscription that nobody may read ends with the refusal", async () => {
  const { replies, opened } = connections([refusal()]);
  assert.deepEqual(await all(replies), [refusal()]);
  assert.equal(opened(), 1);
});

test("a subscription that is turned away again after a fresh token ends with the refusal", async () => {
  const { replies, opened } = connections([state("PENDING"), refusal()], [refusal()]);
  assert.deepEqual(await all(replies), [state("PENDING"), refusal()]);
  assert.equal(opened(), 2);
});

test("a lost connection is opened anew, a little later each time, and given up after five", async () => {
  const { replies, waits } = connections([state("PENDING"), "lost"], ["lost"], ["lost"], ["lost"], ["lost"]);
  const shown = await all(replies);
  assert.deepEqual(shown[0], state("PENDING"));
  assert.match(shown[1]?.errors?.[0]?.message ?? "", /lost/);
  assert.deepEqual(waits, [1000, 2000, 4000, 8000]);
});

test("a connection that works again starts the count anew", async () => {
  const { replies, waits } = connections([state("PENDING"), "lost"], [state("CONFIRMED"), "lost"], [state("FULFILLED")]);
  assert.equal((await all(replies)).length, 3);
  assert.deepEqual(waits, [1000, 1000]);
});

test("a subscription that is stopped opens nothing more", async () => {
  const { replies, abort, opened } = connections([state("PENDING"), "lost"], [state("CONFIRMED")]);
  await replies.next();
  abort.abort();
  assert.deepEqual(await all(replies), []);
  assert.equal(opened(), 1);
});

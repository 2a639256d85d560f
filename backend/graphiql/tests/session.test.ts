import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import type { Reply } from "../src/api";
import { ENDED, type Session } from "../src/session";
import { MINUTE, refusal, Server } from "./server";

let server: Server;
let session: Session;
const run = () => session.authorized(server.operation, (reply: Reply) => reply);

beforeEach(async () => {
  server = new Server();
  session = server.session();
  await session.signIn("a@example.com", "demo-Passw0rd!");
});

test("nobody's operations carry no token", async () => {
  session.signOut();
  assert.deepEqual(await run(), { data: { token: null } });
});

test("a session that was begun or ended by hand is gone over to, or out of", async () => {
  const user = { name: "Bob", email: "b@example.com", isStaff: false };
  session.adopt({ login: { message: "Wrong" }, products: null });
  session.adopt({ register: { user } }); // nobody asked for the tokens
  assert.equal(session.state.person?.email, "a@example.com");
  server.accepted.add("by-hand");
  const tokens = { accessToken: "by-hand", accessTokenExpiresAt: new Date(server.now + 15 * MINUTE).toISOString(), refreshToken: "r" };
  session.adopt({ register: { user, tokens } });
  assert.equal(session.state.person?.email, "b@example.com");
  assert.deepEqual(await run(), { data: { token: "by-hand" } });
  session.adopt({ logout: { __typename: "LogoutSuccess" } });
  assert.equal(session.state.person, null);
});

test("a token that is good is used as it is", async () => {
  server.now += 14 * MINUTE;
  assert.deepEqual(await run(), { data: { token: "access-1" } });
  assert.equal(server.refreshes, 0);
});

test("a token that is about to expire is renewed before it is used", async () => {
  server.now += 14 * MINUTE + 30_001;
  assert.deepEqual(await run(), { data: { token: "access-2" } });
  assert.equal(server.refreshes, 1);
});

test("an operation that is turned away is repeated with a fresh token, once", async () => {
  server.refuseAll();
  assert.deepEqual(await run(), { data: { token: "access-2" } });
});

test("an operation that a fresh token does not help shows the refusal", async () => {
  const reply = await session.authorized(async () => refusal(), (result: Reply) => result);
  assert.deepEqual(reply, refusal());
  assert.equal(server.refreshes, 1);
});

test("an operation that was executed in part is not repeated", async () => {
  const partly = { data: { me: null }, ...refusal() };
  assert.equal(await session.authorized(async () => partly, (reply: Reply) => reply), partly);
  assert.equal(server.refreshes, 0);
});

for (const [how, spoil] of [
  ["at their expiry", () => (server.now += 15 * MINUTE)],
  ["after they are turned away", () => server.refuseAll()],
] as const) {
  test(`twenty operations ${how} share one refresh`, async () => {
    spoil();
    const replies = await Promise.all(Array.from({ length: 20 }, run));
    assert.deepEqual(new Set(replies.map((reply) => JSON.stringify(reply))), new Set(['{"data":{"token":"access-2"}}']));
    assert.equal(server.refreshes, 1);
  });
}

test("a refresh that the server denies signs out with a message, and shows the refusal", async () => {
  server.refuseAll();
  server.ended = true;
  assert.deepEqual(await run(), refusal());
  assert.deepEqual(session.state, { person: null, notice: ENDED });
});

test("a session that ended is told, never run as nobody", async () => {
  server.now += 15 * MINUTE;
  server.ended = true;
  await assert.rejects(run, { message: ENDED });
  assert.deepEqual(session.state, { person: null, notice: ENDED });
});

test("a refresh that does not reach the server keeps the session and is tried again", async () => {
  server.now += 15 * MINUTE;
  server.down = true;
  await assert.rejects(run, /cannot be reached/);
  server.down = false;
  assert.deepEqual(await run(), { data: { token: "access-2" } });
});

test("a clock that is ahead of the server's does not refresh at every operation", async () => {
  server.behind = 60 * MINUTE;
  await session.signIn("a@example.com", "demo-Passw0rd!");
  server.now += MINUTE;
  await session.authorized(server.operation, (reply: Reply) => reply);
  await session.authorized(server.operation, (reply: Reply) => reply);
  assert.equal(server.refreshes, 1);
});

test("signing out during a refresh stays signed out", async () => {
  server.now += 15 * MINUTE;
  const running = run();
  session.signOut();
  await assert.rejects(running, /signed out/);
  assert.equal(session.state.person, null);
});

test("an operation of the person before is not sent as the person after", async () => {
  server.now += 15 * MINUTE;
  let answer = () => {};
  server.slow = new Promise((resolve) => (answer = resolve));
  const running = run();
  await session.signIn("b@example.com", "demo-Passw0rd!");
  answer();
  await assert.rejects(running, /signed out/);
  assert.equal(session.state.person?.email, "b@example.com");
  assert.deepEqual(await run(), { data: { token: server.signedIn } });
});

test("signing out ends the session at the server and forgets it at once", async () => {
  session.signOut();
  assert.deepEqual(session.state, { person: null, notice: "" });
  await run();
  assert.deepEqual(server.logouts, ["Bearer access-1"]);
});

test("listeners hear of every change until they leave", async () => {
  const seen: (string | null)[] = [];
  const leave = session.subscribe(() => seen.push(session.state.person?.email ?? null));
  session.signOut();
  await session.signIn("a@example.com", "demo-Passw0rd!");
  leave();
  session.signOut();
  assert.deepEqual(seen, [null, "a@example.com"]);
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { post, problem, readReply } from "../src/api";

test("an API that is down is told in words that help", async () => {
  await assert.rejects(post("http://127.0.0.1:9/graphql", { query: "{ me }" }), /cannot be reached. Is it running\?/);
});

test("a proxy's error page is told with its status and the request's id", async () => {
  const page = new Response("<h1>Bad gateway</h1>", { status: 502, headers: { "x-request-id": "r-12345678" } });
  await assert.rejects(readReply(page), /HTTP 502 .* \(request r-12345678\)/);
});

test("a reply keeps what the server says, the request's id too", async () => {
  const body = { errors: [{ message: "no", extensions: { code: "FORBIDDEN", requestId: "r1" } }] };
  assert.deepEqual(await readReply(new Response(JSON.stringify(body))), body);
});

test("what is thrown is shown without its stack", () => {
  assert.deepEqual(problem(new Error("no")), { errors: [{ message: "no" }] });
});

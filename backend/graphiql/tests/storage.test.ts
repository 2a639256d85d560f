import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createStorage, keepOwnTabs, ownTabs } from "../src/storage";

const disk = {
  kept: new Map<string, string>(),
  getItem: (key: string) => disk.kept.get(key) ?? null,
  setItem: (key: string, value: string) => void disk.kept.set(key, value),
  removeItem: (key: string) => void disk.kept.delete(key),
};
const headers = '{"Authorization": "Bearer abc"}';
const tab = (query: string, variables = "") =>
  ({ id: "1", hash: "1", title: "t", query, variables, headers, operationName: null, response: "answer" });
const all = () => JSON.stringify([...disk.kept]);

beforeEach(() => disk.kept.clear());

test("theme and sizes outlive the visit", () => {
  createStorage(disk).setItem("graphiql:theme", "dark");
  createStorage(disk).setItem("graphiql:editorFlex", "2");
  assert.equal(createStorage(disk).getItem("graphiql:theme"), "dark");
  assert.equal(createStorage(disk).getItem("graphiql:editorFlex"), "2");
});

test("headers and tabs as GraphiQL stores them are never written to the disk", () => {
  const storage = createStorage(disk);
  for (const name of ["headers", "tabState", "query", "variables", "operationName"]) storage.setItem(`graphiql:${name}`, headers);
  assert.equal(disk.kept.size, 0);
  assert.equal(storage.getItem("graphiql:headers"), headers);
});

test("history outlives the visit, without headers and without what speaks of a secret", () => {
  const queries = [tab("{ me { name } }"), tab("mutation { login }", '{"password": "demo-Passw0rd!"}')];
  createStorage(disk).setItem("graphiql:queries", JSON.stringify({ queries }));
  const stored = JSON.parse(createStorage(disk).getItem("graphiql:queries") ?? "") as { queries: unknown[] };
  assert.equal(stored.queries.length, 1);
  assert.doesNotMatch(all(), /Bearer|demo-Passw0rd/);
});

test("the visitor's own tabs outlive the visit, without samples, headers and answers", () => {
  keepOwnTabs([tab("{ sample }"), tab("{ mine }", '{"a": 1}'), tab("{ me(token: 1) }"), tab("")], [{ query: "{ sample }" }], disk);
  assert.deepEqual(ownTabs(disk), [{ query: "{ mine }", variables: '{"a": 1}' }]);
});

test("tabs that somebody has spoilt are passed over", () => {
  disk.setItem("graphiql:ownTabs", "{nonsense");
  assert.deepEqual(ownTabs(disk), []);
});

test("clearing leaves nothing", () => {
  const storage = createStorage(disk);
  storage.setItem("graphiql:theme", "dark");
  keepOwnTabs([tab("{ mine }")], [], disk);
  storage.clear();
  assert.equal(disk.kept.size, 0);
});

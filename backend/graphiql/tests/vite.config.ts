import { readdirSync } from "node:fs";
import { defineConfig } from "vite";

const tests = readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts"));

/** The tests as plain JavaScript for `node --test`: not every supported Node reads TypeScript. */
export default defineConfig({
  build: {
    ssr: true,
    outDir: "build-tests",
    rolldownOptions: { input: tests.map((name) => `tests/${name}`) },
  },
});

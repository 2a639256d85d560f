import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

/** A compressed copy beside each file that shrinks; views.py hands it to browsers that take it. */
const compressed: Plugin = {
  name: "compressed",
  apply: "build",
  writeBundle({ dir }, bundle) {
    for (const name of Object.keys(bundle).filter((file) => /\.(js|css|svg|ttf)$/.test(file))) {
      const file = join(dir!, name);
      writeFileSync(`${file}.br`, brotliCompressSync(readFileSync(file)));
    }
  },
};

export default defineConfig({
  // Everything is addressed relative to the file that asks for it; the page's own links are completed by views.py.
  base: "./",
  plugins: [compressed],
  resolve: { alias: { "monaco-editor/esm/vs/editor/edcore.main.js": fileURLToPath(new URL("src/monaco.ts", import.meta.url)) } },
  worker: { format: "es" },
  build: {
    assetsDir: "assets",
    // Monaco alone is larger than the usual warning's limit.
    chunkSizeWarningLimit: 5000,
  },
});

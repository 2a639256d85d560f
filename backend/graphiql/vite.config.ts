import { defineConfig } from "vite";

export default defineConfig({
  // Everything is addressed relative to the file that asks for it; the page's own links are completed by views.py.
  base: "./",
  worker: { format: "es" },
  build: {
    assetsDir: "assets",
    // Monaco alone is larger than the usual warning's limit.
    chunkSizeWarningLimit: 5000,
  },
});

// The service worker is built after the page, whose files it names: one script at an address that stays the same.
import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { defineConfig } from "vite";

const dist = `${import.meta.dirname}/dist`;
const assets = `${dist}/assets`;
const files = existsSync(assets) ? readdirSync(assets).filter((name) => !/\.(?:br|gz)$/.test(name)).sort() : [];
const page = existsSync(`${dist}/index.html`) ? readFileSync(`${dist}/index.html`) : "";
const hash = createHash("sha256").update(page).update(files.join("\n")).digest("hex").slice(0, 16);

export default defineConfig({
  define: { FILES: JSON.stringify(files), HASH: JSON.stringify(hash) },
  publicDir: false,
  build: {
    target: ["chrome120", "firefox120", "safari17"],
    emptyOutDir: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: `${import.meta.dirname}/src/offline/worker/worker.ts`,
      output: { format: "iife", entryFileNames: "worker.js" },
    },
  },
});

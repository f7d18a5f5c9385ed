import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// `npm run dev` serves the sources, and hands the rest to a running host.
const host = process.env["CORREIO_HOST"] ?? "http://127.0.0.1:8080";
const handed = Object.fromEntries(["/jmap", "/auth", "/body", "/.well-known"].map((path) => [path, host]));

type Modules = { getModuleInfo(id: string): { importedIds: readonly string[] } | null };

/** All that the page needs before anything is opened is one file: parts that are loaded later would cut it into many, which pack badly. */
function start(id: string, modules: Modules): string | null {
  if (needed.size === 0) follow(`${import.meta.dirname}/src/main.ts`, modules);
  return needed.has(id) ? "page" : null;
}

const needed = new Set<string>();

function follow(id: string, modules: Modules): void {
  if (needed.has(id)) return;
  needed.add(id);
  for (const imported of modules.getModuleInfo(id)?.importedIds ?? []) follow(imported, modules);
}

export default defineConfig({
  // The host says where the files are, and they find each other from there.
  base: "./",
  plugins: [svelte()],
  build: {
    target: ["chrome120", "firefox120", "safari17"],
    modulePreload: { polyfill: false },
    // A data: URL of an own picture would be one more thing that the policy has to allow.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: start, test: /\.(?:js|ts|svelte)$/ }] } } },
  },
  server: { proxy: handed },
});

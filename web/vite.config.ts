import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vite";

// `npm run dev` serves the sources, and hands the rest to a running host.
const host = process.env["CORREIO_HOST"] ?? "http://127.0.0.1:8080";
const handed = Object.fromEntries(["/jmap", "/auth", "/body", "/.well-known"].map((path) => [path, host]));

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
  },
  server: { proxy: handed },
});

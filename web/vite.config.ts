import { svelte } from "@sveltejs/vite-plugin-svelte";
import { readFileSync } from "node:fs";
import { type HtmlTagDescriptor, type Plugin, defineConfig } from "vite";

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

/** What a system has to know to install the page (W3C, Web Application Manifest). Addresses are relative to the manifest, which lies beside the icons. */
function installable(): Plugin {
  const folder = `${import.meta.dirname}/src/icons`;
  const icons = [
    { file: "icon-192.png", sizes: "192x192", purpose: "any" },
    { file: "icon-512.png", sizes: "512x512", purpose: "any" },
    { file: "mask.png", sizes: "512x512", purpose: "maskable" },
  ];
  let tags: HtmlTagDescriptor[] = [];
  return {
    name: "installable",
    apply: "build",
    generateBundle() {
      const emit = (name: string, source: string | Uint8Array) => this.getFileName(this.emitFile({ type: "asset", name, source }));
      const icon = (file: string) => emit(file, readFileSync(`${folder}/${file}`));
      const manifest = {
        id: "../m/",
        name: "correio",
        start_url: "../m/",
        scope: "../",
        display: "standalone",
        background_color: "#f5f3ee",
        theme_color: "#1f5f99",
        icons: icons.map(({ file, ...said }) => ({ src: icon(file).replace("assets/", ""), type: "image/png", ...said })),
      };
      const link = (rel: string, file: string): HtmlTagDescriptor => ({ tag: "link", attrs: { rel, href: `./${file}` }, injectTo: "head" });
      tags = [link("manifest", emit("correio.webmanifest", JSON.stringify(manifest))), link("apple-touch-icon", icon("touch.png"))];
    },
    transformIndexHtml: { order: "post", handler: () => tags },
  };
}

export default defineConfig({
  // The host says where the files are, and they find each other from there.
  base: "./",
  plugins: [installable(), svelte()],
  build: {
    target: ["chrome120", "firefox120", "safari17"],
    // What a part needs besides itself it names itself: a list of that in the first load is larger than what it saves later.
    modulePreload: { polyfill: false, resolveDependencies: (_, needed) => needed.filter((name) => name.endsWith(".css")) },
    // A data: URL of an own picture would be one more thing that the policy has to allow.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: start, test: /\.(?:js|ts|svelte)$/ }] } } },
  },
  server: { proxy: handed },
});

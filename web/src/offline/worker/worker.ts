// The service worker: the page begins without a connection, and kept bodies are shown. It knows no account and asks for no mail; what is done
// without a connection is the page's affair.

import { fieldsOf } from "./frames.ts";
import { type Version, current, keeps, nameOf } from "./shell.ts";

/** Put in when it is built: the files of the page, and what they are together. */
declare const FILES: readonly string[];
declare const HASH: string;

interface Event_ {
  waitUntil(done: Promise<unknown>): void;
}
interface FetchEvent_ extends Event_ {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  readonly registration: { readonly scope: string };
  readonly clients: { claim(): Promise<void> };
  skipWaiting(): Promise<void>;
  addEventListener(kind: "install" | "activate", heard: (event: Event_) => void): void;
  addEventListener(kind: "fetch", heard: (event: FetchEvent_) => void): void;
}

const scope = globalThis as unknown as Scope;
const page = new URL(scope.registration.scope);
const assets = new URL("../assets/", page);
const version: Version = { hash: HASH, files: FILES };
/** Who waits longer sees what is kept. */
const WAIT_MS = 4000;

scope.addEventListener("install", (event) => event.waitUntil(install()));
scope.addEventListener("activate", (event) => event.waitUntil(activate()));
scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== page.origin) return;
  if (url.pathname.startsWith(`${page.pathname}kept/`)) event.respondWith(kept(url));
  else if (request.mode === "navigate" && url.pathname.startsWith(page.pathname)) event.respondWith(navigated(request));
  else if (url.pathname.startsWith(assets.pathname)) event.respondWith(asset(request));
});

/** Takes the page and all its files, or nothing: a page of one version and files of another do not go together. */
async function install(): Promise<void> {
  const answer = await fetch(page, { credentials: "same-origin", redirect: "error", cache: "no-store" });
  const html = await answer.clone().text();
  const named = [...html.matchAll(/\/assets\/([^"]+)"/g)].map(([, name]) => name ?? "");
  if (!answer.ok || named.length === 0 || !named.every((name) => FILES.includes(name))) throw new Error("another version");
  const cache = await caches.open(nameOf(version));
  await cache.addAll(FILES.map((name) => new URL(name, assets).href));
  // It comes last: where it is, all is.
  await cache.put(page, answer);
  await scope.skipWaiting();
}

/** Files of the version before stay: there may be tabs that were opened with it. */
async function activate(): Promise<void> {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => !keeps(names, name, version)).map((name) => caches.delete(name)));
  await scope.clients.claim();
}

async function navigated(request: Request): Promise<Response> {
  const asked = fetch(request);
  asked.catch(() => undefined);
  const waited = new Promise<undefined>((resolve) => setTimeout(resolve, WAIT_MS));
  const answer = await Promise.race([asked, waited]).catch(() => undefined);
  if (answer && answer.status < 500) return answer;
  const shell = await current(caches, version, page.href);
  return shell ?? (await asked);
}

async function asset(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? (await fetch(request));
}

async function kept(url: URL): Promise<Response> {
  const found = await caches.match(url.href);
  if (!found) return new Response(null, { status: 404 });
  return new Response(found.body, { headers: fieldsOf(found.headers) });
}

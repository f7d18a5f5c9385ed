// Puts the service worker in. Its address is code to a browser, so it is given out by a policy that knows no other (W3C, Trusted Types).

import { BASE } from "../jmap/http.ts";

const ADDRESS = `${BASE}m/worker.js`;

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): unknown };
}

function address(): string {
  const { trustedTypes } = globalThis as { trustedTypes?: Policies };
  if (!trustedTypes) return ADDRESS;
  const rules = {
    createScriptURL(url: string): string {
      if (url !== ADDRESS) throw new TypeError("not the worker");
      return url;
    },
  };
  policy ??= trustedTypes.createPolicy("correio-worker", rules);
  return policy.createScriptURL(ADDRESS) as string;
}

let policy: ReturnType<Policies["createPolicy"]> | undefined;

/** It serves pages below `/m/`; what it does not get now it gets with the next page. */
export async function register(): Promise<void> {
  if (import.meta.env.DEV) return;
  try {
    const registration = await navigator.serviceWorker.register(address(), { scope: `${BASE}m/`, updateViaCache: "none" });
    await registration.update();
  } catch {
    // Without it mail is kept all the same; only a page that begins without the host does not come.
  }
}

export async function unregister(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration(`${BASE}m/`);
  await registration?.unregister();
}

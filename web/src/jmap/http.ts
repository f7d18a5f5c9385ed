// One request over HTTP, with what every page of ours has to send. A request that may be sent twice is sent again, later each time, when
// nobody answers; one that the host was too busy for always.

import { LoggedOut, Refused, Unreachable } from "./errors.ts";

/** Where the site begins: above the folder from which this program was loaded. */
export const BASE = import.meta.env.DEV ? "/" : new URL("../", import.meta.url).pathname;

export type Repeat = "safe" | "never";

const TRIES_MAX = 4;
const FIRST_WAIT_MS = 400;
const TIMEOUT_MS = 60_000;

export async function ask(url: string, init: RequestInit, repeat: Repeat): Promise<Response> {
  for (let tries = 1; ; tries += 1) {
    const answer = await once(url, init);
    if (answer instanceof Response && answer.ok) return answer;
    const isLast = tries >= TRIES_MAX;
    if (answer instanceof Unreachable) {
      // Offline it comes to nothing, and the page says so at once.
      if (repeat === "never" || isLast || !navigator.onLine) throw answer;
      await sleep(wait(tries));
      continue;
    }
    if (answer.status === 401) throw new LoggedOut();
    const isBusy = answer.status === 429 || answer.status === 503;
    if (!isBusy || isLast) throw await refused(answer);
    await sleep(Math.max(wait(tries), retryAfter(answer)));
  }
}

async function once(url: string, init: RequestInit): Promise<Response | Unreachable> {
  const headers = new Headers(init.headers);
  // No page of another site can send this.
  headers.set("X-Correio-CSRF", "1");
  try {
    const answer = await fetch(url, { ...init, headers, cache: "no-store", signal: AbortSignal.timeout(TIMEOUT_MS) });
    // A proxy has no host behind it.
    return answer.status === 502 || answer.status === 504 ? new Unreachable(answer.statusText) : answer;
  } catch (error) {
    return new Unreachable(String(error));
  }
}

async function refused(answer: Response): Promise<Refused> {
  const said: unknown = await answer.json().catch(() => null);
  const problem = (said ?? {}) as { type?: string; detail?: string };
  return new Refused(answer.status, problem.type ?? "", problem.detail ?? answer.statusText);
}

function retryAfter(answer: Response): number {
  const seconds = Number(answer.headers.get("Retry-After") ?? 0);
  return Number.isFinite(seconds) ? Math.min(seconds, 10) * 1000 : 0;
}

/** Twice as long each time, and never as long as others wait. */
export function wait(tries: number): number {
  return FIRST_WAIT_MS * 2 ** Math.min(tries - 1, 6) * (0.75 + Math.random() / 2);
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

// Hears of changes (RFC 8620, 7.3). Of all tabs of one browser one listens, and tells the others: browsers have few connections to a host.

import { wait } from "./http.ts";
import type { Id, State } from "./types.ts";

/** The states of the types that changed, by the name of the type. */
export type Changed = Record<string, State>;

const PING_S = 60;

export class Push {
  readonly #url: string;
  readonly #accountId: Id;
  readonly #heard: (changed: Changed) => void;
  readonly #back: () => void;
  readonly #tabs: BroadcastChannel;
  readonly #over = new AbortController();
  #source: EventSource | undefined;
  #tries = 0;
  #last = 0;

  /** `heard` is called for each change; `back` when some may have been missed. */
  constructor(url: string, accountId: Id, hooks: { heard(changed: Changed): void; back(): void }) {
    this.#url = url;
    this.#accountId = accountId;
    this.#heard = hooks.heard;
    this.#back = hooks.back;
    this.#tabs = new BroadcastChannel(`correio-push-${accountId}`);
    this.#tabs.onmessage = (event: MessageEvent<Changed>) => this.#heard(event.data);
    const signal = this.#over.signal;
    void navigator.locks
      .request(`correio-push-${accountId}`, { signal }, () => this.#listen())
      .catch(() => undefined);
    // A browser may have slept.
    addEventListener("online", () => this.#again(), { signal });
    document.addEventListener("visibilitychange", () => this.#wake(), { signal });
  }

  stop(): void {
    this.#over.abort();
    this.#source?.close();
    this.#tabs.close();
  }

  /** Listens until the tab goes: another one has the lock then. */
  #listen(): Promise<void> {
    this.#open();
    return new Promise((resolve) => this.#over.signal.addEventListener("abort", () => resolve()));
  }

  #open(): void {
    this.#source?.close();
    if (this.#over.signal.aborted) return;
    const source = new EventSource(this.#url);
    this.#source = source;
    source.onopen = () => {
      if (this.#tries > 0) this.#back();
      this.#tries = 0;
      this.#last = Date.now();
    };
    source.addEventListener("ping", () => {
      this.#last = Date.now();
    });
    source.addEventListener("state", (event: MessageEvent<string>) => {
      this.#last = Date.now();
      const said = JSON.parse(event.data) as { changed: Record<Id, Changed> };
      const changed = said.changed[this.#accountId];
      if (!changed) return;
      this.#tabs.postMessage(changed);
      this.#heard(changed);
    });
    source.onerror = () => {
      source.close();
      this.#tries += 1;
      setTimeout(() => this.#source === source && this.#open(), wait(this.#tries));
    };
  }

  #again(): void {
    if (!this.#source) return;
    this.#tries = Math.max(this.#tries, 1);
    this.#open();
  }

  #wake(): void {
    const isSilent = Date.now() - this.#last > 2.5 * PING_S * 1000;
    if (document.visibilityState === "visible" && isSilent) this.#again();
  }
}

export const PUSH_PING_S = PING_S;

// One draft is open in one tab. A tab that has one holds a lock, which goes with it however it ends, and answers others that ask for the
// draft by the email that it is on the host; when its user wants it in another tab, it keeps it and lets go.

import type { Id } from "../jmap/types.ts";
import type { AtHand } from "./composing.svelte.ts";
import type { Draft } from "./draft.ts";

type Said =
  | { kind: "who"; emailId: Id }
  | { kind: "mine"; emailId: Id; key: string }
  | { kind: "give"; key: string }
  | ({ kind: "given"; key: string } & Given);

/** What a tab lets go of. */
export interface Given {
  /** The email that the draft is. */
  emailId: Id | null;
  /** All that was written, whether it got to the host or not; `null`: it has none any more. */
  draft: Draft | null;
  /** Whether anybody wrote something yet. */
  isTouched: boolean;
  /** Its files that are not on the host. */
  files: AtHand[];
}

/** What the composers of this tab answer. */
export interface Holder {
  keyOf(emailId: Id): string | undefined;
  /** Keeps the draft and closes it. */
  give(key: string): Promise<Given>;
}

const ANSWER_MS = 200;
const GIVE_MS = 10_000;
const lockName = (key: string) => `correio-draft-${key}`;

export class Tabs {
  readonly #channel = new BroadcastChannel("correio-drafts");
  readonly #releases = new Map<string, () => void>();

  constructor(holder: Holder) {
    this.#channel.addEventListener("message", (event: MessageEvent<Said>) => {
      const said = event.data;
      if (said.kind === "who") {
        const key = holder.keyOf(said.emailId);
        if (key !== undefined) this.#channel.postMessage({ kind: "mine", emailId: said.emailId, key } satisfies Said);
      } else if (said.kind === "give" && this.#releases.has(said.key)) {
        void holder
          .give(said.key)
          .then((given) => this.#channel.postMessage({ kind: "given", key: said.key, ...given } satisfies Said));
      }
    });
  }

  /** Takes a draft for this tab. */
  hold(key: string): void {
    if (this.#releases.has(key)) return;
    void navigator.locks.request(lockName(key), () => new Promise<void>((resolve) => this.#releases.set(key, resolve)));
  }

  release(key: string): void {
    this.#releases.get(key)?.();
    this.#releases.delete(key);
  }

  /** The drafts that some tab has. */
  async held(): Promise<Set<string>> {
    const { held } = await navigator.locks.query();
    const prefix = lockName("");
    return new Set(held?.flatMap(({ name }) => (name?.startsWith(prefix) ? [name.slice(prefix.length)] : [])));
  }

  /** By which key another tab has the draft that an email is; `undefined`: none has. */
  async who(emailId: Id): Promise<string | undefined> {
    const said = await this.#ask({ kind: "who", emailId }, (said) => said.kind === "mine" && said.emailId === emailId, ANSWER_MS);
    return said?.kind === "mine" ? said.key : undefined;
  }

  /** Has another tab let go of a draft. */
  async take(key: string): Promise<Given | undefined> {
    const said = await this.#ask({ kind: "give", key }, (said) => said.kind === "given" && said.key === key, GIVE_MS);
    return said?.kind === "given" ? said : undefined;
  }

  #ask(asked: Said, isAnswer: (said: Said) => boolean, wait_ms: number): Promise<Said | undefined> {
    return new Promise((resolve) => {
      const heard = (event: MessageEvent<Said>) => {
        if (isAnswer(event.data)) end(event.data);
      };
      const end = (said: Said | undefined) => {
        clearTimeout(timer);
        this.#channel.removeEventListener("message", heard);
        resolve(said);
      };
      const timer = setTimeout(() => end(undefined), wait_ms);
      this.#channel.addEventListener("message", heard);
      this.#channel.postMessage(asked);
    });
  }
}

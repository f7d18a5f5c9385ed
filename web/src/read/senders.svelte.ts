// What one had to do with who wrote a message: asked for when it is read, and remembered while the page is open.

import { SvelteMap } from "svelte/reactivity";
import { MethodError } from "../jmap/errors.ts";
import type { Email, EmailAddress } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { Lru } from "../store/lru.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";
import { isMe } from "../screens/people.ts";
import type { Known } from "./doubts.ts";

const SENDERS_MAX = 200;
/** Of those who are called the same, so many are looked at. */
const SAME_MAX = 20;

type Asked = Omit<Known, "user">;

class Senders {
  readonly #asked = new Lru<Promise<Asked>>(SENDERS_MAX);
  readonly #known = new SvelteMap<string, Asked>();

  /** What is known by now. */
  of(email: Email): Known | undefined {
    const known = this.#known.get(key(email));
    return known && { ...known, user: connection.user };
  }

  /** Asks, unless somebody did. */
  async ask(email: Email): Promise<void> {
    const [from] = email.from ?? [];
    if (!from || isMe(from, connection.user) || email.keywords["$draft"]) return;
    const asked = this.#asked.get(key(email)) ?? this.#fetch(email, from);
    this.#asked.set(key(email), asked);
    try {
      this.#known.set(key(email), await asked);
    } catch (error) {
      this.#asked.delete(key(email));
      // Without an answer nothing is said of anybody.
      if (!(error instanceof MethodError)) throw error;
    }
  }

  async #fetch(email: Email, from: EmailAddress): Promise<Asked> {
    const { client } = connection;
    const name = from.name?.trim() ?? "";
    const sent = mailboxes.withRole("sent")?.id;
    const earlier = { operator: "AND" as const, conditions: [{ from: from.email }, { before: email.receivedAt }] };
    const before = client.call("Email/query", { filter: earlier, limit: 1 });
    const written = sent === undefined ? undefined : client.call("Email/query", { filter: written_(sent, from.email), limit: 1 });
    const called = name === "" ? undefined : client.call("Email/query", { filter: named(name), limit: SAME_MAX });
    const others = called && client.call("Email/get", { "#ids": called.ref("/ids"), properties: ["id", "from"] });
    const isFirst = (await before.answer).ids.length === 0 && ((await written?.answer)?.ids.length ?? 0) === 0;
    const people = (await others?.answer)?.list.flatMap((one) => one.from ?? []) ?? [];
    return { isFirst, sameName: sameNamed(people, from) };
  }
}

const written_ = (inMailbox: string, to: string) => ({ operator: "AND" as const, conditions: [{ inMailbox }, { to }] });

/** In whatever folder but those of what nobody trusts. */
function named(name: string) {
  const hidden = [mailboxes.withRole("junk")?.id, mailboxes.withRole("trash")?.id].filter((id) => id !== undefined);
  return { operator: "AND" as const, conditions: [{ from: name }, { inMailboxOtherThan: hidden }] };
}

/** The other addresses of people who are called exactly the same. */
export function sameNamed(people: readonly EmailAddress[], from: EmailAddress): string[] {
  const [name, own] = [from.name?.trim().toLowerCase(), from.email.toLowerCase()];
  const same = people.filter((one) => one.name?.trim().toLowerCase() === name).map((one) => one.email.toLowerCase());
  return [...new Set(same)].filter((address) => address !== own);
}

function key(email: Email): string {
  const from = email.from?.[0];
  return `${from?.email.toLowerCase() ?? ""}\n${from?.name ?? ""}\n${email.receivedAt}`;
}

export const senders = new Senders();

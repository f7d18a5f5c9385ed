// What its user likes: kept on the host (docs/jmap/preferences.md), so that every browser looks the same, and beside it in this one, so
// that the first picture is right already.

import { connection } from "./connection.svelte.ts";
import { part } from "./patch.ts";

export interface Values {
  language: "auto" | "en" | "pt-PT" | "pt-BR";
  theme: "auto" | "light" | "dark";
  density: "comfortable" | "compact";
  previewLines: 0 | 1 | 2;
  conversations: boolean;
  shortcuts: boolean;
  /** From which identity one writes where nothing else says it; empty: the first. */
  identity: string;
}

type Choice = Exclude<keyof Values, "identity">;

const CHOICES: { [K in Choice]: readonly Values[K][] } = {
  language: ["auto", "en", "pt-PT", "pt-BR"],
  theme: ["auto", "light", "dark"],
  density: ["comfortable", "compact"],
  previewLines: [1, 0, 2],
  conversations: [true, false],
  shortcuts: [true, false],
};

const PREFIX = "webmail.";
const KEPT = "correio.preferences";

class Preferences {
  values = $state.raw<Values>(read(kept()));

  /** How many were set so far, and how many of these are on their way. */
  #sets = 0;
  #pending = 0;
  #isDue = false;

  /** Takes what the host has. */
  put(said: Record<string, unknown>): void {
    this.values = read(said);
    localStorage.setItem(KEPT, JSON.stringify(said));
  }

  async fetch(): Promise<void> {
    const { client } = connection;
    if (!client.has("preferences")) return;
    const before = this.#sets;
    const got = await client.call("Preferences/get", { ids: null }).answer;
    // What was chosen meanwhile may not be in that answer: it is asked for again once the host has that.
    this.#isDue = before !== this.#sets || this.#pending > 0;
    if (!this.#isDue) this.put(got.list[0]?.values ?? {});
    else if (this.#pending === 0) await this.fetch();
  }

  /** Sets one value: here at once, and on the host. */
  async set<K extends keyof Values>(name: K, value: Values[K]): Promise<void> {
    const before = this.values[name];
    this.values = { ...this.values, [name]: value };
    localStorage.setItem(KEPT, JSON.stringify({ ...kept(), [PREFIX + name]: value }));
    const { client } = connection;
    if (!client.has("preferences")) return;
    this.#sets += 1;
    this.#pending += 1;
    const patch = { [`values/${part(PREFIX + name)}`]: value };
    try {
      const answer = await client.call("Preferences/set", { update: { singleton: patch } }).answer;
      if (answer.notUpdated) throw new Error(answer.notUpdated["singleton"]?.type);
    } catch (error) {
      this.values = { ...this.values, [name]: before };
      throw error;
    } finally {
      this.#pending -= 1;
      if (this.#isDue && this.#pending === 0) void this.fetch().catch(() => undefined);
    }
  }
}

function kept(): Record<string, unknown> {
  try {
    return JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Of each value the one that was set, if it is one of ours; else the first. */
export function read(said: Record<string, unknown>): Values {
  const choose = <K extends Choice>(name: K): Values[K] => {
    const choices = CHOICES[name];
    return choices.find((choice) => choice === said[PREFIX + name]) ?? (choices[0] as Values[K]);
  };
  return {
    language: choose("language"),
    theme: choose("theme"),
    density: choose("density"),
    previewLines: choose("previewLines"),
    conversations: choose("conversations"),
    shortcuts: choose("shortcuts"),
    identity: typeof said[`${PREFIX}identity`] === "string" ? String(said[`${PREFIX}identity`]) : "",
  };
}

export const preferences = new Preferences();

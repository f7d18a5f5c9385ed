// What its user likes: kept on the host (docs/jmap/preferences.md), so that every browser looks the same, and beside it in this one, so
// that the first picture is right already.

import type { Id } from "../jmap/types.ts";
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
  /** Whether mail that is made for a light ground is shown on a dark one, in the dark theme. */
  darkens: boolean;
  /** The addresses whose pictures from elsewhere are always shown. */
  picturesFrom: readonly string[];
  /** The folders of whose news the desktop tells; nobody chose any: the inbox. */
  notifies: readonly Id[] | undefined;
  /** What becomes of a row that is wiped to a side, on a phone. */
  swipeRight: Swipe;
  swipeLeft: Swipe;
  /** The colours of folders, by their ids: numbers of hues. */
  colours: Readonly<Record<Id, number>>;
  /** Searches that have a name. */
  searches: readonly SavedSearch[];
}

export const SWIPES = ["archive", "delete", "read", "star", "spam", "none"] as const;
export type Swipe = (typeof SWIPES)[number];
export const COLOURS = 8;

export interface SavedSearch {
  name: string;
  line: string;
}

/** How each value is read: what is none of ours, or of another version, is as if it had not been set. */
const READERS: { [K in keyof Values]: (said: unknown) => Values[K] } = {
  language: oneOf("auto", "en", "pt-PT", "pt-BR"),
  theme: oneOf("auto", "light", "dark"),
  density: oneOf("comfortable", "compact"),
  previewLines: oneOf(1, 0, 2),
  conversations: oneOf(true, false),
  shortcuts: oneOf(true, false),
  identity: (said) => (typeof said === "string" ? said : ""),
  darkens: oneOf(false, true),
  picturesFrom: (said) => strings(said),
  notifies: (said) => (Array.isArray(said) ? strings(said) : undefined),
  swipeRight: oneOf(...SWIPES),
  swipeLeft: (said) => SWIPES.find((one) => one === said) ?? "delete",
  colours,
  searches: (said) => entries(said).filter(isSearch),
};

/** One of these; the first unless another was chosen. */
function oneOf<const T>(first: T, ...others: T[]): (said: unknown) => T {
  return (said) => others.find((choice) => choice === said) ?? first;
}

/** So many entries has a list at most: all preferences have 64 KB (docs/jmap/preferences.md). */
export const ENTRIES_MAX = 100;
const ENTRY_MAX = 320;

function colours(said: unknown): Readonly<Record<Id, number>> {
  const isColour = (colour: unknown) => Number.isInteger(colour) && Number(colour) >= 0 && Number(colour) < COLOURS;
  const pairs = typeof said === "object" && said !== null && !Array.isArray(said) ? Object.entries(said) : [];
  return Object.fromEntries(pairs.filter(([, colour]) => isColour(colour)).slice(-ENTRIES_MAX * 4)) as Record<Id, number>;
}

function entries(said: unknown): unknown[] {
  return Array.isArray(said) ? said.slice(-ENTRIES_MAX) : [];
}

function isText(said: unknown): said is string {
  return typeof said === "string" && said.length > 0 && said.length <= ENTRY_MAX;
}

function strings(said: unknown): readonly string[] {
  return entries(said).filter(isText);
}

function isSearch(said: unknown): said is SavedSearch {
  const { name, line } = (said ?? {}) as Partial<SavedSearch>;
  return isText(name) && isText(line);
}

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

/** The values, of what the host has by their names. */
export function read(said: Record<string, unknown>): Values {
  const names = Object.keys(READERS) as (keyof Values)[];
  return Object.fromEntries(names.map((name) => [name, READERS[name](said[PREFIX + name])])) as unknown as Values;
}

export const preferences = new Preferences();

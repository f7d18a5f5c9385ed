// A window over a list of any length: it knows how many rows there are, and the ids of those that were looked at. Rows are fetched by their
// place, so that any of a million is as near as the first.

import type { Id, SearchSnippet } from "../jmap/types.ts";
import { connection } from "./connection.svelte.ts";
import { LIST_PROPERTIES, emails } from "./emails.svelte.ts";
import { Lru } from "./lru.ts";
import { type ListQuery, comparators } from "./query.ts";
import { Sparse } from "./sparse.ts";

/** Fetched at once; more than a screen of them. */
const PAGE = 50;
/** Rows that are remembered around those that are shown. */
const KEPT = 2000;
/** Whoever scrolls on by then did not want to see these. */
const SETTLED_MS = 60;

export type Phase = "loading" | "ready" | "failed";

export class ListWindow {
  total = $state(0);
  phase = $state<Phase>("loading");
  /** What the host said when it failed. */
  failure = $state.raw<unknown>(undefined);
  /** By how many rows everything moved when the list was refreshed; whoever shows it scrolls as far. */
  moved: (rows: number) => void = () => undefined;
  #version = $state(0);
  readonly #rows = new Sparse();
  readonly #snippets = new Lru<SearchSnippet>(1000);
  #shown = { first: 0, last: PAGE - 1 };
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #loading = new Map<number, Promise<void>>();
  /** The state of the query that all known rows are of; another one makes them worthless. */
  #state = "";
  /** Rises when rows moved here: what was asked before that is of another list. */
  #generation = 0;
  /** Pages that had less in them than they should: they are not asked for again before something changes. */
  readonly #short = new Map<number, number>();

  constructor(readonly query: ListQuery) {}

  at(place: number): Id | undefined {
    void this.#version;
    return this.#rows.at(place);
  }

  placeOf(id: Id): number | undefined {
    void this.#version;
    return this.#rows.placeOf(id);
  }

  snippet(id: Id): SearchSnippet | undefined {
    void this.#version;
    return this.#snippets.get(id);
  }

  /** These rows are seen now: those that are not known are fetched, once nobody scrolls on. */
  show(first: number, last: number): void {
    this.#shown = { first, last };
    if (!this.#rows.missing(first, Math.min(last, this.total - 1))) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#load(), SETTLED_MS);
  }

  /** Fetches the first rows. */
  async open(): Promise<void> {
    await this.#fetch(0);
  }

  /** Fetches the row at a place, and gives its id. */
  async reach(place: number): Promise<Id | undefined> {
    if (place < 0 || place >= this.total) return undefined;
    if (this.#rows.at(place) === undefined) await this.#fetch(Math.floor(place / PAGE) * PAGE);
    return this.#rows.at(place);
  }

  async #load(): Promise<void> {
    const { first, last } = this.#shown;
    const missing = this.#rows.missing(first, Math.min(last, this.total - 1));
    if (!missing) return;
    const pages: number[] = [];
    for (let page = Math.floor(missing.from / PAGE); page <= Math.floor(missing.to / PAGE); page += 1) pages.push(page);
    const wanted = pages.map((page) => page * PAGE).filter((position) => this.#short.get(position) !== this.#generation);
    await Promise.all(wanted.slice(0, 3).map((position) => this.#fetch(position)));
  }

  /** Fetches a page of rows; who asks for it meanwhile waits for the same answer. */
  #fetch(position: number): Promise<void> {
    let loading = this.#loading.get(position);
    if (!loading) {
      loading = this.#fetchNow(position);
      this.#loading.set(position, loading);
    }
    return loading;
  }

  async #fetchNow(position: number): Promise<void> {
    try {
      const generation = this.#generation;
      const found = await this.#ask({ position });
      if (generation !== this.#generation) return;
      if (found.queryState !== this.#state) this.#rows.clear();
      this.#state = found.queryState;
      this.#rows.put(found.position, found.ids);
      if (found.ids.length < Math.min(PAGE, (found.total ?? 0) - position)) this.#short.set(position, generation);
      this.#rows.keep(this.#shown.first - KEPT, this.#shown.last + KEPT);
      this.total = found.total ?? this.total;
      this.phase = "ready";
      this.#version += 1;
    } catch (error) {
      this.failure = error;
      if (this.#rows.size === 0) this.phase = "failed";
    } finally {
      this.#loading.delete(position);
      if (this.phase === "ready") this.show(this.#shown.first, this.#shown.last);
    }
  }

  /** The first rows: as many as are fetched at once. */
  async page(): Promise<Id[]> {
    const last = Math.min(PAGE, this.total) - 1;
    // What changes meanwhile is asked for again, but not for ever.
    for (let tries = 0; tries < 3 && this.#rows.missing(0, last); tries += 1) await this.#fetch(0);
    return Array.from({ length: last + 1 }, (_, place) => this.#rows.at(place)).filter((id) => id !== undefined);
  }

  /** Asks again what is seen, after somebody changed something. What is shown stays until the answer is there. */
  async refresh(): Promise<void> {
    const { first, last } = this.#shown;
    const limit = Math.min(Math.max(last - first + 1, PAGE), 200);
    const anchor = first > 0 ? this.#rows.at(first) : undefined;
    try {
      const found = await this.#again(anchor, first, limit);
      const place = anchor === undefined ? first : found.ids.indexOf(anchor) + found.position;
      this.#generation += 1;
      this.#state = found.queryState;
      this.#rows.clear();
      this.#rows.put(found.position, found.ids);
      this.total = found.total ?? this.total;
      this.phase = "ready";
      this.#version += 1;
      if (anchor !== undefined && place !== first && found.ids.includes(anchor)) this.moved(place - first);
    } catch (error) {
      this.failure = error;
    }
  }

  /** Around the row that is on top, which may have moved, or be gone. */
  async #again(anchor: Id | undefined, first: number, limit: number) {
    if (anchor !== undefined) {
      try {
        return await this.#ask({ anchor, limit });
      } catch (error) {
        if (!(error instanceof Error && "type" in error && error.type === "anchorNotFound")) throw error;
      }
    }
    return await this.#ask({ position: first, limit });
  }

  async #ask(where: { position?: number; anchor?: Id; limit?: number }) {
    const { client } = connection;
    const { filter, order, isByThread, isSearch } = this.query;
    const query = client.call("Email/query", {
      filter,
      sort: comparators(order),
      collapseThreads: isByThread,
      calculateTotal: true,
      limit: PAGE,
      ...where,
    });
    const rows = client.call("Email/get", { "#ids": query.ref("/ids"), properties: LIST_PROPERTIES });
    const threads = client.call("Thread/get", { "#ids": rows.ref("/list/*/threadId") });
    const snippets = isSearch
      ? client.call("SearchSnippet/get", { filter, "#emailIds": query.ref("/ids") })
      : undefined;
    const found = await query.answer;
    const answer = await rows.answer;
    emails.put(answer.list);
    emails.putThreads((await threads.answer).list);
    if (snippets) for (const snippet of (await snippets.answer).list) this.#snippets.set(snippet.emailId, snippet);
    if (isByThread) void completeThreads(answer.list.map((email) => email.threadId));
    return found;
  }

  /** Takes rows away at once, before the host says that they went. */
  remove(ids: Iterable<Id>): void {
    this.#generation += 1;
    this.total -= this.#rows.remove(ids);
    this.#version += 1;
  }
}

/** Fetches the other emails of conversations: who wrote them, and whether they were read. */
export async function completeThreads(ids: readonly Id[]): Promise<void> {
  const { client } = connection;
  const missing = ids.flatMap((id) => emails.thread(id) ?? []).filter((id) => !emails.get(id));
  for (let at = 0; at < Math.min(missing.length, 1000); at += client.limits.maxObjectsInGet) {
    const some = missing.slice(at, at + client.limits.maxObjectsInGet);
    const got = await client.call("Email/get", { ids: some, properties: LIST_PROPERTIES }).answer;
    emails.put(got.list);
  }
}

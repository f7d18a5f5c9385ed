// Keeps what may be wanted without a connection: the newest messages of the inbox, what was opened, the rows of the list that is open, folders,
// identities. It works when nothing else is to be done, one tab at a time, and asks only for what is new since.

import { MethodError } from "../jmap/errors.ts";
import type { Email, Id, SafeBodies } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { type Ground, PART_PROPERTIES, PROPERTIES, conversation } from "../store/conversation.svelte.ts";
import { list } from "../store/list.svelte.ts";
import { preferences } from "../store/preferences.svelte.ts";
import { sync } from "../store/sync.ts";
import { theme } from "../store/theme.svelte.ts";
import { ORIGINAL_PROPERTIES, PART_PROPERTIES as ORIGINAL_PART_PROPERTIES } from "../compose/original.ts";
import { DRAFT_FIELD, RECEIPT_FIELD } from "../compose/message.ts";
import { whenIdle } from "../screens/parts.ts";
import { away } from "./away.svelte.ts";
import { forgetBodies, keepBodies } from "./bodies.ts";
import type { Around, KeptEmail, KeptOriginal } from "./kept.ts";
import type { Database } from "./database.ts";
import { USER, whileKeeping } from "./place.ts";
import { chosen } from "./room.ts";

/** The newest messages of the inbox that are kept. */
export const INBOX_MAX = 500;
const OPENED_MAX = 500;
const CHANGES_MAX = 500;
const AT_ONCE = 10;
/** A longer text is not kept for answers. */
const TEXT_OCTETS_MAX = 100_000;
const SETTLED_MS = 3000;
const PAUSE_MS = 50;

export class Keeper {
  readonly #database: Database;
  readonly #user: string;
  readonly #cacheName: string;
  readonly #opened = new Map<Id, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isOver = false;
  readonly #ends: (() => void)[] = [];

  constructor(database: Database, user: string, cacheName: string) {
    this.#database = database;
    this.#user = user;
    this.#cacheName = cacheName;
  }

  start(): void {
    const due = () => {
      this.due();
      return Promise.resolve();
    };
    sync.also.add(due);
    this.#ends.push(() => sync.also.delete(due));
    this.#ends.push(
      $effect.root(() => {
        $effect(() => {
          if (conversation.phase !== "ready") return;
          for (const { id } of conversation.messages) this.#open(id);
          this.due();
        });
        $effect(() => {
          if (list.window?.phase === "ready") this.due();
        });
      }),
    );
    this.due();
  }

  stop(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    for (const end of this.#ends) end();
  }

  /** Something may be new: it is kept once its user rests. */
  due(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => whenIdle(() => void this.#run()), SETTLED_MS);
  }

  /** What was opened last comes last. */
  #open(id: Id): void {
    this.#opened.delete(id);
    this.#opened.set(id, Date.now());
    const [oldest] = this.#opened.keys();
    if (this.#opened.size > OPENED_MAX && oldest !== undefined) this.#opened.delete(oldest);
  }

  get #isHindered(): boolean {
    return this.#isEnded || away.isNeeded || !connection.isReached;
  }

  /** Nothing is kept for this user any more, as this tab or another one said. */
  get #isEnded(): boolean {
    return this.#isOver || localStorage.getItem(USER) !== this.#user;
  }

  async #run(): Promise<void> {
    if (this.#isHindered) return;
    try {
      await whileKeeping(async () => {
        if (this.#isHindered) return;
        const known = await this.#database.all();
        const kept = new Map(known.emails.map((one) => [one.id, one]));
        const wanted = await this.#rows(kept, known.around);
        await this.#bodies(kept, wanted);
      });
    } catch {
      // Without room or connection less is kept; the next change begins again.
    }
  }

  /** Brings the rows of all that is kept up to date; gives of which messages bodies are wanted, the most wanted first. */
  async #rows(kept: Map<Id, KeptEmail>, around: Around | undefined): Promise<Id[]> {
    const { client } = connection;
    const asked = this.#ask(around);
    // Without what changed since so long ago, all is asked for again.
    const [inbox, changes, basics] = await Promise.all([asked.inbox, asked.changes, asked.basics]);
    const shown = list.window && !list.window.query.isSearch ? await list.window.page() : [];
    const opened = [...this.#opened.keys()].reverse();
    const wanted = [...new Set([...opened, ...inbox, ...shown])];
    const now = Date.now();
    const isNew = wanted.filter((id) => !kept.has(id));
    const updated = changes ? changes.updated.filter((id) => kept.has(id)) : [...kept.keys()];
    const rows = new Map<Id, Email>();
    for (let at = 0; at < isNew.length; at += client.limits.maxObjectsInGet) {
      const ids = isNew.slice(at, at + client.limits.maxObjectsInGet);
      const got = await client.call("Email/get", { ids, properties: PROPERTIES, bodyProperties: PART_PROPERTIES }).answer;
      for (const email of got.list) rows.set(email.id, email);
    }
    const gone = new Set(changes?.destroyed ?? []);
    for (let at = 0; at < updated.length; at += client.limits.maxObjectsInGet) {
      const ids = updated.slice(at, at + client.limits.maxObjectsInGet);
      const got = await client.call("Email/get", { ids, properties: ["id", "mailboxIds", "keywords"] }).answer;
      for (const { id, mailboxIds, keywords } of got.list) {
        const known = kept.get(id);
        if (known) rows.set(id, { ...known.email, mailboxIds, keywords });
      }
      for (const id of got.notFound) gone.add(id);
    }
    if (this.#isHindered) return [];
    for (const [id, email] of rows) kept.set(id, { octets: 0, used: 0, ...kept.get(id), id, email });
    for (const [id, used] of this.#opened) {
      const one = kept.get(id);
      if (one && one.used < used) kept.set(id, { ...one, used });
    }
    const withBodies = [...opened, ...inbox];
    const { dropped, emptied } = chosen([...kept.values()].filter(({ id }) => !gone.has(id)), new Set(inbox), now);
    await this.#drop(kept, [...gone, ...dropped], emptied);
    const changed = [...new Set([...rows.keys(), ...opened, ...emptied])].flatMap((id) => kept.get(id) ?? []);
    await this.#database.put(changed, [], [...gone, ...dropped]);
    await this.#database.around({ ...basics, emailState: changes?.newState ?? basics.emailState });
    if (changes?.hasMoreChanges) this.due();
    return [...new Set(withBodies)];
  }

  /** All that is asked at first, in one request. */
  #ask(around: Around | undefined) {
    const { client } = connection;
    const folders = client.call("Mailbox/get", { ids: null });
    const state = client.call("Email/get", { ids: [], properties: ["id"] });
    const changes = around && client.call("Email/changes", { sinceState: around.emailState, maxChanges: CHANGES_MAX });
    const identities = client.has("submission") ? client.call("Identity/get", { ids: null }) : undefined;
    const quota = client.has("quota") ? client.call("Quota/get", { ids: null }) : undefined;
    const liked = client.has("preferences") ? client.call("Preferences/get", { ids: null }) : undefined;
    const basics = async () => ({
      session: client.session,
      mailboxes: (await folders.answer).list,
      mailboxState: (await folders.answer).state,
      emailState: (await state.answer).state,
      identities: (await identities?.answer)?.list ?? [],
      quota: (await quota?.answer)?.list ?? [],
      preferences: (await liked?.answer)?.list ?? [],
    });
    const inbox = async () => {
      const inMailbox = (await folders.answer).list.find(({ role }) => role === "inbox")?.id;
      if (inMailbox === undefined) return [];
      const sort = [{ property: "receivedAt" as const, isAscending: false }];
      return (await client.call("Email/query", { filter: { inMailbox }, sort, limit: INBOX_MAX }).answer).ids;
    };
    return { basics: basics(), inbox: inbox(), changes: changes?.answer.catch(orNone) };
  }

  async #drop(kept: Map<Id, KeptEmail>, gone: readonly Id[], emptied: readonly Id[]): Promise<void> {
    // To open a cache that was taken out would make it again.
    if (this.#isEnded) return;
    const cache = await caches.open(this.#cacheName);
    for (const id of [...gone, ...emptied]) await forgetBodies(cache, kept.get(id)?.bodies);
    for (const id of gone) kept.delete(id);
    for (const id of emptied) {
      const one = kept.get(id);
      if (!one) continue;
      const { bodies: _, ...row } = one;
      kept.set(id, { ...row, octets: 0 });
    }
  }

  /** Fetches the bodies that are missing, as long as there is room. */
  async #bodies(kept: Map<Id, KeptEmail>, wanted: readonly Id[]): Promise<void> {
    const ground = groundNow();
    const isDone = (id: Id) => {
      const bodies = kept.get(id)?.bodies;
      return !kept.has(id) || (bodies && (bodies.ground === ground || !this.#opened.has(id)));
    };
    const missing = wanted.filter((id) => !isDone(id));
    if (missing.length === 0 || this.#isHindered) return;
    const cache = await caches.open(this.#cacheName);
    for (let at = 0; at < missing.length && !this.#isHindered; at += AT_ONCE) {
      const some = missing.slice(at, at + AT_ONCE);
      // What the host does not answer is asked for again with the next change.
      const fetched = await fetchBodies(some, ground).catch(orNone);
      if (!fetched) continue;
      const [bodies, originals] = fetched;
      const now: KeptEmail[] = [];
      for (const said of bodies) {
        if (this.#isHindered) return;
        const one = kept.get(said.emailId);
        if (!one) continue;
        const made = await keepBodies(cache, connection.client.session, connection.client.accountId, said, ground);
        const original = originals.find(({ id }) => id === one.id);
        now.push({ ...one, bodies: made.bodies, octets: made.octets + (original ? JSON.stringify(original).length : 0) });
      }
      for (const one of now) kept.set(one.id, one);
      const { dropped, emptied } = chosen([...kept.values()], new Set(wanted), Date.now());
      await this.#drop(kept, dropped, emptied);
      await this.#database.put([...now, ...emptied.flatMap((id) => kept.get(id) ?? [])].filter(({ id }) => kept.has(id)), originals, dropped);
      // There is no more room for what is wanted less.
      if (emptied.some((id) => some.includes(id))) return;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** That a method failed is no reason to end. */
function orNone(error: unknown): undefined {
  if (!(error instanceof MethodError)) throw error;
}

function groundNow(): Ground {
  if (!theme.isDark) return "light";
  return preferences.values.darkens ? "darkened" : "dark";
}

/** What is read, never with pictures from elsewhere, and what is needed to answer it. */
async function fetchBodies(emailIds: Id[], colorScheme: Ground): Promise<[SafeBodies[], KeptOriginal[]]> {
  const { client } = connection;
  const safe = client.call("SafeBody/get", { emailIds, showRemotePictures: false, colorScheme });
  const properties = [...ORIGINAL_PROPERTIES, DRAFT_FIELD, RECEIPT_FIELD];
  const asked = { ids: emailIds, properties, bodyProperties: ORIGINAL_PART_PROPERTIES, fetchTextBodyValues: true, fetchHTMLBodyValues: true };
  const values = client.call("Email/get", { ...asked, maxBodyValueBytes: TEXT_OCTETS_MAX });
  const [bodies, originals] = await Promise.all([safe.answer, values.answer]);
  const isWhole = (one: unknown) => Object.values((one as { bodyValues?: Record<string, { isTruncated: boolean }> }).bodyValues ?? {}).every(({ isTruncated }) => !isTruncated);
  return [bodies.list, originals.list.filter(isWhole).map((original) => ({ id: original.id, original: { ...original } }))];
}

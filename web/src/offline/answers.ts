// Answers methods as the host would, of what is kept: so the page asks in one way, whether the host is there or not. What is done to emails is
// put into the queue. `undefined`: this cannot be answered here.

import type { Comparator, Email, Filter, Id, Patch, SafeBodies } from "../jmap/types.ts";
import type { Around, Deed, Item, KeptEmail, KeptOriginal } from "./kept.ts";
import { TARGETS_MAX } from "./kept.ts";
import { isAnswerable, matches, ordered } from "./matches.ts";
import { counted, seen, touched, waiting } from "./view.ts";

type Values = Record<string, unknown>;
export type MethodCall = [string, Values, string];

/** What answers are made of. */
export interface Known {
  around: Around;
  emails: ReadonlyMap<Id, KeptEmail>;
  items: readonly Item[];
  original(id: Id): Promise<KeptOriginal | undefined>;
  add(deeds: readonly Deed[]): Promise<void>;
  /** Takes emails out of what is to be deleted. */
  spare(ids: readonly Id[]): Promise<void>;
}

type Method = (asked: Values, known: Known) => Values | undefined | Promise<Values | undefined>;

/** Answers all calls of a request, or, where one would change what cannot wait, none. */
export async function answers(calls: readonly MethodCall[], known: Known): Promise<MethodCall[] | undefined> {
  const got: MethodCall[] = [];
  for (const [name, asked, id] of calls) {
    const method = METHODS[name];
    const answer = method && (await method(resolved(asked, got), known));
    if (answer) got.push([name, answer, id]);
    else if (isRead(name, asked)) got.push(["error", { type: "serverUnavailable" }, id]);
    else return undefined;
  }
  return got;
}

/** Whether a call that is not answered costs nothing. What is found by its header is asked for to know whether it was sent. */
function isRead(name: string, asked: Values): boolean {
  return /\/(get|query|changes)$/.test(name) && isAnswerable(asked["filter"] as Filter | undefined);
}

/** With what arguments refer to in their place (RFC 8620, 3.7). */
function resolved(asked: Values, got: readonly MethodCall[]): Values {
  const values: Values = {};
  for (const [name, value] of Object.entries(asked)) {
    if (!name.startsWith("#")) {
      values[name] = value;
      continue;
    }
    const { resultOf, path } = value as { resultOf: string; path: string };
    const answer = got.find(([, , id]) => id === resultOf)?.[1];
    values[name.slice(1)] = path.split("/").slice(1).reduce<unknown>(step, answer);
  }
  return values;
}

function step(at: unknown, name: string): unknown {
  if (name === "*") return at;
  if (!Array.isArray(at)) return (at as Values | undefined)?.[name];
  return at.flatMap((one: Values) => one[name] ?? []);
}

const METHODS: Record<string, Method> = {
  "Mailbox/get": ({ ids }, { around, emails, items }) => {
    const all = counted(around.mailboxes, [...emails.values()], items);
    return got(around.mailboxState, all, ids as Id[] | null | undefined);
  },
  "Mailbox/changes": ({ sinceState }, { around }) => unchanged(sinceState, around.mailboxes.map(({ id }) => id)),
  "Email/changes": ({ sinceState }, { items }) => unchanged(sinceState, [...touched(items)]),
  "Email/query": query,
  "Email/get": emailsOf,
  "Email/set": set,
  "Thread/get": ({ ids }, known) => {
    const threads = new Map<Id, Email[]>();
    for (const email of all(known)) threads.set(email.threadId, [...(threads.get(email.threadId) ?? []), email]);
    const list = (ids as Id[]).flatMap((id) => {
      const emails = threads.get(id)?.sort((a, b) => (a.receivedAt < b.receivedAt ? -1 : 1));
      return emails ? [{ id, emailIds: emails.map((email) => email.id) }] : [];
    });
    // Of what is not kept nobody knows here whether it is there.
    if (list.length < new Set(ids as Id[]).size) return undefined;
    return { state: "kept", list, notFound: [] };
  },
  "SafeBody/get": ({ emailIds }, { emails }) => ({ list: (emailIds as Id[]).map((id) => bodiesOf(id, emails)), notFound: [] }),
  "SearchSnippet/get": () => ({ list: [], notFound: null }),
  "Identity/get": ({ ids }, { around }) => got("kept", around.identities, ids as Id[] | null),
  "Quota/get": (_, { around }) => ({ state: "kept", list: around.quota, notFound: [] }),
  "Preferences/get": (_, { around }) => ({ state: "kept", list: around.preferences, notFound: [] }),
  // What waits on the host is not known here; what waits here is shown beside it.
  "EmailSubmission/query": ({ filter }) => (filter ? { ids: [], position: 0, queryState: "kept" } : undefined),
  "EmailSubmission/get": ({ ids }) => (ids ? { state: "kept", list: [], notFound: [] } : undefined),
  // What is to be deleted is retained as long as it waits.
  "RetainedEmail/query": (_, { items }) => ({ ids: doomed(items), position: 0 }),
  "RetainedEmail/get": ({ ids }) => ({ state: "kept", list: (ids as Id[]).map((id) => ({ id, emailId: id })), notFound: [] }),
  "RetainedEmail/restore": async ({ ids }, known) => {
    await known.spare(ids as Id[]);
    return { restored: Object.fromEntries((ids as Id[]).map((id) => [id, {}])), notRestored: {} };
  },
};

const all = ({ emails, items }: Known): Email[] => [...seen([...emails.values()], items).values()];

function doomed(items: readonly Item[]): Id[] {
  return waiting(items).flatMap(({ deed }) => (deed.kind === "destroy" ? deed.ids : []));
}

function got<T extends { id: Id }>(state: string, list: readonly T[], ids: readonly Id[] | null | undefined): Values {
  if (!ids) return { state, list, notFound: [] };
  const found = list.filter(({ id }) => ids.includes(id));
  return { state, list: found, notFound: ids.filter((id) => !found.some((one) => one.id === id)) };
}

/** What changed here is asked for again; to the host the state is the one that it was. */
function unchanged(state: unknown, updated: Id[]): Values {
  return { oldState: state, newState: state, hasMoreChanges: false, created: [], updated, destroyed: [], updatedProperties: null };
}

function query(asked: Values, known: Known): Values | undefined {
  const filter = asked["filter"] as Filter | null | undefined;
  if (!isAnswerable(filter)) return undefined;
  const found = ordered(all(known).filter((email) => matches(email, filter)), (asked["sort"] ?? []) as Comparator[]);
  const threads = new Set<Id>();
  const rows = asked["collapseThreads"] ? found.filter(({ threadId }) => !threads.has(threadId) && threads.add(threadId)) : found;
  const ids = rows.map(({ id }) => id);
  let position = Number(asked["position"] ?? 0);
  if (asked["anchor"] !== undefined) {
    // The row on top may be gone; what is seen then begins at the top.
    position = Math.max(0, ids.indexOf(asked["anchor"] as Id));
  }
  const limit = Number(asked["limit"] ?? ids.length);
  // Whatever was asked before may be of another list.
  const queryState = `kept-${known.items.at(-1)?.number ?? 0}-${known.items.length}-${known.emails.size}`;
  return { ids: ids.slice(position, position + limit), position, total: ids.length, queryState, canCalculateChanges: false };
}

async function emailsOf(asked: Values, known: Known): Promise<Values | undefined> {
  const ids = [...new Set((asked["ids"] ?? []) as Id[])];
  const now = seen([...known.emails.values()], known.items);
  const state = known.around.emailState;
  if (asked["fetchTextBodyValues"] || asked["fetchHTMLBodyValues"]) {
    const originals = await Promise.all(ids.map((id) => known.original(id)));
    if (originals.some((one) => !one)) return undefined;
    const list = originals.map((one) => ({ ...one?.original, ...now.get(one?.id ?? "") }));
    return { state, list, notFound: [] };
  }
  if (((asked["properties"] ?? []) as string[]).some((name) => name === "bodyStructure" || name === "headers")) return undefined;
  const list = ids.flatMap((id) => now.get(id) ?? []);
  return { state, list, notFound: ids.filter((id) => !now.has(id)) };
}

function bodiesOf(emailId: Id, emails: ReadonlyMap<Id, KeptEmail>): SafeBodies {
  return emails.get(emailId)?.bodies ?? { emailId, expires: null, bodies: [], isMissing: true };
}

/** Patches of what emails are in and marked with, and deletions, can wait; new emails cannot. */
async function set(asked: Values, known: Known): Promise<Values | undefined> {
  const { create, update = {}, destroy = [] } = asked as { create?: Values; update?: Record<Id, Patch>; destroy?: Id[] };
  const isPatch = (path: string) => path.startsWith("keywords/") || path.startsWith("mailboxIds/");
  if (create || Object.values(update).some((patch) => !Object.keys(patch).every(isPatch))) return undefined;
  const patches = Object.entries(update);
  const deeds: Deed[] = [];
  for (let at = 0; at < patches.length; at += TARGETS_MAX) {
    deeds.push({ kind: "change", update: Object.fromEntries(patches.slice(at, at + TARGETS_MAX)) });
  }
  for (let at = 0; at < destroy.length; at += TARGETS_MAX) deeds.push({ kind: "destroy", ids: destroy.slice(at, at + TARGETS_MAX) });
  await known.add(deeds);
  const state = known.around.emailState;
  const updated = Object.fromEntries(patches.map(([id]) => [id, null]));
  return { oldState: state, newState: state, created: null, updated, destroyed: destroy, notCreated: null, notUpdated: null, notDestroyed: null };
}


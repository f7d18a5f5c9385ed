// What buttons, menus and keys do to the chosen rows, to the open conversation, or to everything that the list holds.

import type { Email, Id, Patch } from "../jmap/types.ts";
import { emails } from "../store/emails.svelte.ts";
import { list } from "../store/list.svelte.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";
import { part } from "../store/patch.ts";
import { here } from "../store/place.svelte.ts";
import { selection } from "../store/selection.svelte.ts";
import { completeThreads } from "../store/window.svelte.ts";
import { ask } from "../ui/ask.svelte.ts";
import { folderName } from "../words/folders.svelte.ts";
import { words } from "../words/words.svelte.ts";
import { changeAll, count } from "./bulk.ts";
import { destroy } from "./destroy.ts";
import { failed } from "./done.ts";
import { change, keyword, moveTo } from "./emails.ts";

type Said = (n: number) => string;
/** Rows that a command is about; none: what is chosen, or read. */
type About = readonly Id[] | undefined;

/** The rows that a command is about, and the emails that these stand for. */
async function targets(about?: About): Promise<{ rows: readonly Id[]; members: Email[] }> {
  const rows = about ?? list.rows(here.threadId);
  const threads = rows.map((id) => emails.get(id)?.threadId).filter((id) => id !== undefined);
  if (list.window?.query.isByThread) await completeThreads(threads);
  return { rows, members: rows.flatMap((row) => list.members(row)) };
}

/** The folder that is shown. */
function shown(): Id | undefined {
  return list.window?.query.mailboxId;
}

function role(): string | undefined {
  const id = shown();
  return (id === undefined ? undefined : mailboxes.get(id)?.role) ?? undefined;
}

export function isIn(name: string): boolean {
  return role() === name;
}

/** Asks, and does it to everything that the list holds. */
async function toAll(what: string, update: Patch | undefined, said: Said): Promise<void> {
  const filter = list.window?.query.filter ?? null;
  try {
    const n = await count(filter);
    const { sure } = words.text;
    const text = update ? sure.all(n) : sure.forever(n);
    const isSure = await ask.sure({ title: sure.title(what, n), text, go: sure.go(n), isBad: !update });
    if (isSure) await changeAll(filter, update ? { update } : { destroy: true }, n, said);
  } catch (error) {
    failed(error);
  }
}

/** What was moved out of sight is not read any more. */
function leave(rows: readonly Id[]): void {
  const open = here.threadId;
  if (open === undefined) return;
  const opens = (id: Id) => {
    const email = emails.get(id);
    return email !== undefined && list.opens(email) === open;
  };
  if (rows.some(opens)) here.read(undefined);
}

/** Whether all that the list holds is meant, and no rows that are named. */
function isAll(about: About): boolean {
  return !about && selection.isAll;
}

/** Moves to a folder. */
export async function moveRows(to: Id, said?: Said, about?: About): Promise<void> {
  const mailbox = mailboxes.get(to);
  const from = shown();
  if (!mailbox || to === from) return;
  const { act, done } = words.text;
  const name = folderName(mailbox);
  const says = said ?? ((n: number) => done.moved(n, name));
  if (isAll(about)) {
    const update: Patch =
      from === undefined
        ? { mailboxIds: { [to]: true } }
        : { [`mailboxIds/${part(from)}`]: null, [`mailboxIds/${part(to)}`]: true };
    return await toAll(`${act.moveTo} ${name}`, update, says);
  }
  const { rows, members } = await targets(about);
  leave(rows);
  await change(members, moveTo(to, from), rows, says);
}

function toRole(name: string, said: Said, about: About): Promise<void> {
  const to = mailboxes.withRole(name);
  return to ? moveRows(to.id, said, about) : Promise.resolve();
}

export const commands = {
  archive: (about?: About) => toRole("archive", words.text.done.archived, about),
  spam: (about?: About) => toRole("junk", words.text.done.spam, about),
  notSpam: (about?: About) => toRole("inbox", words.text.done.notSpam, about),

  /** To the trash; from there for good. */
  async delete(about?: About): Promise<void> {
    const { act, done, sure } = words.text;
    const isFinal = isIn("trash") || isIn("junk");
    if (!isFinal && mailboxes.withRole("trash")) return await toRole("trash", done.deleted, about);
    if (isAll(about)) return await toAll(act.deleteForever, undefined, done.destroyed);
    const { rows, members } = await targets(about);
    const n = members.length;
    if (n === 0) return;
    const question = { title: sure.title(act.deleteForever, n), text: sure.forever(n), go: sure.go(n), isBad: true };
    if (!(await ask.sure(question))) return;
    leave(rows);
    await destroy(members, rows);
  },

  async read(isRead: boolean, about?: About): Promise<void> {
    const { act, done } = words.text;
    const [what, said] = isRead ? [act.markRead, done.read] : [act.markUnread, done.unread];
    await setKeyword("$seen", isRead, what, said, about);
    if (!isRead && selection.isEmpty && !about) here.read(undefined);
  },

  /** Sets a star, or takes it away where all have one. */
  async star(about?: About): Promise<void> {
    const { act, done } = words.text;
    if (isAll(about)) return await toAll(act.star, keyword("$flagged", true)(), done.starred);
    const { rows, members } = await targets(about);
    const isSet = !rows.every((row) => list.isStarred(row));
    // A star is put on the message that the row shows, and taken from all of its conversation.
    const some = isSet ? members.filter((email) => rows.includes(email.id)) : members;
    await change(some, keyword("$flagged", isSet), [], isSet ? done.starred : done.unstarred);
  },

  async tag(name: string, isSet: boolean, called: string): Promise<void> {
    const { act, done } = words.text;
    const said = (n: number) => (isSet ? done.tagged(n, called) : done.untagged(n, called));
    await setKeyword(name, isSet, act.tags, said);
  },
};

async function setKeyword(name: string, isSet: boolean, what: string, said: Said, about?: About): Promise<void> {
  if (isAll(about)) return await toAll(what, keyword(name, isSet)(), said);
  const { members } = await targets(about);
  await change(members, keyword(name, isSet), [], said);
}

/** Opening a conversation marks it as read; that is nothing to be undone. */
export async function markRead(members: readonly Email[]): Promise<void> {
  await change(members, keyword("$seen", true), [], undefined);
}

/** Marks everything in a folder as read. */
export async function readAll(mailboxId: Id): Promise<void> {
  const { done } = words.text;
  const filter = {
    operator: "AND" as const,
    conditions: [{ inMailbox: mailboxId }, { notKeyword: "$seen" }],
  };
  try {
    const n = await count(filter);
    if (n > 0) await changeAll(filter, { update: keyword("$seen", true)() }, n, done.read);
  } catch (error) {
    failed(error);
  }
}

/** The tags of the chosen rows, and whether all of them have each. */
export function tagsOf(rows: readonly Id[]): Map<string, boolean> {
  const members = rows.flatMap((row) => list.members(row));
  const names = new Set(members.flatMap((email) => Object.keys(email.keywords)));
  return new Map([...names].map((name) => [name, members.every((email) => email.keywords[name])]));
}

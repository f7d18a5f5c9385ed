// Which of the messages that came are told on the desktop, and how. Pure.

import type { Email, Id } from "../jmap/types.ts";

/** Whoever was away for long is told of what came just now. */
const RECENT_MS = 10 * 60_000;
/** Of more than so many at once only the number is told. */
const TOLD_MAX = 4;

export interface News {
  /** One of these stands in place of another of the same name, also in other tabs. */
  tag: string;
  title: string;
  text: string;
  /** What it leads to. */
  email: Email;
}

export interface Around {
  /** The folders that are told of. */
  folders: readonly Id[];
  user: string;
  now: number;
  noSubject: string;
  nobody: string;
  many: (count: number) => string;
}

export function newsOf(emails: readonly Email[], around: Around): News[] {
  const told = emails.filter((email) => isTold(email, around)).sort((a, b) => Date.parse(a.receivedAt) - Date.parse(b.receivedAt));
  const last = told.at(-1);
  if (!last) return [];
  if (told.length > TOLD_MAX) return [{ tag: "correio-many", title: around.many(told.length), text: "", email: last }];
  return told.map((email) => ({
    tag: `correio-${email.id}`,
    title: email.from?.[0]?.name?.trim() || email.from?.[0]?.email || around.nobody,
    text: email.subject || around.noSubject,
    email,
  }));
}

function isTold(email: Email, { folders, user, now }: Around): boolean {
  const isOwn = email.from?.some((one) => one.email.toLowerCase() === user.toLowerCase()) === true;
  const isRead = email.keywords["$seen"] === true || email.keywords["$draft"] === true;
  const isRecent = now - Date.parse(email.receivedAt) < RECENT_MS;
  return !isOwn && !isRead && isRecent && folders.some((folder) => folder in email.mailboxIds);
}

// Which kept emails a filter means (RFC 8621, 4.4.1), and in which order. Texts are looked for where they are kept: in what rows show. Pure.

import type { Comparator, Email, EmailAddress, Filter, FilterCondition } from "../jmap/types.ts";

/** Whether a filter asks only for what is kept of emails. */
export function isAnswerable(filter: Filter | null | undefined): boolean {
  if (!filter) return true;
  if ("operator" in filter) return filter.conditions.every(isAnswerable);
  return filter.header === undefined;
}

export function matches(email: Email, filter: Filter | null | undefined): boolean {
  if (!filter) return true;
  if (!("operator" in filter)) return meets(email, filter);
  if (filter.operator === "AND") return filter.conditions.every((one) => matches(email, one));
  const isAny = filter.conditions.some((one) => matches(email, one));
  return filter.operator === "OR" ? isAny : !isAny;
}

function meets(email: Email, condition: FilterCondition): boolean {
  const { from, to, cc, bcc, subject, preview } = email;
  const people = (list: EmailAddress[] | null | undefined) => (list ?? []).map(({ name, email }) => `${name ?? ""} ${email}`).join(" ");
  const texts = { from: people(from), to: people(to), cc: people(cc), bcc: people(bcc), subject: subject ?? "", body: preview };
  const all = Object.values(texts).join("\n");
  const tests: { [K in keyof FilterCondition]-?: (said: NonNullable<FilterCondition[K]>) => boolean } = {
    inMailbox: (id) => id in email.mailboxIds,
    inMailboxOtherThan: (ids) => Object.keys(email.mailboxIds).some((id) => !ids.includes(id)),
    before: (date) => email.receivedAt < date,
    after: (date) => email.receivedAt >= date,
    minSize: (octets) => email.size >= octets,
    maxSize: (octets) => email.size < octets,
    hasKeyword: (name) => name in email.keywords,
    notKeyword: (name) => !(name in email.keywords),
    hasAttachment: (is) => email.hasAttachment === is,
    text: (words) => holds(all, words),
    from: (words) => holds(texts.from, words),
    to: (words) => holds(texts.to, words),
    cc: (words) => holds(texts.cc, words),
    bcc: (words) => holds(texts.bcc, words),
    subject: (words) => holds(texts.subject, words),
    body: (words) => holds(texts.body, words),
    header: () => false,
  };
  return Object.entries(condition).every(([name, said]) => (tests[name as keyof FilterCondition] as (said: unknown) => boolean)(said));
}

/** A phrase in quotes is one text, else each word is. */
function holds(text: string, said: string): boolean {
  const found = plain(text);
  const words = [...said.matchAll(/"((?:\\.|[^"\\])*)"|(\S+)/g)].map(([, phrase, word]) => phrase?.replace(/\\(.)/g, "$1") ?? word ?? "");
  return words.every((word) => found.includes(plain(word)));
}

const plain = (text: string) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

/** Puts emails in an order; those that are equal in all, by their ids. */
export function ordered(emails: Email[], sort: readonly Comparator[]): Email[] {
  const keys: Record<Comparator["property"], (email: Email) => string | number> = {
    receivedAt: (email) => email.receivedAt,
    size: (email) => email.size,
    from: (email) => plain(email.from?.[0]?.name || email.from?.[0]?.email || ""),
    subject: (email) => plain(email.subject ?? "").replace(/^(?:(?:re|fwd?|aw|wg|enc|res)\s*:\s*)+/, ""),
  };
  const compare = (a: Email, b: Email) => {
    for (const { property, isAscending } of sort) {
      const [one, other] = [keys[property](a), keys[property](b)];
      if (one !== other) return one < other === isAscending ? -1 : 1;
    }
    return a.id < b.id ? -1 : 1;
  };
  return emails.sort(compare);
}

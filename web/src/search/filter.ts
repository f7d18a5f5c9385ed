// What a search line asks of the host (RFC 8621, 4.4.1).

import type { Filter, FilterCondition, Id } from "../jmap/types.ts";
import { type Term, dateOf, octets, parse } from "./grammar.ts";
import { keyword } from "./tags.ts";
import { ANYWHERE, ATTACHMENT, IS, ROLES, plain } from "./words.ts";

/** What a search has to know of the account. */
export interface Around {
  mailboxes: readonly { id: Id; name: string; role: string | null }[];
  /** The folder that is searched alone, unless the line says another. */
  mailboxId: Id | undefined;
  now: Date;
}

export interface Search {
  filter: Filter | null;
  /** What was not understood, and is searched as words. */
  unknown: string[];
}

export function search(line: string, around: Around): Search {
  const unknown: string[] = [];
  const conditions: Filter[] = [];
  let isPlaced = false;
  for (const term of parse(line)) {
    if (term.operator === "in" && ANYWHERE.includes(plain(term.value))) {
      isPlaced = true;
      continue;
    }
    const understood = condition(term, around);
    if (understood?.inMailbox !== undefined && !term.isNegated) isPlaced = true;
    if (!understood) unknown.push(term.source);
    const found = understood ?? { text: quoted(term.value) };
    conditions.push(term.isNegated ? { operator: "NOT", conditions: [found] } : found);
  }
  if (!isPlaced) conditions.push(...place(around));
  if (conditions.length === 0) return { filter: null, unknown };
  const [only] = conditions;
  return { filter: conditions.length === 1 && only ? only : { operator: "AND", conditions }, unknown };
}

/** Where nobody says where, not in the trash and not in spam. */
function place(around: Around): FilterCondition[] {
  if (around.mailboxId !== undefined) return [{ inMailbox: around.mailboxId }];
  const hidden = around.mailboxes.filter(({ role }) => role === "trash" || role === "junk").map(({ id }) => id);
  return hidden.length > 0 ? [{ inMailboxOtherThan: hidden }] : [];
}

function condition(term: Term, around: Around): FilterCondition | undefined {
  const { operator, value } = term;
  const text = term.isPhrase ? quoted(value) : value;
  switch (operator) {
    case undefined:
      return { text };
    case "from":
    case "to":
    case "cc":
    case "subject":
    case "body":
      return { [operator]: text };
    case "has":
      return ATTACHMENT.includes(plain(value)) ? { hasAttachment: true } : undefined;
    case "is":
      return is(value);
    case "tag":
      return { hasKeyword: keyword(value) };
    case "in":
      return named(value, around);
    case "larger":
      return sized("minSize", value);
    case "smaller":
      return sized("maxSize", value);
    case "before":
    case "after": {
      const date = dateOf(value, around.now);
      return date && { [operator]: date.toISOString().replace(/\.\d+/, "") };
    }
  }
}

function is(value: string): FilterCondition | undefined {
  const known = IS[plain(value)];
  if (!known) return undefined;
  const [name, isSet] = known;
  return isSet ? { hasKeyword: name } : { notKeyword: name };
}

function sized(property: "minSize" | "maxSize", value: string): FilterCondition | undefined {
  const size = octets(value);
  return size === undefined ? undefined : { [property]: size };
}

function named(value: string, { mailboxes }: Around): FilterCondition | undefined {
  const name = plain(value);
  const role = ROLES[name];
  const found =
    mailboxes.find((mailbox) => plain(mailbox.name) === name) ??
    mailboxes.find((mailbox) => role !== undefined && mailbox.role === role);
  return found && { inMailbox: found.id };
}

/** A phrase, as RFC 8621, 4.4.1 has it. */
function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

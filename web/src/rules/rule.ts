// Rules as people make them in a form, and as the host keeps them (docs/jmap/rules.md). Pure.

import type { EmailAddress, Filter, FilterCondition, Id, Rule, RuleCondition } from "../jmap/types.ts";
import { keyword, tagOf } from "../search/tags.ts";

/** Where a text is looked for, or that something is attached. */
export const FIELDS = ["from", "to", "subject", "list", "text", "attachment"] as const;
export type Field = (typeof FIELDS)[number];

/** One line of the form. */
export interface Line {
  field: Field;
  value: string;
  isNot: boolean;
}

/** A rule as the form has it. No line: all mail. */
export interface Form {
  name: string;
  lines: Line[];
  isAny: boolean;
  /** Where it goes; none: it stays in the inbox. */
  mailboxId: Id | undefined;
  isRead: boolean;
  isStarred: boolean;
  tag: string;
  isLast: boolean;
}

/** What the host keeps of a rule. */
export type Own = Omit<Rule, "id">;

const NONE: Own = { name: "", isEnabled: true, sortOrder: 0, filter: null, mailboxIds: null, keywords: {}, isLast: false };

/** A form that says nothing yet but from whom. */
export function blank(from?: EmailAddress): Form {
  const lines: Line[] = [{ field: "from", value: from ? exactly(from.email) : "", isNot: false }];
  return { name: "", lines, isAny: false, mailboxId: undefined, isRead: false, isStarred: false, tag: "", isLast: false };
}

/** An address with its brackets is that address alone. */
const exactly = (address: string) => `<${address}>`;

/** What the host is to keep; what the form does not speak of stays as it was. */
export function ofForm(form: Form, before: Own = NONE): Own {
  const conditions = form.lines.map(ofLine);
  const [only] = conditions;
  const filter: Rule["filter"] = conditions.length > 1 ? { operator: form.isAny ? "OR" : "AND", conditions } : (only ?? null);
  const tag = keyword(form.tag);
  const keywords: Rule["keywords"] = {
    ...(form.isRead ? { $seen: true } : {}),
    ...(form.isStarred ? { $flagged: true } : {}),
    ...(tag === "" ? {} : { [tag]: true }),
  };
  const mailboxIds: Rule["mailboxIds"] = form.mailboxId === undefined ? null : { [form.mailboxId]: true };
  return { ...before, name: form.name.trim(), filter, mailboxIds, keywords, isLast: form.isLast };
}

/** The form of a rule; none: it says more than a form can, as rules of other programs may. */
export function toForm(rule: Own): Form | undefined {
  const lines = linesOf(rule.filter);
  const [mailboxId, ...others] = Object.keys(rule.mailboxIds ?? {});
  const { $seen, $flagged, ...marks } = rule.keywords;
  const [tag, ...more] = Object.keys(marks);
  const name = tag === undefined ? "" : tagOf(tag);
  if (!lines || others.length > 0 || more.length > 0 || name === undefined) return undefined;
  const isAny = rule.filter !== null && "operator" in rule.filter && rule.filter.operator === "OR" && lines.length > 1;
  const [isRead, isStarred] = [$seen === true, $flagged === true];
  return { name: rule.name, lines, isAny, mailboxId, isRead, isStarred, tag: name, isLast: rule.isLast };
}

/** Sends what comes from an address where nobody reads it. */
export function blocking(address: string, mailboxId: Id): Own {
  return { ...NONE, filter: { from: exactly(address) }, mailboxIds: { [mailboxId]: true }, keywords: { $seen: true }, isLast: true };
}

/** Keeps a conversation that goes on out of the inbox. */
export function muting(threadId: Id, mailboxId: Id): Own {
  return { ...NONE, filter: { inThread: threadId }, mailboxIds: { [mailboxId]: true }, keywords: { $seen: true }, isLast: true };
}

/** The conversation that a rule mutes, if that is what it does. */
export function muted({ filter }: Pick<Rule, "filter">): Id | undefined {
  return filter && "inThread" in filter ? filter.inThread : undefined;
}

/** The filter of a search for what a rule would be about. */
export function asSearch(filter: Rule["filter"]): Filter | null {
  // A form never asks for a conversation, which searches cannot.
  return filter as Filter | null;
}

type Condition = Filter<RuleCondition>;

function ofLine({ field, value, isNot }: Line): Condition {
  const condition = found(field, phrase(value.trim()));
  return isNot ? { operator: "NOT", conditions: [condition] } : condition;
}

function found(field: Field, text: string): Condition {
  switch (field) {
    case "attachment":
      return { hasAttachment: true };
    case "list":
      return { header: ["List-Id", text] };
    case "to":
      return { operator: "OR", conditions: [{ to: text }, { cc: text }] };
    case "from":
    case "subject":
    case "text":
      return { [field]: text };
  }
}

function linesOf(filter: Condition | null): Line[] | undefined {
  if (!filter) return [];
  const alone = lineOf(filter);
  if (alone) return [alone];
  if (!("operator" in filter) || filter.operator === "NOT") return undefined;
  const lines = filter.conditions.map(lineOf);
  return lines.every((line) => line !== undefined) ? lines : undefined;
}

function lineOf(condition: Condition): Line | undefined {
  if ("operator" in condition) {
    const [first, second, ...others] = condition.conditions;
    if (!first || others.length > 0) return undefined;
    if (condition.operator === "NOT") {
      const inner = second ? undefined : lineOf(first);
      return inner?.isNot === false ? { ...inner, isNot: true } : undefined;
    }
    const isOfPair = condition.operator === "OR" && second && "to" in first && "cc" in second && first.to === second.cc;
    return isOfPair && first.to !== undefined ? { field: "to", value: plain(first.to), isNot: false } : undefined;
  }
  const [[name, value] = [], ...others] = Object.entries(condition as FilterCondition);
  if (others.length > 0) return undefined;
  if (name === "hasAttachment" && value === true) return { field: "attachment", value: "", isNot: false };
  if (name === "header" && Array.isArray(value)) {
    const [field, text, ...more] = value;
    return field?.toLowerCase() === "list-id" && text !== undefined && more.length === 0 ? { field: "list", value: plain(text), isNot: false } : undefined;
  }
  const isOwn = name === "from" || name === "subject" || name === "text";
  // Several words that need not stand together are more than a line says.
  return isOwn && typeof value === "string" && phrase(plain(value)) === value ? { field: name, value: plain(value), isNot: false } : undefined;
}

/** A text that is looked for as it stands (RFC 8621, 4.4.1). */
function phrase(text: string): string {
  return /[\s"']/.test(text) ? `"${text.replace(/[\\"]/g, "\\$&")}"` : text;
}

function plain(text: string): string {
  return /^".*"$/s.test(text) ? text.slice(1, -1).replace(/\\(.)/gs, "$1") : text;
}

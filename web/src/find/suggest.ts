// What may be meant by what stands in the search line: operators, people, folders, tags, and what was searched before. Pure.

import type { EmailAddress } from "../jmap/types.ts";
import type { SavedSearch } from "../store/preferences.svelte.ts";
import { OPERATORS, type Operator, plain } from "../search/words.ts";

export interface Suggestion {
  kind: "operator" | "value" | "person" | "folder" | "tag" | "earlier" | "saved";
  /** What is shown, and what stands beside it. */
  label: string;
  detail: string;
  /** The search line as it would be. */
  line: string;
  /** Whether it is searched at once; else one goes on typing. */
  isWhole: boolean;
}

/** What is there to choose from; words are those of the page's language. */
export interface Around {
  people: readonly EmailAddress[];
  folders: readonly string[];
  tags: readonly string[];
  earlier: readonly string[];
  saved: readonly SavedSearch[];
  /** For each operator what is written, and what it does. */
  operators: Readonly<Partial<Record<Operator, readonly [string, string]>>>;
  /** For `is:` and `has:` what may stand there, and what it means. */
  values: Readonly<Partial<Record<Operator, readonly (readonly [string, string])[]>>>;
}

const SUGGESTED_MAX = 8;
const EARLIER_MAX = 5;
/** With nothing typed it is in the way of what one sees. */
const BEGINNINGS_MAX = 6;

/** For a line whose end is being typed. */
export function suggest(line: string, around: Around): Suggestion[] {
  if (line.trim() === "") return beginnings(around);
  const { before, minus, operator, typed } = last(line);
  const put = (text: string) => `${before}${minus}${text} `;
  const found = operator === undefined ? ofWord(typed, minus, put, around) : ofOperator(operator, typed, put, around);
  const lines = new Set<string>([line.trim()]);
  return found.filter((one) => !lines.has(one.line.trim()) && lines.add(one.line.trim())).slice(0, SUGGESTED_MAX);
}

/** With nothing typed: what one searched before, and how one can begin. */
function beginnings(around: Around): Suggestion[] {
  const searches = [...saved("", around), ...earlier("", around)].slice(0, EARLIER_MAX);
  const operators = Object.values(around.operators).map(([written, said]) => operatorOf(written, said, `${written}:`));
  return [...searches, ...operators].slice(0, BEGINNINGS_MAX);
}

/** The term at the end, which is being typed, and what stands before it. */
function last(line: string): { before: string; minus: string; operator: Operator | undefined; typed: string } {
  const [, before = "", minus = "", name, value = ""] = /^(.*?)(-?)(?:(\p{L}+):)?("[^"]*|[^\s":]*)$/su.exec(line) ?? ["", line];
  const operator = name === undefined ? undefined : OPERATORS[plain(name)];
  const isKnown = name === undefined || operator !== undefined;
  const typed = value.replace(/^"/, "");
  return { before, minus, operator, typed: isKnown ? typed : `${name}:${typed}` };
}

type Put = (text: string) => string;

function ofWord(typed: string, minus: string, put: Put, around: Around): Suggestion[] {
  if (typed === "") return [];
  const begins = Object.values(around.operators).filter(([written]) => plain(written).startsWith(plain(typed)));
  const from = around.operators.from?.[0] ?? "from";
  return [
    ...saved(typed, around),
    ...begins.map(([written, said]) => operatorOf(written, said, put(`${written}:`).trimEnd())),
    ...people(from, typed, put, around).slice(0, 3),
    ...(typed.length < 2 ? [] : [...folders(typed, put, around).slice(0, 2), ...tags(typed, put, around).slice(0, 2)]),
    ...(minus === "" ? earlier(typed, around) : []),
  ];
}

function ofOperator(operator: Operator, typed: string, put: Put, around: Around): Suggestion[] {
  const [written] = around.operators[operator] ?? [operator];
  switch (operator) {
    case "from":
    case "to":
    case "cc":
      return people(written, typed, put, around);
    case "in":
      return folders(typed, put, around);
    case "tag":
      return tags(typed, put, around);
    default: {
      const values = around.values[operator] ?? [];
      const meant = values.filter(([value, said]) => [value, said].some((one) => plain(one).startsWith(plain(typed))));
      return meant.map(([value, said]) => whole("value", `${written}:${value}`, said, put(`${written}:${value}`)));
    }
  }
}

function people(written: string, typed: string, put: Put, around: Around): Suggestion[] {
  const meant = around.people.filter(({ name, email }) => {
    const parts = [...(name ?? "").split(/[\s,."']+/), email, name ?? ""];
    return typed === "" || parts.some((part) => plain(part).startsWith(plain(typed)));
  });
  return meant.map(({ name, email }) => whole("person", name?.trim() || email, `${written}:${email}`, put(`${written}:${email}`)));
}

function folders(typed: string, put: Put, around: Around): Suggestion[] {
  const [written] = around.operators.in ?? ["in"];
  const meant = around.folders.filter((name) => plain(name).includes(plain(typed)));
  return meant.map((name) => whole("folder", name, `${written}:${quoted(name)}`, put(`${written}:${quoted(name)}`)));
}

function tags(typed: string, put: Put, around: Around): Suggestion[] {
  const [written] = around.operators.tag ?? ["tag"];
  const meant = around.tags.filter((name) => plain(name).startsWith(plain(typed)));
  return meant.map((name) => whole("tag", name, `${written}:${quoted(name)}`, put(`${written}:${quoted(name)}`)));
}

function saved(typed: string, around: Around): Suggestion[] {
  const meant = around.saved.filter(({ name }) => plain(name).includes(plain(typed)));
  return meant.map(({ name, line }) => whole("saved", name, line, line));
}

function earlier(typed: string, around: Around): Suggestion[] {
  const meant = around.earlier.filter((line) => plain(line).includes(plain(typed)));
  return meant.slice(0, EARLIER_MAX).map((line) => whole("earlier", line, "", line));
}

function whole(kind: Suggestion["kind"], label: string, detail: string, line: string): Suggestion {
  return { kind, label, detail, line, isWhole: true };
}

function operatorOf(written: string, said: string, line: string): Suggestion {
  return { kind: "operator", label: `${written}:`, detail: said, line, isWhole: false };
}

/** As it stands in a line. */
export function quoted(text: string): string {
  return /[\s":]/.test(text) ? `"${text.replaceAll('"', "")}"` : text;
}

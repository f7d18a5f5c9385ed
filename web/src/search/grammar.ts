// Takes a search line apart: words, "phrases", operators with values, and a minus before any of them. Nothing that people type is an error:
// what is no operator is a word.

import { OPERATORS, type Operator, plain } from "./words.ts";

export interface Term {
  /** None: a word or phrase that may stand anywhere. */
  operator: Operator | undefined;
  value: string;
  isPhrase: boolean;
  isNegated: boolean;
  /** As it was typed. */
  source: string;
}

const TERM = /(-?)(?:([\p{L}]+):)?(?:"([^"]*)"?|([^\s"]+))/gu;

export function parse(line: string): Term[] {
  const terms: Term[] = [];
  for (const match of line.matchAll(TERM)) {
    const [source = "", minus, name, quoted, bare] = match;
    const operator = name === undefined ? undefined : OPERATORS[plain(name)];
    let value = quoted ?? bare ?? "";
    // "note:this" is a word where nothing is called "note".
    if (name !== undefined && operator === undefined) value = `${name}:${value}`;
    if (value === "" || value === "-") continue;
    terms.push({ operator, value, isPhrase: quoted !== undefined, isNegated: minus === "-", source });
  }
  return terms;
}

const UNITS: Record<string, number> = { "": 1, b: 1, k: 1e3, kb: 1e3, m: 1e6, mb: 1e6, g: 1e9, gb: 1e9 };

/** `5mb`, `1,5 MB`, `200k`: octets. */
export function octets(text: string): number | undefined {
  const match = /^(\d+(?:[.,]\d+)?)\s*([kmg]?b?)$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? "").toLowerCase()];
  if (!match?.[1] || unit === undefined) return undefined;
  return Math.round(Number(match[1].replace(",", ".")) * unit);
}

const DAY_MS = 86_400_000;
const SPANS: Record<string, number> = { d: 1, w: 7, s: 7, m: 30, y: 365, a: 365 };

/** The beginning of a day, month or year, in the time zone of whoever asks: `2026`, `2026-03`, `2026-03-09`, `9/3/2026`, `today`, `7d`. */
export function dateOf(text: string, now: Date): Date | undefined {
  const word = plain(text);
  const midnight = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  if (word === "today" || word === "hoje") return midnight;
  if (word === "yesterday" || word === "ontem") return new Date(midnight.getTime() - DAY_MS);
  const ago = /^(\d{1,4})([dwsmya])$/.exec(word);
  if (ago) return new Date(midnight.getTime() - Number(ago[1]) * (SPANS[ago[2] ?? "d"] ?? 1) * DAY_MS);
  const iso = /^(\d{4})(?:[-/](\d{1,2})(?:[-/](\d{1,2}))?)?$/.exec(text);
  if (iso) return day(Number(iso[1]), Number(iso[2] ?? 1), Number(iso[3] ?? 1));
  const european = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/.exec(text);
  if (european) return day(Number(european[3]), Number(european[2]), Number(european[1]));
  return undefined;
}

function day(year: number, month: number, date: number): Date | undefined {
  const made = new Date(year, month - 1, date);
  const isReal = made.getMonth() === month - 1 && made.getDate() === date;
  return isReal && year >= 1970 ? made : undefined;
}

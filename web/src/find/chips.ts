// The terms of a search line as chips: what each says, and the line without it. Pure.

import { type Term, parse } from "../search/grammar.ts";

export interface Chip {
  term: Term;
  /** The line without it. */
  without: string;
}

/** The operators of a line; plain words are read in the line itself. */
export function chips(line: string): Chip[] {
  const terms = parse(line);
  return terms
    .filter(({ operator, isNegated }) => operator !== undefined || isNegated)
    .map((term) => ({ term, without: written(terms.filter((one) => one !== term)) }));
}

/** The line with a term, or without it where it has that already. */
export function toggled(line: string, source: string): string {
  const terms = parse(line);
  const [term] = parse(source);
  if (!term) return line;
  const rest = terms.filter((one) => !isSame(one, term));
  return rest.length < terms.length ? written(rest) : `${written(terms)} ${source}`.trim();
}

export function has(line: string, source: string): boolean {
  const [term] = parse(source);
  return term !== undefined && parse(line).some((one) => isSame(one, term));
}

function isSame(one: Term, other: Term): boolean {
  return one.operator === other.operator && one.isNegated === other.isNegated && one.value.toLowerCase() === other.value.toLowerCase();
}

function written(terms: readonly Term[]): string {
  return terms.map(({ source }) => source).join(" ");
}

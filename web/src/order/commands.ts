// What the palette offers for some letters: the best first. Pure.

import { plain } from "../search/words.ts";

export interface Offer {
  /** What it is called, and what stands beside it. */
  label: string;
  detail: string;
  run: () => unknown;
}

const OFFERED_MAX = 12;

/** Those whose words begin with all that was typed come first, then those that hold it; each lot in its own order. */
export function offered(offers: readonly Offer[], typed: string): Offer[] {
  const wanted = typed.trim().split(/\s+/).map(plain).filter(Boolean);
  const ranked = offers.map((offer) => ({ offer, rank: rank(offer.label, wanted) })).filter(({ rank }) => rank > 0);
  return ranked
    .sort((a, b) => b.rank - a.rank)
    .slice(0, OFFERED_MAX)
    .map(({ offer }) => offer);
}

/** 0: it is not meant. */
function rank(label: string, wanted: readonly string[]): number {
  const words = label.split(/[\s/]+/).map(plain);
  const whole = plain(label);
  if (wanted.every((one) => words.some((word) => word.startsWith(one)))) return whole.startsWith(wanted[0] ?? "") ? 3 : 2;
  return wanted.every((one) => whole.includes(one)) ? 1 : 0;
}

// What stays and what goes, so that what is kept takes no more room than it may. Pure.

import type { Id } from "../jmap/types.ts";
import type { KeptEmail } from "./kept.ts";

/** Rows that are kept at most. */
export const ROWS_MAX = 3000;
/** Octets that all bodies, with what is kept for answers, take at most. */
export const OCTETS_MAX = 64_000_000;
/** Who opened a message within that time may want it again more than what lies in the inbox. */
const RECENT_MS = 7 * 86_400_000;

/** Which emails are dropped, and from which the bodies are taken: those that are wanted least. */
export function chosen(kept: readonly KeptEmail[], wanted: ReadonlySet<Id>, now: number, rows_max = ROWS_MAX, octets_max = OCTETS_MAX): { dropped: Id[]; emptied: Id[] } {
  const rank = ({ id, used }: KeptEmail) => (now - used < RECENT_MS ? 2 : wanted.has(id) ? 1 : 0);
  const date = ({ email }: KeptEmail) => email.receivedAt;
  const best = [...kept].sort((a, b) => rank(b) - rank(a) || (date(a) < date(b) ? 1 : -1));
  const dropped = best.slice(rows_max).map(({ id }) => id);
  let octets = 0;
  const emptied: Id[] = [];
  for (const one of best.slice(0, rows_max)) {
    octets += one.octets;
    if (octets <= octets_max || one.octets === 0) continue;
    octets -= one.octets;
    emptied.push(one.id);
  }
  return { dropped, emptied };
}

// What is left to be done of an item, once it is known how the host has its emails now. An answer may have been lost: what is so already is
// done. What others did meanwhile stays, and is said. Pure.

import type { Id, Patch } from "../jmap/types.ts";
import { effective, isNothing } from "../store/patch.ts";
import type { Sets, Trouble } from "./kept.ts";

/** How the host has it. */
export interface Now {
  emails: ReadonlyMap<Id, Sets>;
  mailboxes: ReadonlySet<Id>;
}

export interface Plan {
  update: Record<Id, Patch>;
  troubles: Trouble[];
}

export function plan(update: Record<Id, Patch>, now: Now): Plan {
  const left: Record<Id, Patch> = {};
  const counts = { gone: 0, moved: 0, mailboxGone: 0 };
  for (const [id, patch] of Object.entries(update)) {
    const email = now.emails.get(id);
    if (!email) {
      counts.gone += 1;
      continue;
    }
    const { mailboxes, others } = halves(patch);
    const conflict = conflictOf(email, mailboxes, now.mailboxes);
    if (conflict) counts[conflict] += 1;
    const rest = effective(email, conflict ? others : patch);
    if (!isNothing(rest)) left[id] = rest;
  }
  const kinds = ["gone", "moved", "mailboxGone"] as const;
  const troubles = kinds.filter((kind) => counts[kind] > 0).map((kind): Trouble => ({ kind, count: counts[kind] }));
  return { update: left, troubles };
}

function halves(patch: Patch): { mailboxes: Patch; others: Patch } {
  const [mailboxes, others]: [Patch, Patch] = [{}, {}];
  for (const [path, value] of Object.entries(patch)) (path.startsWith("mailboxIds/") ? mailboxes : others)[path] = value;
  return { mailboxes, others };
}

/** Somebody moved it elsewhere, or the folder that it should go to is not there. */
function conflictOf(email: Sets, patch: Patch, mailboxes: ReadonlySet<Id>): "moved" | "mailboxGone" | undefined {
  const names = (isSet: boolean) => Object.entries(patch).flatMap(([path, value]) => (value !== null) === isSet ? path.slice("mailboxIds/".length) : []);
  const [to, from] = [names(true), names(false)];
  if (to.some((id) => !mailboxes.has(id))) return "mailboxGone";
  const isThere = to.length > 0 && to.every((id) => id in email.mailboxIds);
  const cameFrom = from.length === 0 || from.some((id) => id in email.mailboxIds);
  return isThere || cameFrom ? undefined : "moved";
}

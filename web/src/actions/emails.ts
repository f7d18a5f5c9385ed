// What is done to emails: it shows at once, then the host is told, and what the host refuses goes back. Each can be undone.

import type { Email, Id, Patch } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { emails } from "../store/emails.svelte.ts";
import { list } from "../store/list.svelte.ts";
import { effective, inverse, isNothing, part } from "../store/patch.ts";
import { selection } from "../store/selection.svelte.ts";
import { sync } from "../store/sync.ts";
import { NotSet, done, failed } from "./done.ts";

export type Patches = Map<Id, Patch>;

/** Tells the host, in as many requests as it takes; fails when it refuses any. */
async function tell(patches: Patches): Promise<void> {
  const { client } = connection;
  const all = [...patches];
  for (let at = 0; at < all.length; at += client.limits.maxObjectsInSet) {
    const update = Object.fromEntries(all.slice(at, at + client.limits.maxObjectsInSet));
    const answer = await client.call("Email/set", { update }).answer;
    const refused = Object.values(answer.notUpdated ?? {})[0];
    if (refused) throw new NotSet(refused.type);
  }
}

/** Shows patches at once and tells the host. When that fails, all is as it was, and the list is asked for again. */
export async function apply(patches: Patches, leaves: readonly Id[]): Promise<void> {
  const back: Patches = new Map();
  for (const [id, patch] of patches) {
    const email = emails.get(id);
    if (email) back.set(id, inverse(email, patch));
  }
  emails.patch(patches);
  list.window?.remove(leaves);
  selection.remove(leaves);
  await sync.during(async () => {
    try {
      await tell(patches);
    } catch (error) {
      emails.patch(back);
      throw error;
    }
  });
}

/** Does the same to several emails, shows it, and can take it back. Gives whether there was anything to do. */
export async function change(
  targets: readonly Email[],
  patchOf: (email: Email) => Patch,
  leaves: readonly Id[],
  said: ((count: number) => string) | undefined,
): Promise<boolean> {
  const patches: Patches = new Map();
  const back: Patches = new Map();
  for (const email of targets) {
    const patch = effective(email, patchOf(email));
    if (isNothing(patch)) continue;
    patches.set(email.id, patch);
    back.set(email.id, inverse(email, patch));
  }
  if (patches.size === 0) return false;
  try {
    await apply(patches, leaves);
    if (said) {
      const undo = () => apply(back, []);
      const redo = () => apply(patches, []);
      done({ said: said(patches.size), undo, redo });
    }
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

/** A patch that puts an email into one folder and takes it out of those it is in: out of one, if it came from there. */
export function moveTo(to: Id, from: Id | undefined): (email: Email) => Patch {
  return (email) => {
    const leaves = from !== undefined && from in email.mailboxIds ? [from] : Object.keys(email.mailboxIds);
    const patch: Patch = {};
    for (const id of leaves) if (id !== to) patch[`mailboxIds/${part(id)}`] = null;
    patch[`mailboxIds/${part(to)}`] = true;
    return patch;
  };
}

export function keyword(name: string, isSet: boolean): () => Patch {
  const patch: Patch = { [`keywords/${part(name)}`]: isSet ? true : null };
  return () => patch;
}

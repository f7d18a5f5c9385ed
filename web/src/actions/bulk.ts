// What is done to everything that a query matches, on the host (docs/jmap/bulk.md): it says how many first, and takes all of it back.

import type { Filter, Patch } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { selection } from "../store/selection.svelte.ts";
import { sync } from "../store/sync.ts";
import { NotSet, done, failed } from "./done.ts";

/** What becomes of all. */
export type Change = { update: Patch } | { destroy: true };

/** How many emails a filter matches: rows may be conversations. */
export async function count(filter: Filter | null): Promise<number> {
  const { client } = connection;
  const answer = await client.call("Email/query", { filter, limit: 1, calculateTotal: true }).answer;
  return answer.total ?? 0;
}

export async function changeAll(
  filter: Filter | null,
  change: Change,
  expected: number,
  said: (count: number) => string,
): Promise<void> {
  try {
    selection.clear();
    let token = await tell(filter, change, expected);
    if (token === undefined) return;
    done({
      said: said(expected),
      undo: async () => {
        await sync.during(() => connection.client.call("Email/undo", { undoToken: token ?? "" }).answer);
      },
      redo: async () => {
        token = await tell(filter, change, expected);
      },
    });
  } catch (error) {
    failed(error);
  }
}

/** Does it, and gives by what it is undone. */
async function tell(filter: Filter | null, change: Change, expected: number): Promise<string | undefined> {
  const { client } = connection;
  const answer = await sync.during(() => client.call("Email/setByQuery", { filter, expected, ...change }).answer);
  if (answer.error) throw new NotSet(answer.error.type);
  const refused = Object.keys(answer.notChanged ?? {})[0];
  if (refused !== undefined && answer.changed === 0) throw new NotSet(refused);
  return answer.undoToken ?? undefined;
}

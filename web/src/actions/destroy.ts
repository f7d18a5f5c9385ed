// Deleting for good. The host keeps what was destroyed for a while (docs/jmap/retained.md), so that this can be undone as well.

import type { Email, Id } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { list } from "../store/list.svelte.ts";
import { selection } from "../store/selection.svelte.ts";
import { sync } from "../store/sync.ts";
import { words } from "../words/words.svelte.ts";
import { NotSet, done, failed } from "./done.ts";

/** Destroys emails, and shows it. */
export async function destroy(targets: readonly Email[], rows: readonly Id[]): Promise<void> {
  const ids = targets.map((email) => email.id);
  try {
    const since = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, "");
    await tell(ids, rows);
    done({
      said: words.text.done.destroyed(ids.length),
      undo: () => restore(ids, since),
      redo: () => tell(ids, []),
    });
  } catch (error) {
    failed(error);
  }
}

async function tell(ids: readonly Id[], rows: readonly Id[]): Promise<void> {
  const { client } = connection;
  list.window?.remove(rows);
  selection.remove(rows);
  await sync.during(async () => {
    for (let at = 0; at < ids.length; at += client.limits.maxObjectsInSet) {
      const some = ids.slice(at, at + client.limits.maxObjectsInSet);
      const answer = await client.call("Email/set", { destroy: some }).answer;
      const refused = Object.values(answer.notDestroyed ?? {})[0];
      if (refused && refused.type !== "notFound") throw new NotSet(refused.type);
    }
  });
}

/** Brings back what was destroyed since. */
async function restore(ids: readonly Id[], after: string): Promise<void> {
  const { client } = connection;
  const wanted = new Set(ids);
  await sync.during(async () => {
    const found = client.call("RetainedEmail/query", { filter: { after }, limit: client.limits.maxObjectsInGet });
    const got = client.call("RetainedEmail/get", { "#ids": found.ref("/ids") });
    const places = (await got.answer).list.filter((place) => wanted.has(place.emailId)).map((place) => place.id);
    if (places.length === 0) throw new NotSet("undoNotFound");
    const answer = await client.call("RetainedEmail/restore", { ids: places }).answer;
    const refused = Object.values(answer.notRestored)[0];
    if (refused) throw new NotSet(refused.type);
  });
}

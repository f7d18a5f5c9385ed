// What happened to one's mail, and what can be brought back of it (docs/jmap/activity.md, docs/jmap/retained.md).

import { NotSet } from "../actions/done.ts";
import type { Activity, Id, RetainedEmail } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { sync } from "../store/sync.ts";

const PAGE = 50;

export async function fetchActivities(action: string, position: number): Promise<{ list: Activity[]; isEnd: boolean }> {
  const { client } = connection;
  const found = client.call("Activity/query", { filter: action ? { action } : null, position, limit: PAGE });
  const got = client.call("Activity/get", { "#ids": found.ref("/ids") });
  const [{ ids }, { list }] = await Promise.all([found.answer, got.answer]);
  const byId = new Map(list.map((one) => [one.id, one]));
  return { list: ids.flatMap((id) => byId.get(id) ?? []), isEnd: ids.length < PAGE };
}

export async function fetchRetained(position: number): Promise<{ list: RetainedEmail[]; total: number }> {
  const { client } = connection;
  const found = client.call("RetainedEmail/query", { position, limit: PAGE, calculateTotal: true });
  const got = client.call("RetainedEmail/get", { "#ids": found.ref("/ids") });
  const [{ ids, total }, { list }] = await Promise.all([found.answer, got.answer]);
  const byId = new Map(list.map((one) => [one.id, one]));
  return { list: ids.flatMap((id) => byId.get(id) ?? []), total: total ?? ids.length };
}

/** All that one change deleted and that is still kept. */
export async function retainedBy(activityId: Id): Promise<Id[]> {
  return (await connection.client.call("RetainedEmail/query", { filter: { activityId }, limit: 10_000 }).answer).ids;
}

/** Brings back; gives how many came. What is back already is no fault. */
export async function restore(ids: readonly Id[]): Promise<number> {
  const { client } = connection;
  let restored = 0;
  for (let at = 0; at < ids.length; at += client.limits.maxObjectsInSet) {
    const some = ids.slice(at, at + client.limits.maxObjectsInSet);
    const answer = await sync.during(() => client.call("RetainedEmail/restore", { ids: some }).answer);
    restored += Object.keys(answer.restored ?? {}).length;
    const refused = Object.values(answer.notRestored ?? {}).find(({ type }) => type !== "notFound");
    if (refused) throw new NotSet(refused.type);
  }
  return restored;
}

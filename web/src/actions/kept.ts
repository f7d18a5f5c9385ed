// Making, changing and deleting small objects that the host keeps for its user; each can be undone.

import type { Id, Patch, SetError } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { NotSet, Said, done } from "./done.ts";

/** Objects of one type. */
export interface Kept {
  type: "Identity" | "Rule";
  /** What a refusal is called, where there are words for it. */
  why(type: string): string | undefined;
  /** Called whenever the host has others than before, also by undo. */
  changed(): Promise<void>;
}

export async function make(kept: Kept, own: object, said: string): Promise<void> {
  let id = await create(kept, own);
  done({
    said,
    undo: () => destroy(kept, id),
    redo: async () => {
      id = await create(kept, own);
    },
  });
}

/** Changes what is not the same; nothing, where all is. */
export async function change<Own extends object>(kept: Kept, id: Id, before: NoInfer<Own>, after: Own, said: string): Promise<void> {
  const names = (Object.keys(after) as (keyof Own & string)[]).filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]));
  if (names.length === 0) return;
  const set = async (values: Own) => {
    const update = { [id]: Object.fromEntries(names.map((name) => [name, values[name]])) as Patch };
    refuse(kept, (await connection.client.call(`${kept.type}/set`, { update }).answer).notUpdated);
    await kept.changed();
  };
  await set(after);
  done({ said, undo: () => set(before), redo: () => set(after) });
}

export async function remove(kept: Kept, id: Id, own: object, said: string): Promise<void> {
  await destroy(kept, id);
  done({
    said,
    undo: async () => {
      id = await create(kept, own);
    },
    redo: () => destroy(kept, id),
  });
}

async function create(kept: Kept, own: object): Promise<Id> {
  const answer = await connection.client.call(`${kept.type}/set`, { create: { one: own as never } }).answer;
  refuse(kept, answer.notCreated);
  await kept.changed();
  return answer.created?.["one"]?.id ?? "";
}

async function destroy(kept: Kept, id: Id): Promise<void> {
  refuse(kept, (await connection.client.call(`${kept.type}/set`, { destroy: [id] }).answer).notDestroyed);
  await kept.changed();
}

/** Fails with the first refusal of an answer, if there is one. */
export function refuse(kept: Kept, refused: Record<string, SetError> | null): void {
  const first = Object.values(refused ?? {})[0];
  if (!first) return;
  const said = kept.why(first.type);
  throw said === undefined ? new NotSet(first.type) : new Said(said);
}

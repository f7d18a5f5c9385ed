// Making, renaming, moving and deleting folders.

import type { Id, Mailbox, SetError } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { sync } from "../store/sync.ts";
import { words } from "../words/words.svelte.ts";
import { NotSet, done } from "./done.ts";

/** Each fails with what the host said; whoever asks shows it where it was typed. */
export async function make(name: string, parentId: Id | null): Promise<Id> {
  const create = { new: { name, parentId } };
  const answer = await sync.during(() => connection.client.call("Mailbox/set", { create }).answer);
  refuse(answer.notCreated);
  const made = answer.created?.["new"];
  if (!made) throw new NotSet("serverFail");
  return made.id;
}

export async function rename(mailbox: Mailbox, name: string): Promise<void> {
  const before = mailbox.name;
  const set = (name: string) => update(mailbox.id, { name });
  await set(name);
  done({ said: words.text.done.renamed(before, name), undo: () => set(before), redo: () => set(name) });
}

export async function move(mailbox: Mailbox, parentId: Id | null): Promise<void> {
  const before = mailbox.parentId;
  const set = (parentId: Id | null) => update(mailbox.id, { parentId });
  await set(parentId);
  done({ said: words.text.done.folderMoved(mailbox.name), undo: () => set(before), redo: () => set(parentId) });
}

/** Deletes a folder that is empty, or all that is in it with it. */
export async function destroy(mailbox: Mailbox, withEmails: boolean): Promise<void> {
  const arguments_ = { destroy: [mailbox.id], onDestroyRemoveEmails: withEmails };
  const answer = await sync.during(() => connection.client.call("Mailbox/set", arguments_).answer);
  refuse(answer.notDestroyed);
}

async function update(id: Id, patch: Record<string, unknown>): Promise<void> {
  const answer = await sync.during(() => connection.client.call("Mailbox/set", { update: { [id]: patch } }).answer);
  refuse(answer.notUpdated);
}

function refuse(refused: Record<string, SetError> | null): void {
  const first = Object.values(refused ?? {})[0];
  if (first) throw new NotSet(first.type);
}

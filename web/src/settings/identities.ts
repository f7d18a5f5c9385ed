// Making, changing and deleting identities (RFC 8621, 6); each can be undone.

import { NotSet, Said, done } from "../actions/done.ts";
import type { Id, Identity, SetError } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { texts } from "./words/texts.svelte.ts";

/** What its user says of an identity. */
export type Own = Omit<Identity, "id" | "mayDelete">;

export async function fetchIdentities(): Promise<Identity[]> {
  return (await connection.client.call("Identity/get", { ids: null }).answer).list;
}

export const called = ({ name, email }: Pick<Identity, "name" | "email">) => (name.trim() ? `${name.trim()} <${email}>` : email);

/** `changed` is called whenever the host has other identities, also by undo. */
export async function make(identity: Own, changed: () => Promise<void>): Promise<void> {
  const create = async () => {
    const answer = await connection.client.call("Identity/set", { create: { one: identity } }).answer;
    refuse(answer.notCreated);
    await changed();
    return answer.created?.["one"]?.id ?? "";
  };
  let id = await create();
  done({
    said: texts.text.identities.made(called(identity)),
    undo: () => destroy(id, changed),
    redo: async () => {
      id = await create();
    },
  });
}

export async function change(before: Identity, after: Own, changed: () => Promise<void>): Promise<void> {
  const names = (["name", "replyTo", "bcc", "textSignature", "htmlSignature"] as const).filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  if (names.length === 0) return;
  const set = async (values: Own) => {
    const patch = Object.fromEntries(names.map((name) => [name, values[name]]));
    refuse((await connection.client.call("Identity/set", { update: { [before.id]: patch } }).answer).notUpdated);
    await changed();
  };
  await set(after);
  done({ said: texts.text.identities.changed(called(after)), undo: () => set(before), redo: () => set(after) });
}

export async function remove(identity: Identity, changed: () => Promise<void>): Promise<void> {
  let { id } = identity;
  const { id: _, mayDelete: __, ...own } = identity;
  await destroy(id, changed);
  done({
    said: texts.text.identities.deleted(called(identity)),
    undo: async () => {
      const answer = await connection.client.call("Identity/set", { create: { one: own } }).answer;
      refuse(answer.notCreated);
      id = answer.created?.["one"]?.id ?? "";
      await changed();
    },
    redo: () => destroy(id, changed),
  });
}

async function destroy(id: Id, changed: () => Promise<void>): Promise<void> {
  refuse((await connection.client.call("Identity/set", { destroy: [id] }).answer).notDestroyed);
  await changed();
}

function refuse(refused: Record<string, SetError> | null): void {
  const first = Object.values(refused ?? {})[0];
  if (!first) return;
  const { identities } = texts.text;
  const said = { forbiddenFrom: identities.forbiddenFrom, tooLarge: identities.tooLarge, overQuota: identities.tooMany }[first.type];
  throw said === undefined ? new NotSet(first.type) : new Said(said);
}

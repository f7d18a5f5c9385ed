// Making, changing and deleting identities (RFC 8621, 6); each can be undone.

import * as kept from "../actions/kept.ts";
import type { Identity } from "../jmap/types.ts";
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
  await kept.make(identities(changed), identity, texts.text.identities.made(called(identity)));
}

export async function change(before: Identity, after: Own, changed: () => Promise<void>): Promise<void> {
  // The address stays what it was.
  const { email: _, ...rest } = after;
  await kept.change(identities(changed), before.id, before, rest, texts.text.identities.changed(called(after)));
}

export async function remove(identity: Identity, changed: () => Promise<void>): Promise<void> {
  const { id, mayDelete: _, ...own } = identity;
  await kept.remove(identities(changed), id, own, texts.text.identities.deleted(called(identity)));
}

function identities(changed: () => Promise<void>): kept.Kept {
  const { forbiddenFrom, tooLarge, tooMany } = texts.text.identities;
  return { type: "Identity", why: (type) => ({ forbiddenFrom, tooLarge, overQuota: tooMany })[type], changed };
}

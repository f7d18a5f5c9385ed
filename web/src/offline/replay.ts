// Tells the host what was done without it: one item after the other, each once, though answers get lost and requests come late. Before it
// tells, it looks: what is done already is not done again. What it tells holds only for the state that it saw (`ifInState`, RFC 8620, 5.3), so
// that a request that was thought lost and comes later than the one in its place does nothing.

import type { Client } from "../jmap/client.ts";
import { MethodError } from "../jmap/errors.ts";
import type { SetAnswer } from "../jmap/methods.ts";
import type { Id, Patch, SetError } from "../jmap/types.ts";
import { patched } from "../store/patch.ts";
import type { Change, Destroy, Item, Mail, Place, Sets, Trouble } from "./kept.ts";
import { plan } from "./plan.ts";
import { waiting } from "./view.ts";

export interface Host {
  client: Client;
  /** Brings a file to the host; gives what it is called there. */
  upload(file: Blob): Promise<Id>;
}

/** What became of an item. */
export interface Outcome {
  troubles: Trouble[];
  now: Map<Id, Sets>;
  dropped: Id[];
  /** As it stands after it was refused. */
  deed?: Mail;
}

/** So often somebody else may be quicker. */
const TRIES_MAX = 30;

/** Tells all that waits. Fails where the host cannot be reached: the item at which it was waits still. */
export async function replay(place: Place, host: Host, told: () => void | Promise<void>): Promise<void> {
  for (;;) {
    const [item] = waiting(await place.items());
    if (!item) return;
    const { troubles, now, dropped, deed = item.deed } = await once(item, host, place);
    await place.settle(troubles.length > 0 ? { ...item, deed, troubles } : item, now, dropped);
    await told();
  }
}

async function once(item: Item, host: Host, place: Place): Promise<Outcome> {
  const { deed } = item;
  try {
    return await insisting(() => {
      if (deed.kind === "change") return change(deed, host.client);
      if (deed.kind === "destroy") return destroy(deed, host.client);
      return mail(item, deed, host, place);
    });
  } catch (error) {
    if (!(error instanceof MethodError) || error.type === "serverUnavailable") throw error;
    return refused({ type: error.type });
  }
}

/** Again, where the state was another one by then. */
async function insisting<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof MethodError && error.type === "stateMismatch") || tries >= TRIES_MAX) throw error;
    }
  }
}

const nothing = (): Outcome => ({ troubles: [], now: new Map(), dropped: [] });
export const refused = (error: SetError & Record<string, unknown>): Outcome => ({ ...nothing(), troubles: [{ kind: "refused", error }] });

async function change({ update }: Change, client: Client): Promise<Outcome> {
  const ids = Object.keys(update);
  const got = client.call("Email/get", { ids, properties: ["id", "mailboxIds", "keywords"] });
  const folders = client.call("Mailbox/get", { ids: null, properties: ["id"] });
  const [{ state, list, notFound }, { list: mailboxes }] = await Promise.all([got.answer, folders.answer]);
  const emails = new Map<Id, Sets>(list.map(({ id, mailboxIds, keywords }) => [id, { mailboxIds, keywords }]));
  const { update: left, troubles } = plan(update, { emails, mailboxes: new Set(mailboxes.map(({ id }) => id)) });
  const refusals = Object.keys(left).length > 0 ? await told(client, left, state) : {};
  const done = Object.entries(left).filter(([id]) => !(id in refusals));
  for (const [id, patch] of done) {
    const email = emails.get(id);
    if (email) emails.set(id, patched(email, patch));
  }
  return { troubles: [...troubles, ...Object.values(refusals).slice(0, 1).map(said)], now: emails, dropped: notFound };
}

async function told(client: Client, update: Record<Id, Patch>, ifInState: string): Promise<Record<Id, SetError>> {
  const answer = await client.call("Email/set", { update, ifInState }).answer;
  return answer.notUpdated ?? {};
}

const said = (error: SetError): Trouble => ({ kind: "refused", error: error as SetError & Record<string, unknown> });

/** That one is gone already is what was wanted. */
async function destroy({ ids }: Destroy, client: Client): Promise<Outcome> {
  const answer: SetAnswer = await client.call("Email/set", { destroy: ids }).answer;
  const refusals = Object.values(answer.notDestroyed ?? {}).filter(({ type }) => type !== "notFound");
  return { troubles: refusals.slice(0, 1).map(said), now: new Map(), dropped: answer.destroyed ?? [] };
}

/** What mail takes is loaded when there is any. */
async function mail(item: Item, deed: Mail, host: Host, place: Place): Promise<Outcome> {
  const { post } = await import("./post.ts");
  const { draft, troubles } = await post(deed, host, (now) => place.change({ ...item, deed: now }));
  return { ...nothing(), troubles, deed: { ...deed, draft, files: [] } };
}

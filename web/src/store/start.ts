// The first screen: two requests, or one more where nobody was here before and the inbox is not known.

import { eventSourceUrl } from "../jmap/session.ts";
import { PUSH_PING_S, Push } from "../jmap/push.ts";
import { connection } from "./connection.svelte.ts";
import { mailboxes } from "./mailboxes.svelte.ts";
import { preferences } from "./preferences.svelte.ts";
import { quota } from "./quota.svelte.ts";
import { sync } from "./sync.ts";

const INBOX = "correio.inbox";

/** The inbox as it was the last time: its list can be asked for together with the folders. */
export function rememberedInbox(): string | undefined {
  const [user, id] = (localStorage.getItem(INBOX) ?? "").split("\n");
  return user === connection.user ? id : undefined;
}

/** Fetches folders, room and preferences; what else is called in the same turn goes along. */
export async function fetchBasics(): Promise<void> {
  const { client } = connection;
  const folders = client.call("Mailbox/get", { ids: null });
  const state = client.call("Email/get", { ids: [], properties: ["id"] });
  const [got, none] = await Promise.all([folders.answer, state.answer, preferences.fetch(), quota.fetch()]);
  mailboxes.list = got.list;
  mailboxes.state = got.state;
  sync.emailState = none.state;
  const inbox = mailboxes.withRole("inbox");
  if (inbox) localStorage.setItem(INBOX, `${connection.user}\n${inbox.id}`);
}

export function listen(): Push {
  const { client } = connection;
  return new Push(eventSourceUrl(client.session, PUSH_PING_S), client.accountId, {
    heard: (changed) => sync.heard(changed),
    back: () => sync.due(),
  });
}

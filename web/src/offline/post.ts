// A message that was written without a connection goes out, or becomes a draft on the host. It has had one Message-ID from its beginning, by
// which what became of a lost request is known: a message of that name that is no draft was sent.

import { blobsOf } from "../compose/host.ts";
import { holdUntil } from "../compose/later.ts";
import { emailOf, envelopeOf, renamed } from "../compose/message.ts";
import type { Draft } from "../compose/draft.ts";
import { MethodError } from "../jmap/errors.ts";
import type { Client } from "../jmap/client.ts";
import type { Id, SetError, State } from "../jmap/types.ts";
import { part } from "../store/patch.ts";
import type { Mail, Trouble } from "./kept.ts";
import type { Host } from "./replay.ts";

interface Posted {
  /** As it is now: a draft on the host, where it did not leave. */
  draft: Draft;
  troubles: Trouble[];
}

interface Found {
  state: State;
  isSent: boolean;
  drafts: Id[];
  folders: { drafts: Id | undefined; sent: Id | undefined };
}

export async function post(mail: Mail, host: Host, keep: (mail: Mail) => Promise<void>): Promise<Posted> {
  const { client } = host;
  const found = await look(mail.draft, client);
  if (mail.kind === "mail" && found.isSent) return { draft: mail.draft, troubles: [] };
  const ready = await bring(mail, host, keep);
  const { drafts } = found.folders;
  if (drafts === undefined) return { draft: ready.draft, troubles: [refusal({ type: "noDrafts" })] };
  const email = { ...emailOf(ready.draft, ready.identity, ready.written), mailboxIds: { [drafts]: true }, keywords: { $draft: true, $seen: true } };
  // All of it goes in one request, and nothing of it where the state is another one.
  const set = client.call("Email/set", { create: { email }, destroy: found.drafts, ifInState: found.state });
  const submitted = ready.kind === "mail" ? submit(ready, found, client) : undefined;
  // Where the whole request fails, the other says so.
  submitted?.catch(() => undefined);
  const answer = await set.answer;
  const emailId = answer.created?.["email"]?.id;
  if (emailId === undefined) return { draft: ready.draft, troubles: [refusal(answer.notCreated?.["email"] ?? { type: "serverFail" })] };
  const error = await submitted;
  if (!error) {
    if (ready.kind === "mail") await mark(ready.draft, client);
    return { draft: ready.draft, troubles: [] };
  }
  // It is a draft now, and its files are parts of it.
  const names = renamed(ready.draft, ready.written.html, await blobsOf(emailId, client));
  const attachments = ready.draft.attachments.map((one) => ({ ...one, blobId: names.get(one.key) ?? one.blobId }));
  return { draft: { ...ready.draft, emailId, attachments }, troubles: [refusal(error)] };
}

const refusal = (error: SetError): Trouble => ({ kind: "refused", error: error as SetError & Record<string, unknown> });

/** What the host has of it. The state is asked for first: what changes behind it makes it another one. */
async function look(draft: Draft, client: Client): Promise<Found> {
  const state = client.call("Email/get", { ids: [], properties: ["id"] });
  const query = client.call("Email/query", { filter: { header: ["Message-ID", draft.messageId ?? ""] }, limit: 20 });
  const got = client.call("Email/get", { "#ids": query.ref("/ids"), properties: ["id", "keywords"] });
  const folders = client.call("Mailbox/get", { ids: null, properties: ["id", "role"] });
  const [{ state: now }, { list }, { list: mailboxes }] = await Promise.all([state.answer, got.answer, folders.answer]);
  const withRole = (role: string) => mailboxes.find((one) => one.role === role)?.id;
  const drafts = list.filter(({ keywords }) => keywords["$draft"]).map(({ id }) => id);
  const isSent = drafts.length < list.length;
  return { state: now, isSent, drafts, folders: { drafts: withRole("drafts"), sent: withRole("sent") } };
}

/** Files that are not on the host are brought there first, and what they are called is kept. */
async function bring(mail: Mail, host: Host, keep: (mail: Mail) => Promise<void>): Promise<Mail> {
  let now = mail;
  for (const { key, file } of mail.files) {
    const blobId = await host.upload(file);
    const attachments = now.draft.attachments.map((one) => (one.key === key ? { ...one, blobId } : one));
    now = { ...now, draft: { ...now.draft, attachments }, files: now.files.filter((one) => one.key !== key) };
    await keep(now);
  }
  return now;
}

/** Hands it over, in the same request as it is made; gives why the host did not take it. */
async function submit({ draft, identity, at }: Mail, { folders }: Found, client: Client): Promise<SetError | undefined> {
  const hold = at !== null && Date.parse(at) > Date.now() ? holdUntil(new Date(at)) : null;
  const patch: Record<string, unknown> = { "keywords/$draft": null };
  if (folders.drafts !== undefined && folders.sent !== undefined) {
    patch[`mailboxIds/${part(folders.drafts)}`] = null;
    patch[`mailboxIds/${part(folders.sent)}`] = true;
  }
  const create = { submission: { identityId: identity.id, emailId: "#email", envelope: envelopeOf(draft, identity, hold) } };
  const submitted = client.call("EmailSubmission/set", { create, onSuccessUpdateEmail: { "#submission": patch } });
  try {
    const answer = await submitted.answer;
    return answer.created?.["submission"] ? undefined : (answer.notCreated?.["submission"] ?? { type: "serverFail" });
  } catch (error) {
    if (error instanceof MethodError) return { type: error.type };
    throw error;
  }
}

/** That the message went counts more than that its original says so. */
async function mark({ original }: Draft, client: Client): Promise<void> {
  if (!original) return;
  const update = { [original.emailId]: { [`keywords/${original.keyword}`]: true } };
  await client.call("Email/set", { update }).answer.catch(() => undefined);
}

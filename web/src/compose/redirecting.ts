// Passes a message on as it is (RFC 5322, 3.6.6): what came, with who passes it on above it. It is held for some seconds, like all that is
// sent, so that it can be called back.

import { Said, done } from "../actions/done.ts";
import { deeds } from "../actions/history.svelte.ts";
import { ask } from "../jmap/http.ts";
import { downloadUrl } from "../jmap/session.ts";
import type { EmailAddress, Id } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";
import { sync } from "../store/sync.ts";
import { NotDone, mark } from "./host.ts";
import { holdFor } from "./later.ts";
import type { Identity } from "./original.ts";
import { resentHead } from "./resent.ts";
import { UNDO_S } from "./sending.ts";
import { upload } from "./upload.ts";
import { texts } from "./words/texts.svelte.ts";

export async function redirect(emailId: Id, identity: Identity, to: readonly EmailAddress[]): Promise<void> {
  let { submissionId } = await send(emailId, identity, to);
  const original = { emailId, keyword: "$forwarded" as const };
  void mark(original, true);
  const deed = {
    said: texts.text.redirect.done,
    undo: async () => {
      await callBack(submissionId);
      void mark(original, false);
    },
    redo: async () => {
      ({ submissionId } = await send(emailId, identity, to));
      void mark(original, true);
    },
  };
  done(deed);
  setTimeout(() => deeds.forget(deed), (UNDO_S + 1) * 1000);
}

async function send(emailId: Id, identity: Identity, to: readonly EmailAddress[]): Promise<{ submissionId: Id }> {
  const { client } = connection;
  const sent = mailboxes.withRole("sent");
  if (!sent) throw new NotDone({ type: "noDrafts" });
  const { list } = await client.call("Email/get", { ids: [emailId], properties: ["id", "blobId"] }).answer;
  const blob = list[0]?.blobId;
  if (blob === undefined) throw new NotDone({ type: "notFound" });
  const answer = await ask(downloadUrl(client.session, client.accountId, blob, "message.eml", "message/rfc822"), {}, "safe");
  const messageId = `${crypto.randomUUID()}@${identity.email.split("@").at(-1) ?? "localhost"}`;
  const head = resentHead({ from: { name: identity.name || null, email: identity.email }, to, date: new Date(), messageId });
  const file = new Blob([head, await answer.arrayBuffer()], { type: "message/rfc822" });
  const { blobId } = await upload(file, () => undefined).done;
  return await sync.during(async () => {
    const emails = { copy: { blobId, mailboxIds: { [sent.id]: true as const }, keywords: { $seen: true as const } } };
    const imported = await client.call("Email/import", { emails }).answer;
    const copy = imported.created?.["copy"];
    if (!copy) throw new NotDone((imported.notCreated?.["copy"] ?? { type: "serverFail" }) as NotDone["error"]);
    const rcptTo = to.map(({ email }) => ({ email, parameters: null }));
    const envelope = { mailFrom: { email: identity.email, parameters: holdFor(UNDO_S + 1) }, rcptTo };
    const create = { one: { identityId: identity.id, emailId: copy.id, envelope } };
    const submitted = await client.call("EmailSubmission/set", { create }).answer;
    const made = submitted.created?.["one"];
    if (made) return { submissionId: made.id };
    // Nothing left: no copy of it stays in Sent.
    await client.call("Email/set", { destroy: [copy.id] }).answer;
    throw new NotDone((submitted.notCreated?.["one"] ?? { type: "serverFail" }) as NotDone["error"]);
  });
}

async function callBack(submissionId: Id): Promise<void> {
  const change = { update: { [submissionId]: { undoStatus: "canceled" } }, onSuccessDestroyEmail: [submissionId] };
  const answer = await sync.during(() => connection.client.call("EmailSubmission/set", change).answer);
  if (answer.notUpdated?.[submissionId]) throw new Said(texts.text.tooLate);
}

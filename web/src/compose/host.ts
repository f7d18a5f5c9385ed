// What the host is asked for and told when mail is written: identities, what is answered, drafts, sending.

import { MethodError, Refused, Unreachable } from "../jmap/errors.ts";
import type { BodyPart, Email, Id, SetError } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";
import { preferences } from "../store/preferences.svelte.ts";
import { part } from "../store/patch.ts";
import { sync } from "../store/sync.ts";
import type { Draft } from "./draft.ts";
import { isNotThere, namesMissing } from "./files.ts";
import { DRAFT_FIELD, MISSING_FIELD, RECEIPT_FIELD, type Written, emailOf, envelopeOf } from "./message.ts";
import { type Identity, ORIGINAL_PROPERTIES, type Original, PART_PROPERTIES } from "./original.ts";

/** The host did not do it; `error` says why (RFC 8620, 5.3; RFC 8621, 7.5). */
export class NotDone extends Error {
  constructor(readonly error: SetError & Record<string, unknown>) {
    super(error.type);
  }
}

/** No answer of the host came back: it cannot be reached, or a proxy before it cannot. What became of the request is not known. */
export function isLost(error: unknown): boolean {
  return error instanceof Unreachable || (error instanceof Refused && error.status >= 500);
}

const BODY_OCTETS_MAX = 2_000_000;
let identities: Promise<Identity[]> | undefined;

/** One's identities; asked for once. */
export function fetchIdentities(): Promise<Identity[]> {
  identities ??= connection.client.call("Identity/get", { ids: null }).answer.then(({ list }) => preferredFirst(list, preferences.values.identity));
  identities.catch(() => {
    identities = undefined;
  });
  return identities;
}

/** The one that its user writes from where nothing else says it comes first. */
export function preferredFirst(list: readonly Identity[], id: Id): Identity[] {
  return [...list.filter((one) => one.id === id), ...list.filter((one) => one.id !== id)];
}

/** They may have changed. */
export function forgetIdentities(): void {
  identities = undefined;
}

export async function fetchOriginal(id: Id): Promise<Original> {
  const properties = [...ORIGINAL_PROPERTIES, DRAFT_FIELD, MISSING_FIELD, RECEIPT_FIELD];
  const asked = { ids: [id], properties, bodyProperties: PART_PROPERTIES, fetchTextBodyValues: true, fetchHTMLBodyValues: true };
  const { list } = await connection.client.call("Email/get", { ...asked, maxBodyValueBytes: BODY_OCTETS_MAX }).answer;
  const found = list[0];
  if (!found) throw new NotDone({ type: "notFound" });
  return found as Original;
}

/** What is on the host of a message: a draft, or one that was sent. Asked where an answer was lost. */
export async function findWritten(messageId: string): Promise<{ draft: Saved | null; sent: Sent | null }> {
  const { client } = connection;
  const query = client.call("Email/query", { filter: { header: ["Message-ID", messageId] }, limit: 10 });
  const got = client.call("Email/get", { "#ids": query.ref("/ids"), properties: ["id", "keywords", "mailboxIds"] });
  const submissions = client.call("EmailSubmission/get", { ids: null, properties: ["id", "emailId", "sendAt", "undoStatus"] });
  const [{ list }, { list: held }] = await Promise.all([got.answer, submissions.answer]);
  const submission = held.findLast(({ emailId, undoStatus }) => undoStatus !== "canceled" && list.some(({ id }) => id === emailId));
  const sent = submission ? { emailId: submission.emailId, submissionId: submission.id, sendAt: submission.sendAt } : null;
  const draft = list.find(({ keywords }) => keywords["$draft"])?.id;
  return { sent, draft: draft === undefined ? null : { emailId: draft, blobIds: await blobsOf(draft) } };
}

export interface Saved {
  emailId: Id;
  /** Of the files in it, in their order: what they are called in this email. */
  blobIds: Id[];
}

/** Keeps a draft on the host. An email never changes, so a new one takes the place of the old one, in one step (RFC 8621, 4.6). */
export async function saveDraft(draft: Draft, identity: Identity, written: Written): Promise<Saved> {
  const { client } = connection;
  const email = { ...emailOf(draft, identity, written), ...draftPlace() };
  if (draft.original) Object.assign(email, { [DRAFT_FIELD]: `${draft.original.keyword} ${draft.original.emailId}` });
  const names = namesMissing(draft.attachments);
  if (names !== null) Object.assign(email, { [MISSING_FIELD]: names });
  return await sync.during(async () => {
    const answer = await client.call("Email/set", { create: { draft: email }, ...destroying(draft.emailId) }).answer;
    const emailId = made(answer, "draft");
    const hasFiles = draft.attachments.some(({ blobId }) => blobId !== null);
    return { emailId, blobIds: hasFiles ? await blobsOf(emailId) : [] };
  });
}

/** The old draft goes once the new one is there; that it went before is no fault. */
const destroying = (emailId: Id | null) => (emailId === null ? {} : { destroy: [emailId] });

function draftPlace(): Record<string, unknown> {
  const drafts = mailboxes.withRole("drafts");
  if (!drafts) throw new NotDone({ type: "noDrafts" });
  return { mailboxIds: { [drafts.id]: true }, keywords: { $draft: true, $seen: true } };
}

/** The blobs of all parts of an email that are no text written here. */
export async function blobsOf(id: Id, client = connection.client): Promise<Id[]> {
  const asked = { ids: [id], properties: ["bodyStructure"], bodyProperties: [...PART_PROPERTIES, "subParts"] };
  const { list } = await client.call("Email/get", asked).answer;
  const root = (list[0] as (Email & { bodyStructure?: Tree }) | undefined)?.bodyStructure;
  return root ? leaves(root).filter(({ disposition }) => disposition !== null).flatMap(({ blobId }) => blobId ?? []) : [];
}

interface Tree extends BodyPart {
  subParts?: Tree[] | null;
}

function leaves(root: Tree): Tree[] {
  return root.subParts?.length ? root.subParts.flatMap(leaves) : [root];
}

/** Puts a draft into the trash, or back. */
export async function putDraft(emailId: Id, where: "trash" | "drafts"): Promise<void> {
  const [drafts, trash] = [mailboxes.withRole("drafts")?.id, mailboxes.withRole("trash")?.id];
  if (drafts === undefined || trash === undefined) throw new NotDone({ type: "noDrafts" });
  const isThrown = where === "trash";
  const patch = { [`mailboxIds/${part(drafts)}`]: isThrown ? null : true, [`mailboxIds/${part(trash)}`]: isThrown ? true : null };
  const answer = await sync.during(() => connection.client.call("Email/set", { update: { [emailId]: patch } }).answer);
  const refused = answer.notUpdated?.[emailId];
  if (refused && refused.type !== "notFound") throw new NotDone(refused as NotDone["error"]);
}

export interface Sent {
  emailId: Id;
  submissionId: Id;
  sendAt: string;
}

/** Sends it: the message is made anew, handed over, and put from Drafts into Sent, all in one request (RFC 8621, 7.5). */
export async function send(draft: Draft, identity: Identity, written: Written, hold: Record<string, string> | null): Promise<Sent> {
  const { client } = connection;
  // Whoever asks for it: no message goes without a file that belongs to it.
  if (draft.attachments.some(isNotThere)) throw new NotDone({ type: "notUploaded" });
  const email = { ...emailOf(draft, identity, written), ...draftPlace() };
  return await sync.during(async () => {
    const set = client.call("Email/set", { create: { email }, ...destroying(draft.emailId) });
    const submitted = client.call("EmailSubmission/set", {
      create: { submission: { identityId: identity.id, emailId: "#email", envelope: envelopeOf(draft, identity, hold) } },
      onSuccessUpdateEmail: { "#submission": toSent(true) },
    });
    const emailId = made(await set.answer, "email");
    try {
      const answer = await submitted.answer;
      const submissionId = made(answer, "submission");
      return { emailId, submissionId, sendAt: String(answer.created?.["submission"]?.["sendAt"] ?? "") };
    } catch (error) {
      // It is a draft now, in place of the old one.
      if (!(error instanceof NotDone || error instanceof MethodError)) throw error;
      throw new NotSent({ emailId, blobIds: await blobsOf(emailId) }, error);
    }
  });
}

/** The message is on the host, but did not leave. */
export class NotSent extends Error {
  constructor(
    readonly saved: Saved,
    readonly why: NotDone | MethodError,
  ) {
    super("not sent");
  }
}

function toSent(isSent: boolean): Record<string, unknown> {
  const [drafts, sent] = [mailboxes.withRole("drafts")?.id, mailboxes.withRole("sent")?.id];
  const patch: Record<string, unknown> = { "keywords/$draft": isSent ? null : true };
  if (drafts !== undefined && sent !== undefined) {
    patch[`mailboxIds/${part(drafts)}`] = isSent ? null : true;
    patch[`mailboxIds/${part(sent)}`] = isSent ? true : null;
  }
  return patch;
}

/** Calls back what is held still; it is a draft again (RFC 8621, 7.5). */
export async function callBack(submissionId: Id): Promise<void> {
  const { client } = connection;
  const answer = await sync.during(
    () =>
      client.call("EmailSubmission/set", {
        update: { [submissionId]: { undoStatus: "canceled" } },
        onSuccessUpdateEmail: { [submissionId]: toSent(false) },
      }).answer,
  );
  const refused = answer.notUpdated?.[submissionId];
  if (refused) throw new NotDone(refused as NotDone["error"]);
}

/** Marks what was answered or passed on. That the message went counts more than this. */
export async function mark(original: Draft["original"], isSet: boolean): Promise<void> {
  if (!original) return;
  const update = { [original.emailId]: { [`keywords/${original.keyword}`]: isSet ? true : null } };
  await sync.during(() => connection.client.call("Email/set", { update }).answer).catch(() => undefined);
}

export interface Waiting {
  id: Id;
  sendAt: string;
  email: Email;
}

/** What is held and has not left, the next first. */
export async function fetchWaiting(): Promise<Waiting[]> {
  const { client } = connection;
  const sort = [{ property: "sentAt", isAscending: true }];
  const query = client.call("EmailSubmission/query", { filter: { undoStatus: "pending" }, sort, limit: 100 });
  const submissions = client.call("EmailSubmission/get", { "#ids": query.ref("/ids"), properties: ["id", "emailId", "sendAt"] });
  const emails = client.call("Email/get", {
    "#ids": submissions.ref("/list/*/emailId"),
    properties: ["id", "subject", "to", "cc", "bcc"],
  });
  const [held, got] = await Promise.all([submissions.answer, emails.answer]);
  const byId = new Map(got.list.map((email) => [email.id, email]));
  return held.list.flatMap(({ id, sendAt, emailId }) => {
    const email = byId.get(emailId);
    return email ? [{ id, sendAt, email }] : [];
  });
}

function made(answer: { created: Record<string, { id: Id }> | null; notCreated: Record<string, SetError> | null }, name: string): Id {
  const created = answer.created?.[name];
  if (!created) throw new NotDone((answer.notCreated?.[name] ?? { type: "serverFail" }) as NotDone["error"]);
  return created.id;
}

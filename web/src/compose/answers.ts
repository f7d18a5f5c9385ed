// How an answer begins, something passed on, and a draft that is there already.

import type { Email, Id } from "../jmap/types.ts";
import { connection } from "../store/connection.svelte.ts";
import { longDate } from "../words/format.svelte.ts";
import { begun, fresh, people, purifier } from "./begin.ts";
import { Composing } from "./composing.svelte.ts";
import { linesOf } from "./content.ts";
import { type Attachment, type Draft, type Quote, type Recipient, emptyDraft } from "./draft.ts";
import { fetchOriginal } from "./host.ts";
import { missing } from "./files.ts";
import { DRAFT_FIELD, MISSING_FIELD, RECEIPT_FIELD, QUOTE } from "./message.ts";
import { type Node_, textOf } from "./nodes.ts";
import type { Identity, Original } from "./original.ts";
import { forwardLines, htmlOfOriginal, textOfOriginal } from "./quoting.ts";
import { type Answering, identityFor, recipients } from "./recipients.ts";
import { references } from "./references.ts";
import { answerSubject, forwardSubject } from "./subject.ts";
import { messageFile } from "./whole.ts";
import { texts } from "./words/texts.svelte.ts";

const all = (list: Email["from"] | undefined): Recipient[] => (list ?? []).map(({ name, email }) => ({ name, email, isAddress: true }));

export async function beginAnswer(emailId: Id, answering: Answering): Promise<Composing> {
  const [identities, original] = await Promise.all([people(), fetchOriginal(emailId)]);
  const { to, cc } = recipients(original, answering, [...identities, { name: null, email: connection.user }]);
  const author = original.from?.[0];
  const date = longDate(original.sentAt ?? original.receivedAt);
  const head = [texts.text.wrote(author ? author.name || author.email : "?", date)];
  const quote = await quoteOf(original, head, false);
  const draft: Draft = {
    ...fresh(),
    ...references(original),
    to: all(to),
    cc: all(cc),
    subject: answerSubject(original.subject),
    quote,
    attachments: pictures(original, quote),
    original: { emailId, keyword: "$answered" },
  };
  return begun(draft, identities, identityFor(original, identities));
}

export async function beginForward(emailId: Id, how: "inline" | "attached"): Promise<Composing> {
  const [identities, original] = await Promise.all([people(), fetchOriginal(emailId)]);
  const subject = forwardSubject(original.subject);
  const base: Draft = { ...fresh(), subject, original: { emailId, keyword: "$forwarded" } };
  const identity = identityFor(original, identities);
  if (how === "attached") {
    return begun({ ...base, attachments: [messageFile(original, crypto.randomUUID())] }, identities, identity);
  }
  const quote = await quoteOf(original, forwardLines(original, texts.text.forward, longDate), true);
  return begun({ ...base, quote, attachments: files(original, quote) }, identities, identity);
}

async function quoteOf(original: Original, head: string[], isForward: boolean): Promise<Quote> {
  const html = htmlOfOriginal(original);
  const isNeeded = html !== null || original.textBody.some(({ type }) => type === "text/html");
  const purify = isNeeded ? await purifier() : undefined;
  const plain = (from: string) => (purify ? textOf(purify.forEditor(from, () => undefined) as unknown as Node_) : "");
  const text = textOfOriginal(original, plain).replace(/\s+$/, "");
  return { head, isForward, html: html === null || !purify ? null : purify.forQuote(html), text, emailId: original.id };
}

function file(part: Original["attachments"][number]): Attachment {
  const { blobId, name, type, size, cid } = part;
  return { key: crypto.randomUUID(), blobId, name: name ?? "file", type, size, cid };
}

/** The pictures that a quote shows go with it. */
function pictures({ attachments }: Original, { html }: Quote): Attachment[] {
  return attachments.filter(({ cid }) => cid !== null && html?.includes(`cid:${cid}`)).map(file);
}

/** Passed on, all files go along. */
function files({ attachments }: Original, { html }: Quote): Attachment[] {
  return attachments.map(file).map((one) => (one.cid !== null && html?.includes(`cid:${one.cid}`) ? one : { ...one, cid: null }));
}

/** Takes up a draft that is on the host, whichever program wrote it. */
export async function beginDraft(emailId: Id, key: string): Promise<Composing> {
  const [identities, original] = await Promise.all([people(), fetchOriginal(emailId)]);
  const from = original.from?.[0]?.email.toLowerCase();
  const identity = identities.find(({ email }) => email.toLowerCase() === from) ?? identities[0];
  const html = htmlOfOriginal(original);
  const fields = original as unknown as Record<string, unknown>;
  const draft: Draft = {
    ...emptyDraft(key),
    emailId,
    messageId: original.messageId?.[0] ?? null,
    identityId: identity?.id ?? null,
    to: all(original.to),
    cc: all(original.cc),
    bcc: all(original.bcc),
    subject: original.subject ?? "",
    isRich: html !== null,
    text: html === null ? textOfOriginal(original, () => "").replace(/\n$/, "") : "",
    attachments: [...original.attachments.map(file), ...missing(fields[MISSING_FIELD], () => crypto.randomUUID())],
    original: originalOf(fields[DRAFT_FIELD]),
    inReplyTo: original.inReplyTo,
    references: original.references,
    wantsReceipt: (original[RECEIPT_FIELD]?.length ?? 0) > 0,
  };
  if (html === null) return new Composing(draft, identities, () => linesOf(draft.text));
  const purify = await purifier();
  const apart = purify.takeApart(html, QUOTE);
  draft.html = apart.own;
  const isForward = draft.original?.keyword === "$forwarded";
  if (apart.quote !== null) {
    const text = textOf(purify.forEditor(apart.quote, () => undefined) as unknown as Node_);
    draft.quote = { head: apart.head, isForward, html: apart.quote, text, emailId: draft.original?.emailId ?? null };
  }
  return resumed(draft, identities, purify);
}

/** Takes up a draft that this browser kept. */
export async function beginKept(draft: Draft): Promise<Composing> {
  const identities = await people();
  if (!draft.isRich) return new Composing(draft, identities, () => linesOf(draft.text));
  return resumed(draft, identities, await purifier());
}

function resumed(draft: Draft, identities: Identity[], purify: Awaited<ReturnType<typeof purifier>>): Composing {
  const { html } = draft;
  const composing: Composing = new Composing(draft, identities, () => purify.forEditor(html, (cid) => composing.pictureOf(cid)));
  return composing;
}

function originalOf(field: unknown): Draft["original"] {
  const [, keyword, emailId] = /^\s*(\$answered|\$forwarded) (\S+)\s*$/.exec(typeof field === "string" ? field : "") ?? [];
  return emailId === undefined ? null : { emailId, keyword: keyword as "$answered" | "$forwarded" };
}

// The Email object of a draft (RFC 8621, 4.6). Pure.

import type { EmailAddress, Id } from "../jmap/types.ts";
import { type Attachment, type Draft, type Recipient, everybody } from "./draft.ts";
import { escaped } from "./nodes.ts";
import type { Identity } from "./original.ts";
import { quoted } from "./quoting.ts";

/** What a draft says of itself, for whoever takes it up on another device. No message that is sent has it. */
export const DRAFT_FIELD = "header:Correio-Original:asText";
/** Which files belong to a draft and are not in it. */
export const MISSING_FIELD = "header:Correio-Missing:asText";
/** Where a receipt goes. */
export const RECEIPT_FIELD = "header:Disposition-Notification-To:asAddresses";
export const QUOTE = "correio-quote";
const QUOTE_STYLE = "margin:1em 0 0;border-left:2px solid #ccc;padding-left:1em";

/** What is written, as it goes out. */
export interface Written {
  /** `null`: it is plain text alone. */
  html: string | null;
  text: string;
}

interface Part {
  type: string;
  partId?: string;
  blobId?: Id;
  name?: string;
  disposition?: string;
  cid?: string;
  subParts?: Part[];
}

/** The message with all that it is made of, without where it lies. */
export function emailOf(draft: Draft, identity: Identity, written: Written): Record<string, unknown> {
  const addresses = (list: readonly Recipient[]) =>
    list.length === 0 ? null : list.map(({ name, email }): EmailAddress => ({ name, email }));
  const { values, structure } = bodies(draft, written);
  const email: Record<string, unknown> = {
    from: [{ name: identity.name || null, email: identity.email }],
    to: addresses(draft.to),
    cc: addresses(draft.cc),
    bcc: addresses(draft.bcc),
    replyTo: identity.replyTo?.length ? identity.replyTo : null,
    subject: draft.subject,
    messageId: draft.messageId === null ? null : [draft.messageId],
    inReplyTo: draft.inReplyTo,
    references: draft.references,
    [RECEIPT_FIELD]: draft.wantsReceipt ? [{ name: identity.name || null, email: identity.email }] : null,
    bodyValues: values,
    bodyStructure: structure,
  };
  for (const [name, value] of Object.entries(email)) if (value === null) delete email[name];
  return email;
}

/** RFC 2046, 5.1.4; RFC 2387: mixed of alternative of text and of related of HTML and pictures, each level only where there is need. */
function bodies(draft: Draft, written: Written): { values: Record<string, { value: string }>; structure: Part } {
  const text: Part = { partId: "text", type: "text/plain" };
  const values: Record<string, { value: string }> = { text: { value: wholeText(draft.quote, written.text) } };
  const { inline, apart } = placed(draft, written.html);
  let body = text;
  if (written.html !== null) {
    values["html"] = { value: wholeHtml(draft.quote, written.html) };
    const shown: Part = { partId: "html", type: "text/html" };
    const related = inline.map((one) => fileOf(one, "inline"));
    body = several("alternative", [text, related.length > 0 ? several("related", [shown, ...related]) : shown]);
  }
  const files = apart.map((one) => fileOf(one, "attachment"));
  return { values, structure: files.length > 0 ? several("mixed", [body, ...files]) : body };
}

/** Which files are pictures in the text, and which go beside it. Only those that are on the host. */
function placed(draft: Draft, html: string | null): { inline: Attachment[]; apart: Attachment[] } {
  const there = draft.attachments.filter(({ blobId }) => blobId !== null);
  const whole = html === null ? "" : html + (draft.quote?.html ?? "");
  const isInline = ({ cid }: Attachment) => cid !== null && whole.includes(`cid:${cid}`);
  return { inline: there.filter(isInline), apart: there.filter((one) => !isInline(one)) };
}

/** What files are called as parts of the email that was made of a draft, by their keys. `blobIds` are in the order of its parts. */
export function renamed(draft: Draft, html: string | null, blobIds: readonly Id[]): Map<string, Id> {
  const { inline, apart } = placed(draft, html);
  const all = [...inline, ...apart];
  if (all.length !== blobIds.length) return new Map();
  return new Map(all.map(({ key }, place) => [key, blobIds[place] ?? ""]));
}

function several(kind: string, subParts: Part[]): Part {
  return { type: `multipart/${kind}`, subParts };
}

function fileOf({ blobId, name, type, cid }: Attachment, disposition: "inline" | "attachment"): Part {
  const part: Part = { blobId: blobId ?? "", type: type || "application/octet-stream", name, disposition };
  return disposition === "inline" && cid !== null ? { ...part, cid } : part;
}

export function wholeText(quote: Draft["quote"], text: string): string {
  if (!quote) return `${text}\n`;
  const original = quote.isForward ? quote.text : quoted(quote.text);
  const head = quote.head.join("\n");
  const gap = quote.isForward ? "\n\n" : "\n";
  return `${text}\n\n${head}${gap}${original}\n`;
}

/** What was quoted is in an element of its own, by which it is known again; nothing in it is written anew. */
export function wholeHtml(quote: Draft["quote"], html: string): string {
  const head = quote?.head.map((line) => `<div>${escaped(line)}</div>`).join("") ?? "";
  let below = "";
  if (quote) {
    const original = quote.html ?? `<div style="white-space:pre-wrap">${escaped(quote.text)}</div>`;
    const inner = quote.isForward
      ? `<div>${original}</div>`
      : `<blockquote type="cite" style="${QUOTE_STYLE}">${original}</blockquote>`;
    below = `<br><div class="${QUOTE}"><div>${head}</div>${quote.isForward ? "<br>" : ""}${inner}</div>`;
  }
  return `<!DOCTYPE html><html><head><meta charset="utf-8"></head><body>${html}${below}</body></html>`;
}

/** Whom the host hands it to (RFC 8621, 7): with when it leaves, if that is not at once (RFC 4865). */
export function envelopeOf(draft: Draft, identity: Identity, hold: Record<string, string> | null): Record<string, unknown> {
  const blind = (identity.bcc ?? []).filter(({ email }) => !everybody(draft).some((one) => one.email.toLowerCase() === email.toLowerCase()));
  return {
    mailFrom: { email: identity.email, parameters: hold },
    rcptTo: [...everybody(draft), ...blind].map(({ email }) => ({ email, parameters: null })),
  };
}

// How a new message begins, and what every message begins with.

import { parse } from "./addresses.ts";
import { Composing, beginPlain, beginRich, noteSignature } from "./composing.svelte.ts";
import { type Draft, emptyDraft } from "./draft.ts";
import { fetchIdentities } from "./host.ts";
import { quoted } from "./quoting.ts";
import { identityFor } from "./recipients.ts";
import type { Identity } from "./original.ts";

export const purifier = () => import("./purify.ts");
/** By which the way to write was chosen last. */
const PLAIN = "correio.plain";
export const prefersPlain = () => localStorage.getItem(PLAIN) === "1";
export const preferPlain = (isPlain: boolean) => localStorage.setItem(PLAIN, isPlain ? "1" : "0");

/** One's identities, with what their signatures look like. */
export async function people(): Promise<Identity[]> {
  const identities = await fetchIdentities();
  for (const { id, htmlSignature } of identities) {
    if (htmlSignature.trim()) noteSignature(id, (await purifier()).forEditor(htmlSignature, () => undefined));
  }
  return identities;
}

export const fresh = () => emptyDraft(crypto.randomUUID());

/** A message as its user likes to write: its signature is there, and a quote is text where it is plain. */
export function begun(draft: Draft, identities: Identity[], identity: Identity | undefined): Composing {
  const messageId = `${crypto.randomUUID()}@${identity?.email.split("@").at(-1) ?? "localhost"}`;
  const begun = { ...draft, messageId, identityId: identity?.id ?? null, isRich: !prefersPlain() };
  begun.text = beginPlain(identity);
  if (!begun.isRich && begun.quote) begun.text = withQuote(begun);
  if (!begun.isRich) begun.quote = null;
  return new Composing(begun, identities, beginRich(identity));
}

/** In plain text the quote is text like all else, so that one can answer between its lines. */
export function withQuote({ text, quote }: Pick<Draft, "text" | "quote">): string {
  if (!quote) return text;
  const lines = quote.isForward ? quote.text : quoted(quote.text);
  return `${text}\n\n${quote.head.join("\n")}${quote.isForward ? "\n\n" : "\n"}${lines}`;
}

/** With what a new message may begin. */
export interface Beginning {
  to?: string | undefined;
  subject?: string;
  text?: string;
  /** It is sent from the one of one's addresses that is among these. */
  sentTo?: readonly string[];
}

/** A new message, perhaps to somebody, about something. */
export async function beginNew({ to = "", subject = "", text = "", sentTo = [] }: Beginning = {}): Promise<Composing> {
  const identities = await people();
  const addresses = sentTo.map((email) => ({ name: null, email }));
  const identity = identityFor({ from: null, to: addresses, cc: null, bcc: null, replyTo: null }, identities);
  const draft = { ...fresh(), to: parse(to), subject };
  if (text === "") return begun(draft, identities, identity);
  // What is said for somebody is said as it is: plain, and without what its user would add.
  return new Composing({ ...draft, identityId: identity?.id ?? null, isRich: false, text }, identities, beginRich(undefined));
}

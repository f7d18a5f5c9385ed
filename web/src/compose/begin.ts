// How a new message begins, and what every message begins with.

import { parse } from "./addresses.ts";
import { Composing, beginPlain, beginRich, noteSignature } from "./composing.svelte.ts";
import { type Draft, emptyDraft } from "./draft.ts";
import { fetchIdentities } from "./host.ts";
import { quoted } from "./quoting.ts";
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

/** A new message, perhaps to somebody. */
export async function beginNew(to = ""): Promise<Composing> {
  const identities = await people();
  return begun({ ...fresh(), to: parse(to) }, identities, identities[0]);
}

// Signatures of identities in what is written: put there, and exchanged with the identity as long as nobody changed them. Pure.

import { SIGNATURE, escaped } from "./nodes.ts";
import type { Identity } from "./original.ts";

type Signed = Pick<Identity, "textSignature" | "htmlSignature">;

/** A line of two dashes and a space begins a signature (RFC 3676, 4.3). */
const DASHES = "-- \n";

export function textSignature(identity: Signed | undefined, plain: (html: string) => string): string {
  if (!identity) return "";
  return identity.textSignature.trimEnd() || (identity.htmlSignature ? plain(identity.htmlSignature).trimEnd() : "");
}

/** The HTML inside of the signature's element; empty where there is none. */
export function htmlSignature(identity: Signed | undefined): string {
  if (!identity) return "";
  if (identity.htmlSignature.trim()) return identity.htmlSignature;
  const text = identity.textSignature.trimEnd();
  return text && text.split("\n").map((line) => `<div>${escaped(line) || "<br>"}</div>`).join("");
}

/** What a message begins with: room to write, and the signature below. */
export function signedText(signature: string): string {
  return signature ? `\n\n${DASHES}${signature}` : "";
}

export function signedHtml(signature: string): string {
  return signature ? `<div><br></div><div><br></div><div class="${SIGNATURE}">${signature}</div>` : "<div><br></div>";
}

/** The text with another signature. Where the old one was changed or taken away, that was meant, and nothing is done. */
export function exchanged(text: string, from: string, to: string): string {
  if (from === to) return text;
  if (!from) return text.includes(`\n${DASHES}`) ? text : `${text.trimEnd()}${signedText(to)}`;
  const at = text.lastIndexOf(`${DASHES}${from}`);
  const end = at + DASHES.length + from.length;
  const isWhole = at >= 0 && (at === 0 || text[at - 1] === "\n") && (end === text.length || text[end] === "\n");
  if (!isWhole) return text;
  const before = to ? text.slice(0, at) + DASHES : text.slice(0, at).trimEnd();
  return before + to + text.slice(end);
}

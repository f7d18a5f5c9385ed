// Quoting of plain text, and the lines above what is quoted. Pure.

import { written } from "./addresses.ts";
import { escaped } from "./nodes.ts";
import type { Original } from "./original.ts";

/** Each line behind a `>`; what was quoted already gets one more (RFC 3676, 4.5). */
export function quoted(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split("\n");
  return lines.map((line) => (line === "" ? ">" : line.startsWith(">") ? `>${line}` : `> ${line}`)).join("\n");
}

/** Text as HTML: one line below the other. */
export function asHtml(text: string): string {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  return lines.map((line) => `<div>${line === "" ? "<br>" : escaped(line).replace(/ {2}/g, "&nbsp; ")}</div>`).join("");
}

/** The lines of a header that stand above what is passed on, in the words of a language. */
export interface ForwardWords {
  forwarded: string;
  from: string;
  date: string;
  subject: string;
  to: string;
  cc: string;
}

export function forwardLines(original: Original, words: ForwardWords, date: (at: string) => string): string[] {
  const list = (addresses: Original["from"]) => (addresses ?? []).map(written).join(", ");
  const rows: [string, string][] = [
    [words.from, list(original.from)],
    [words.date, date(original.sentAt ?? original.receivedAt)],
    [words.subject, original.subject ?? ""],
    [words.to, list(original.to)],
    [words.cc, list(original.cc)],
  ];
  const shown = rows.filter(([, value]) => value !== "").map(([name, value]) => `${name}: ${value}`);
  return [`---------- ${words.forwarded} ----------`, ...shown];
}

/** The texts of a message one below the other: those of its text body, or of HTML that was made text of. */
export function textOfOriginal(original: Original, plain: (html: string) => string): string {
  const values = original.textBody.map(({ partId, type }) => {
    const value = original.bodyValues[partId ?? ""]?.value;
    return value === undefined ? "" : type === "text/html" ? plain(value) : value;
  });
  return values.filter((text) => text !== "").join("\n");
}

/** What of a message is HTML; `null` where it is none. */
export function htmlOfOriginal(original: Original): string | null {
  if (!original.htmlBody.some(({ type }) => type === "text/html")) return null;
  const values = original.htmlBody.map(({ partId, type }) => {
    const value = original.bodyValues[partId ?? ""]?.value;
    return value === undefined ? "" : type === "text/html" ? value : asHtml(value);
  });
  return values.join("<hr>");
}

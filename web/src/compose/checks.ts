// What is looked at before a message goes. Pure.

import { type Attachment, type Draft, everybody } from "./draft.ts";
import type { FileState } from "./files.ts";

export type Doubt = "noRecipients" | "badRecipients" | "notUploaded" | "uploading" | "noSubject" | "forgotten" | "many" | "large";

/** Doubts that keep a message from going; of others it is only asked. */
export const STOPS: readonly Doubt[] = ["noRecipients", "badRecipients", "notUploaded", "uploading"];

export const MANY_RECIPIENTS = 25;
export const LARGE_OCTETS = 20_000_000;

// Words by which people speak of files that go along: English and Portuguese, whatever the language of the page is. Not "anexo" alone,
// which is also said of buildings, nor "attached to", which is said of people.
const FORGOTTEN = [
  /\b(?:i(?:'ve| have| am|'m)? (?:attach(?:ed|ing)?|enclos(?:e|ed|ing)))\b/iu,
  /\b(?:see|find|is|are|have|files?|documents?|please) (?:the )?(?:attached|enclosed|attachments?)\b/iu,
  /\b(?:attached|enclosed) (?:is|are|you|please|the|files?|documents?|pdf|photos?|pictures?)\b/iu,
  /\bin the attach(?:ment|ed)\b/iu,
  /(?<!\p{L})(?:em|no|nos|segue(?:m)?(?: o| a| os| as)?(?: \p{L}+)?(?: em)?) anexos?(?!\p{L})/iu,
  /(?<!\p{L})(?:anexei|anexo (?:o|a|os|as|um|uma|aqui|este|esta)|anexamos|envio anexad[oa]s?|(?:vai|vão|está|estão|segue|seguem|ficheiros?|arquivos?|documentos?) anexad[oa]s?)(?!\p{L})/iu,
];

/** Whether a text, without what it quotes, speaks of files. */
export function speaksOfFiles(text: string): boolean {
  const own = text
    .split("\n")
    .filter((line) => !line.startsWith(">"))
    .join("\n")
    .split("\n-- \n")[0];
  return FORGOTTEN.some((words) => words.test(own ?? ""));
}

/** What is doubtful, what stops it first. `text` is what one wrote oneself. */
export function doubts(draft: Draft, text: string, stateOf: (file: Attachment) => FileState): Doubt[] {
  const states = draft.attachments.map(stateOf);
  const all = everybody(draft);
  const octets = draft.attachments.reduce((sum, { size }) => sum + size, 0);
  const found: [Doubt, boolean][] = [
    ["noRecipients", all.length === 0],
    ["badRecipients", all.some(({ isAddress }) => !isAddress)],
    ["notUploaded", states.includes("failed")],
    // Waiting helps only where nothing else is wrong.
    ["uploading", states.includes("coming") && !states.includes("failed")],
    ["noSubject", draft.subject.trim() === ""],
    ["forgotten", !draft.attachments.some(({ cid }) => cid === null) && speaksOfFiles(`${draft.subject}\n${text}`)],
    ["many", draft.to.length + draft.cc.length > MANY_RECIPIENTS],
    ["large", octets > LARGE_OCTETS],
  ];
  return found.filter(([, is]) => is).map(([doubt]) => doubt);
}

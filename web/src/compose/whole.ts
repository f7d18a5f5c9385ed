// A message as a file that goes along with another. Pure.

import type { Email } from "../jmap/types.ts";
import type { Attachment } from "./draft.ts";

const NAME_LETTERS_MAX = 80;

/** `key` names it in the draft. */
export function messageFile({ subject, blobId, size }: Pick<Email, "subject" | "blobId" | "size">, key: string): Attachment {
  const plain = (subject ?? "").replace(/[\\/:*?"<>|\u0000-\u001f]+/g, " ").trim().slice(0, NAME_LETTERS_MAX);
  return { key, blobId, name: `${plain || "message"}.eml`, type: "message/rfc822", size, cid: null };
}

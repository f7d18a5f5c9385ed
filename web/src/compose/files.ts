// How far the files of a message are, and what a draft says of those that are not there. Pure.

import type { Attachment } from "./draft.ts";
import type { NotUploaded } from "./upload.ts";

/** `there`: it goes along. `coming`: it will. `failed`: it does not, until its user does something. */
export type FileState = "there" | "coming" | "failed";

/** What the host does not take now it does not take later. */
const REFUSED: readonly (NotUploaded | undefined)[] = ["tooLarge", "overQuota"];

/** `ways`: files that this browser has at hand, by their keys. `isAway`: the host cannot be reached, and what is at hand waits together with the
 * message. */
export function stateOf(
  { key, blobId }: Pick<Attachment, "key" | "blobId">,
  ways: ReadonlyMap<string, { failed: NotUploaded | undefined }>,
  isAway: boolean,
): FileState {
  if (blobId !== null) return "there";
  const way = ways.get(key);
  if (!way) return "failed";
  if (isAway && !REFUSED.includes(way.failed)) return "there";
  return way.failed ? "failed" : "coming";
}

export const isNotThere = ({ blobId }: Pick<Attachment, "blobId">): boolean => blobId === null;

const NAMES_MAX = 50;
const NAME_LETTERS_MAX = 100;

/** What a draft on the host says of files that belong to it and are not in it: their names, so that nobody sends it elsewhere as if it were whole. */
export function namesMissing(attachments: readonly Attachment[]): string | null {
  const names = attachments.filter(isNotThere).map(({ name }) => encodeURIComponent(shortened(name)));
  return names.length === 0 ? null : names.slice(0, NAMES_MAX).join(" ");
}

/** By whole letters: half of one cannot be written (RFC 3629, 3). */
const shortened = (name: string) => Array.from(name.replace(/\p{Surrogate}/gu, "")).slice(0, NAME_LETTERS_MAX).join("");

/** The files that a draft says are missing. `key` names each here. */
export function missing(field: unknown, key: () => string): Attachment[] {
  if (typeof field !== "string") return [];
  const names = field.split(/\s+/).filter((name) => name !== "");
  return names.slice(0, NAMES_MAX).map((name) => ({ key: key(), blobId: null, name: decoded(name), type: "application/octet-stream", size: 0, cid: null }));
}

function decoded(name: string): string {
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

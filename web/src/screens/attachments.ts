// Which parts of a message are listed as attachments: all that are not shown in its bodies. Pure.

import type { BodyPart, Email, SafeBodies } from "../jmap/types.ts";

export function attachments(email: Email, bodies: SafeBodies | undefined): BodyPart[] {
  const shown = new Set(bodies?.bodies.flatMap((body) => body.inlineBlobIds ?? []));
  return (email.attachments ?? []).filter((part) => part.blobId !== null && !shown.has(part.blobId));
}

/** Pictures that browsers show and that run nothing. */
export function isPicture(part: BodyPart): boolean {
  return /^image\/(png|jpeg|gif|webp|avif)$/i.test(part.type);
}

/** Texts that are shown as such, whatever they are of. Pages are not: nobody reads their source. */
const TEXTS = /^(?:text\/(?!html\b|rtf\b|xml\b)[\w.+-]+|application\/(?:json|x-sh|sql)|message\/(?:delivery-status|disposition-notification))$/i;

export function isPdf(part: BodyPart): boolean {
  return /^application\/pdf$/i.test(part.type);
}

/** What can be looked at without another program; PDF only where the browser shows it. */
export function isShown(part: BodyPart, showsPdf: boolean): boolean {
  return isPicture(part) || TEXTS.test(part.type) || (showsPdf && isPdf(part));
}

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

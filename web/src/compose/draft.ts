// A message that is being written: all that has to be kept of it, as plain values, so that it can be put away and taken up again.

import type { EmailAddress, Id } from "../jmap/types.ts";

/** What stands in a field of recipients; what is no address stays as it was typed, and is marked. */
export interface Recipient extends EmailAddress {
  isAddress: boolean;
}

/** A file that goes along. It is on the host once it has a blob. */
export interface Attachment {
  /** Names it here alone. */
  key: string;
  blobId: Id | null;
  name: string;
  type: string;
  size: number;
  /** Of a picture in the text: by what the text names it (RFC 2392). */
  cid: string | null;
}

/** What is answered or passed on, apart from what one writes. */
export interface Quote {
  /** The lines above it. */
  head: string[];
  isForward: boolean;
  /** Made fit to stand within another message; `null` where the original is plain text. */
  html: string | null;
  text: string;
  emailId: Id | null;
}

export interface Draft {
  /** Names it in this browser. */
  key: string;
  /** The email that it is on the host, once it is one. */
  emailId: Id | null;
  /** The same from the first draft to what is sent: by it is known what came of a request whose answer was lost. */
  messageId: string | null;
  identityId: Id | null;
  to: Recipient[];
  cc: Recipient[];
  bcc: Recipient[];
  subject: string;
  isRich: boolean;
  /** What is written, where it is rich: HTML of the editor. */
  html: string;
  /** And where it is plain. */
  text: string;
  quote: Quote | null;
  attachments: Attachment[];
  /** What it answers or passes on, and what that is marked with once it is sent. */
  original: { emailId: Id; keyword: "$answered" | "$forwarded" } | null;
  inReplyTo: string[] | null;
  references: string[] | null;
  /** Whether a receipt is asked for (RFC 8098, 2.1). Drafts that were kept before there were any say nothing. */
  wantsReceipt?: boolean;
}

export function emptyDraft(key: string): Draft {
  return {
    key,
    emailId: null,
    messageId: null,
    identityId: null,
    to: [],
    cc: [],
    bcc: [],
    subject: "",
    isRich: true,
    html: "",
    text: "",
    quote: null,
    attachments: [],
    original: null,
    inReplyTo: null,
    references: null,
  };
}

/** Everybody it goes to, each once. */
export function everybody({ to, cc, bcc }: Pick<Draft, "to" | "cc" | "bcc">): Recipient[] {
  const seen = new Set<string>();
  return [...to, ...cc, ...bcc].filter(({ email }) => {
    const key = email.toLowerCase();
    return !seen.has(key) && seen.add(key);
  });
}

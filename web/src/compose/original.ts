// The message that is answered or passed on, as far as it is needed for that.

import type { BodyPart, Email, EmailAddress } from "../jmap/types.ts";

export type { Identity } from "../jmap/types.ts";

export interface Original extends Email {
  replyTo: EmailAddress[] | null;
  cc: EmailAddress[] | null;
  bcc: EmailAddress[] | null;
  sentAt: string | null;
  messageId: string[] | null;
  inReplyTo: string[] | null;
  references: string[] | null;
  attachments: BodyPart[];
  htmlBody: BodyPart[];
  textBody: BodyPart[];
  bodyValues: Record<string, { value: string; isTruncated: boolean }>;
  "header:List-Post:asURLs": string[] | null;
  "header:Delivered-To:asText:all": string[] | null;
}

export const ORIGINAL_PROPERTIES = [
  "id",
  "blobId",
  "threadId",
  "mailboxIds",
  "keywords",
  "size",
  "receivedAt",
  "from",
  "to",
  "subject",
  "preview",
  "hasAttachment",
  "cc",
  "bcc",
  "replyTo",
  "sentAt",
  "messageId",
  "inReplyTo",
  "references",
  "attachments",
  "htmlBody",
  "textBody",
  "bodyValues",
  "header:List-Post:asURLs",
  "header:Delivered-To:asText:all",
];

export const PART_PROPERTIES = ["partId", "blobId", "size", "name", "type", "cid", "disposition", "charset"];

// What JMAP speaks of (RFC 8620, RFC 8621, RFC 9425, docs/jmap), as far as this program uses it.

export type Id = string;
export type State = string;
/** `2026-11-30T08:00:00Z`. */
export type UTCDate = string;

export const CAPABILITY = {
  core: "urn:ietf:params:jmap:core",
  mail: "urn:ietf:params:jmap:mail",
  submission: "urn:ietf:params:jmap:submission",
  quota: "urn:ietf:params:jmap:quota",
  contacts: "urn:ietf:params:jmap:contacts",
  body: "https://correio.example/jmap/body",
  bulk: "https://correio.example/jmap/bulk",
  vacation: "urn:ietf:params:jmap:vacationresponse",
  mdn: "urn:ietf:params:jmap:mdn",
  activity: "https://correio.example/jmap/activity",
  export: "https://correio.example/jmap/export",
  import: "https://correio.example/jmap/import",
  preferences: "https://correio.example/jmap/preferences",
  unsubscribe: "https://correio.example/jmap/unsubscribe",
  retained: "https://correio.example/jmap/retained",
  rules: "https://correio.example/jmap/rules",
} as const;

/** The session object (RFC 8620, 2). */
export interface Session {
  username: string;
  apiUrl: string;
  downloadUrl: string;
  uploadUrl: string;
  eventSourceUrl: string;
  capabilities: Record<string, unknown> & { [CAPABILITY.core]: CoreLimits };
  accounts: Record<Id, { name: string; accountCapabilities: Record<string, Record<string, unknown>> }>;
  primaryAccounts: Record<string, Id>;
  state: State;
}

export interface CoreLimits {
  maxCallsInRequest: number;
  maxObjectsInGet: number;
  maxObjectsInSet: number;
  maxSizeUpload: number;
}

export interface EmailAddress {
  name: string | null;
  email: string;
}

/** Those of RFC 8621, 4.1, that a list needs are always there; a message that is read has the others, too. */
export interface Email {
  id: Id;
  blobId: Id;
  threadId: Id;
  mailboxIds: Record<Id, true>;
  keywords: Record<string, true>;
  size: number;
  receivedAt: UTCDate;
  from: EmailAddress[] | null;
  to: EmailAddress[] | null;
  subject: string | null;
  preview: string;
  hasAttachment: boolean;
  sentAt?: string | null;
  cc?: EmailAddress[] | null;
  bcc?: EmailAddress[] | null;
  replyTo?: EmailAddress[] | null;
  messageId?: string[] | null;
  references?: string[] | null;
  attachments?: BodyPart[];
  /** By which lists say where one posts (RFC 2369, 3.4). */
  "header:List-Post:asURLs"?: string[] | null;
  /** Who asks for a receipt (RFC 8098, 2.1). */
  "header:Disposition-Notification-To:asAddresses"?: EmailAddress[] | null;
  /** By which they say how one leaves (RFC 2369, 3.2). */
  "header:List-Unsubscribe:asURLs"?: string[] | null;
  "header:List-Unsubscribe-Post:asText"?: string | null;
}

/** RFC 8621, 4.1.4. */
export interface BodyPart {
  partId: string | null;
  blobId: Id | null;
  size: number;
  name: string | null;
  type: string;
  cid: string | null;
  disposition: string | null;
}

export interface Thread {
  id: Id;
  emailIds: Id[];
}

/** RFC 8621, 2. */
export interface Mailbox {
  id: Id;
  name: string;
  parentId: Id | null;
  role: string | null;
  sortOrder: number;
  totalEmails: number;
  unreadEmails: number;
  totalThreads: number;
  unreadThreads: number;
  isSubscribed: boolean;
  myRights: MailboxRights;
}

export interface MailboxRights {
  mayReadItems: boolean;
  mayAddItems: boolean;
  mayRemoveItems: boolean;
  maySetSeen: boolean;
  maySetKeywords: boolean;
  mayCreateChild: boolean;
  mayRename: boolean;
  mayDelete: boolean;
}

/** RFC 8621, 6. */
export interface Identity {
  id: Id;
  name: string;
  email: string;
  replyTo: EmailAddress[] | null;
  bcc: EmailAddress[] | null;
  textSignature: string;
  htmlSignature: string;
  mayDelete: boolean;
}

/** RFC 8621, 8. */
export interface VacationResponse {
  id: Id;
  isEnabled: boolean;
  fromDate: UTCDate | null;
  toDate: UTCDate | null;
  subject: string | null;
  textBody: string | null;
  htmlBody: string | null;
}

/** docs/jmap/rules.md. */
export interface Rule {
  id: Id;
  name: string;
  isEnabled: boolean;
  sortOrder: number;
  filter: Filter<RuleCondition> | null;
  mailboxIds: Record<Id, true> | null;
  keywords: Record<string, true>;
  isLast: boolean;
}

/** What of a message may be asked before it is in a folder. */
export type RuleCondition = Omit<FilterCondition, "inMailbox" | "inMailboxOtherThan" | "before" | "after" | "hasKeyword" | "notKeyword"> & { inThread?: Id };

/** Who did something (docs/jmap/activity.md). */
export interface By {
  door: string;
  device: string | null;
  address: string | null;
}

/** docs/jmap/activity.md. */
export interface Activity {
  id: Id;
  at: UTCDate;
  by: By;
  action: string;
  mailboxId: Id | null;
  mailboxName: string | null;
  fromMailboxId: Id | null;
  fromMailboxName: string | null;
  count: number | null;
  emailIds: Id[];
}

/** RFC 8621, 7. */
export interface EmailSubmission {
  id: Id;
  emailId: Id;
  sendAt: UTCDate;
  undoStatus: "pending" | "final" | "canceled";
}

/** RFC 9425, 4. */
export interface Quota {
  id: Id;
  resourceType: "count" | "octets";
  used: number;
  hardLimit: number;
}

/** RFC 8621, 4.4.1. */
export interface FilterCondition {
  inMailbox?: Id;
  inMailboxOtherThan?: Id[];
  before?: UTCDate;
  after?: UTCDate;
  minSize?: number;
  maxSize?: number;
  hasKeyword?: string;
  notKeyword?: string;
  hasAttachment?: boolean;
  text?: string;
  from?: string;
  to?: string;
  cc?: string;
  bcc?: string;
  subject?: string;
  body?: string;
  header?: string[];
}

export interface FilterOperator<Condition = FilterCondition> {
  operator: "AND" | "OR" | "NOT";
  conditions: Filter<Condition>[];
}

export type Filter<Condition = FilterCondition> = Condition | FilterOperator<Condition>;

export interface Comparator {
  property: "receivedAt" | "size" | "from" | "subject";
  isAscending: boolean;
}

/** docs/jmap/body.md. */
export interface SafeBody {
  partId: string;
  blobId: Id;
  type: string;
  url: string | null;
  size?: number;
  remotePictures?: number;
  inlineBlobIds?: Id[];
  colorScheme?: string | null;
  isCut?: boolean;
}

export interface SafeBodies {
  emailId: Id;
  expires: UTCDate | null;
  bodies: SafeBody[];
  /** Without a connection: it is not kept in this browser. No host says this. */
  isMissing?: boolean;
  /** And on which ground it was kept. */
  ground?: "light" | "dark" | "darkened";
}

/** RFC 8621, 5. */
export interface SearchSnippet {
  emailId: Id;
  subject: string | null;
  preview: string | null;
}

export interface SetError {
  type: string;
  description?: string | null;
  /** Of `invalidProperties`: which. */
  properties?: string[];
}

/** docs/jmap/retained.md. */
export interface RetainedEmail {
  id: Id;
  emailId: Id;
  mailboxId: Id;
  mailboxName: string;
  size: number;
  deletedAt: UTCDate;
  deletedBy: By;
  keptUntil: UTCDate;
  subject: string | null;
  from: EmailAddress[] | null;
}

/** docs/jmap/import.md. */
export interface ImportAnswer {
  mailboxes: { mailboxId: Id; name: string; imported: number; known: number; refused: number; refusals: string[] }[];
  notes: string[];
  error: SetError | null;
}

/** A patch (RFC 8620, 5.3). */
export type Patch = Record<string, unknown>;

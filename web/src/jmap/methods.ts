// The methods that this program calls: what they take, and what they answer. A reference to an earlier answer (RFC 8620, 3.7) may stand for
// any argument.

import type { AddressBook, Card, CardFilter } from "./contacts.ts";
import type {
  Activity,
  Comparator,
  Email,
  EmailSubmission,
  Filter,
  Id,
  Identity,
  ImportAnswer,
  Mailbox,
  Patch,
  Quota,
  RetainedEmail,
  Rule,
  SafeBodies,
  SearchSnippet,
  SetError,
  State,
  Thread,
  VacationResponse,
} from "./types.ts";

interface Get {
  ids?: Id[] | null;
  properties?: string[];
}

interface Got<T> {
  state: State;
  list: T[];
  notFound: Id[];
}

interface Changed {
  oldState: State;
  newState: State;
  hasMoreChanges: boolean;
  created: Id[];
  updated: Id[];
  destroyed: Id[];
}

interface Set<T> {
  create?: Record<string, T>;
  update?: Record<Id, Patch>;
  destroy?: Id[];
  ifInState?: State;
}

export interface SetAnswer {
  oldState: State | null;
  newState: State;
  created: Record<string, { id: Id } & Record<string, unknown>> | null;
  updated: Record<Id, unknown> | null;
  destroyed: Id[] | null;
  notCreated: Record<string, SetError> | null;
  notUpdated: Record<Id, SetError> | null;
  notDestroyed: Record<Id, SetError> | null;
}

export interface QueryArguments {
  filter?: Filter | null;
  sort?: Comparator[];
  position?: number;
  anchor?: Id;
  anchorOffset?: number;
  limit?: number;
  calculateTotal?: boolean;
  collapseThreads?: boolean;
}

export interface QueryAnswer {
  queryState: State;
  canCalculateChanges: boolean;
  position: number;
  ids: Id[];
  total?: number;
}

/** docs/jmap/bulk.md. */
export interface SetByQueryAnswer {
  total: number;
  changed: number;
  unchanged: number;
  notChanged: Record<string, number> | null;
  remaining: number;
  error: SetError | null;
  undoToken: string | null;
}

export interface Methods {
  "Mailbox/get": [Get, Got<Mailbox>];
  "Mailbox/changes": [{ sinceState: State; maxChanges?: number }, Changed & { updatedProperties: string[] | null }];
  "Mailbox/set": [Set<Partial<Mailbox>> & { onDestroyRemoveEmails?: boolean }, SetAnswer];
  "Thread/get": [Get, Got<Thread>];
  "Email/get": [
    Get & { bodyProperties?: string[]; fetchTextBodyValues?: boolean; fetchHTMLBodyValues?: boolean; maxBodyValueBytes?: number },
    Got<Email>,
  ];
  "Email/changes": [{ sinceState: State; maxChanges?: number }, Changed];
  "Email/query": [QueryArguments, QueryAnswer];
  "Email/set": [Set<Record<string, unknown>>, SetAnswer];
  "Email/import": [
    { emails: Record<string, { blobId: Id; mailboxIds: Record<Id, true>; keywords?: Record<string, true> }> },
    Pick<SetAnswer, "created" | "notCreated">,
  ];
  "MDN/send": [
    { identityId: Id; send: Record<string, Record<string, unknown>>; onSuccessUpdateEmail: Record<Id, Patch> },
    { sent: Record<string, unknown> | null; notSent: Record<string, SetError> | null },
  ];
  "Email/setByQuery": [
    { filter: Filter | null; update?: Patch; destroy?: boolean; expected?: number },
    SetByQueryAnswer,
  ];
  "Email/undo": [{ undoToken: string }, { restored: number; notRestored: number; error: SetError | null }];
  "SearchSnippet/get": [{ filter: Filter | null; emailIds?: Id[] }, { list: SearchSnippet[]; notFound: Id[] | null }];
  "SafeBody/get": [
    { emailIds: Id[]; prefer?: "html" | "plain"; showRemotePictures?: boolean; colorScheme?: "light" | "dark" | "darkened" },
    { list: SafeBodies[]; notFound: Id[] },
  ];
  "AddressBook/get": [Get, Got<AddressBook>];
  "AddressBook/set": [Set<{ name: string }> & { onDestroyRemoveContents?: boolean; onSuccessSetIsDefault?: Id }, SetAnswer];
  "ContactCard/get": [Get, Got<Card>];
  "ContactCard/query": [
    {
      filter?: CardFilter | null;
      sort?: { property: string; isAscending: boolean; collation?: string }[];
      position?: number;
      limit?: number;
      calculateTotal?: boolean;
    },
    QueryAnswer,
  ];
  "ContactCard/set": [Set<Record<string, unknown>>, SetAnswer];
  "Identity/get": [Get, Got<Identity>];
  "Identity/set": [Set<Record<string, unknown>>, SetAnswer];
  "VacationResponse/get": [Get, Got<VacationResponse>];
  "VacationResponse/set": [Set<never>, SetAnswer];
  "Rule/get": [Get, Got<Rule>];
  "Rule/set": [Set<Omit<Rule, "id">>, SetAnswer];
  "Activity/query": [{ filter?: { action?: string } | null; position?: number; limit?: number }, QueryAnswer];
  "Activity/get": [Get, Got<Activity>];
  "MailFile/import": [{ blobId: Id; mailboxId: Id | null; name: string | null; again?: boolean }, ImportAnswer];
  "EmailSubmission/get": [Get, Got<EmailSubmission>];
  "EmailSubmission/query": [
    { filter?: { undoStatus: EmailSubmission["undoStatus"] }; sort?: { property: string; isAscending: boolean }[]; limit?: number },
    QueryAnswer,
  ];
  "EmailSubmission/set": [Set<Record<string, unknown>> & { onSuccessUpdateEmail?: Record<Id, Patch>; onSuccessDestroyEmail?: Id[] }, SetAnswer];
  "Quota/get": [Get, Got<Quota>];
  "Email/unsubscribe": [{ emailId: Id }, { outcome: string }];
  "Preferences/get": [Get, Got<{ id: Id; values: Record<string, unknown> }>];
  "Preferences/set": [Set<never>, SetAnswer];
  "RetainedEmail/query": [
    { filter?: { inMailbox?: Id; after?: string; activityId?: Id } | null; position?: number; limit?: number; calculateTotal?: boolean },
    { ids: Id[]; position: number; total?: number },
  ];
  "RetainedEmail/get": [Get, Got<RetainedEmail>];
  "RetainedEmail/restore": [
    { ids: Id[]; mailboxId?: Id | null },
    { restored: Record<Id, unknown>; notRestored: Record<Id, SetError> },
  ];
}

export type Method = keyof Methods;

/** Points into the answer of an earlier call of the same request (RFC 8620, 3.7). */
export interface Reference {
  resultOf: string;
  name: string;
  path: string;
}

/** The arguments of a method; each may come by reference, its name behind a `#`. */
export type Arguments<M extends Method> = Methods[M][0] & {
  [name in `#${Extract<keyof Methods[M][0], string>}`]?: Reference;
};

export type Answer<M extends Method> = Methods[M][1];

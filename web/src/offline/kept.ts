// What is kept in this browser so that mail can be read, put in order and written without a connection: emails as the host had them last,
// and behind them, in order, what its user did since. What is seen is always the one with the other on top (`view.ts`).

import type { Draft } from "../compose/draft.ts";
import type { Written } from "../compose/message.ts";
import type { Email, Id, Identity, Mailbox, Patch, SafeBodies, Session, SetError, State } from "../jmap/types.ts";

/** An email as the host had it last. */
export interface KeptEmail {
  id: Id;
  email: Email;
  /** Its bodies, at addresses that only this browser knows; without them only its row is kept. */
  bodies?: SafeBodies;
  /** What its bodies and what is kept for answers take. */
  octets: number;
  /** When it was opened or asked for last, in milliseconds. */
  used: number;
}

/** What of a message is needed to answer it or to pass it on (`compose/original.ts`). */
export interface KeptOriginal {
  id: Id;
  original: Record<string, unknown> & { id: Id };
}

/** What is known of the account beside its emails. */
export interface Around {
  session: Session;
  mailboxes: Mailbox[];
  mailboxState: State;
  emailState: State;
  identities: Identity[];
  /** As `Quota/get` and `Preferences/get` answer. */
  quota: unknown[];
  preferences: unknown[];
}

/** Emails are changed, as `Email/set` has it (RFC 8620, 5.3). */
export interface Change {
  kind: "change";
  update: Record<Id, Patch>;
}

/** Emails are deleted for good. */
export interface Destroy {
  kind: "destroy";
  ids: Id[];
}

/** A message goes out, or a draft is kept on the host. */
export interface Mail {
  kind: "mail" | "draft";
  draft: Draft;
  written: Written;
  identity: Identity;
  /** When it may leave, if not at once. */
  at: string | null;
  /** Files that are not on the host yet, by their keys in the draft. */
  files: { key: string; file: Blob }[];
}

export type Sets = Pick<Email, "keywords" | "mailboxIds">;

/** Why the host did not do something, or not to all. */
export type Trouble =
  | { kind: "gone"; count: number }
  | { kind: "moved"; count: number }
  | { kind: "mailboxGone"; count: number }
  | { kind: "refused"; error: SetError & Record<string, unknown> };

export type Deed = Change | Destroy | Mail;

/** Something that its user did and the host does not know yet; numbers rise. */
export interface Item {
  number: number;
  at: number;
  deed: Deed;
  /** The host was asked, and what became of that is all known: it waits no more, and this is said. */
  troubles?: Trouble[];
}

export interface All {
  around: Around | undefined;
  emails: KeptEmail[];
  items: Item[];
}

/** Where it lies. Each method is one transaction. */
export interface Place {
  all(): Promise<All>;
  items(): Promise<Item[]>;
  around(around: Partial<Around>): Promise<void>;
  /** Puts emails, with what is needed to answer them, and drops others. */
  put(emails: readonly KeptEmail[], originals: readonly KeptOriginal[], dropped: readonly Id[]): Promise<void>;
  original(id: Id): Promise<KeptOriginal | undefined>;
  add(deed: Deed, at: number): Promise<number>;
  change(item: Item): Promise<void>;
  /** What became of an item is known: it goes, or stays to say what did not work. `now` is what the host has of emails since. */
  settle(item: Item, now: ReadonlyMap<Id, Sets>, dropped: readonly Id[]): Promise<void>;
  /** Takes an item out that the host was not told of. */
  remove(number: number): Promise<void>;
}

/** So much waits at most. */
export const ITEMS_MAX = 1000;
/** Emails of one item. */
export const TARGETS_MAX = 200;

// The list that is open, and the row that the keyboard is at.

import type { Email, Id } from "../jmap/types.ts";
import { emails } from "./emails.svelte.ts";
import { type ListQuery, isSame } from "./query.ts";
import { selection } from "./selection.svelte.ts";
import { ListWindow } from "./window.svelte.ts";

class List {
  window = $state.raw<ListWindow | undefined>(undefined);
  /** The place of the row that keys act upon. */
  cursor = $state(0);

  /** Opens another list; the same one stays as it is. */
  open(query: ListQuery): void {
    if (this.window && isSame(this.window.query, query)) return;
    selection.clear();
    this.cursor = 0;
    this.window = new ListWindow(query);
    void this.window.open();
  }

  get cursorId(): Id | undefined {
    return this.window?.at(this.cursor);
  }

  /** What actions are about: the chosen rows, or else the row of the keyboard or of the open conversation. */
  rows(openThread: Id | undefined): Id[] {
    if (selection.ids.size > 0) return [...selection.ids];
    const id = openThread === undefined ? this.cursorId : this.#rowOf(openThread);
    return id === undefined ? [] : [id];
  }

  #rowOf(opened: Id): Id | undefined {
    if (!this.window?.query.isByThread) return opened;
    const at = this.cursorId;
    if (at !== undefined && emails.get(at)?.threadId === opened) return at;
    return emails.thread(opened)?.at(-1);
  }

  /** Whether any message of a row has a star. */
  isStarred(row: Id): boolean {
    return this.members(row).some((email) => email.keywords["$flagged"]);
  }

  isUnread(row: Id): boolean {
    return this.members(row).some((email) => !email.keywords["$seen"]);
  }

  /** By what the row of an email is opened: its conversation, or itself alone. */
  opens(email: Email): Id {
    return this.window?.query.isByThread ? email.threadId : email.id;
  }

  /** The emails that a row stands for: itself, or those of its conversation that lie in the folder that is shown. */
  members(row: Id): Email[] {
    const email = emails.get(row);
    if (!email) return [];
    if (!this.window?.query.isByThread) return [email];
    const { mailboxId } = this.window.query;
    const members = emails.ofThread(email.threadId);
    const here = mailboxId === undefined ? members : members.filter((one) => mailboxId in one.mailboxIds);
    return here.length > 0 ? here : [email];
  }
}

export const list = new List();

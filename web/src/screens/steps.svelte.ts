// Going from one conversation to the next, and where the focus is, for keys and buttons alike. Screens say here how.

import { emails } from "../store/emails.svelte.ts";
import { list } from "../store/list.svelte.ts";
import { here } from "../store/place.svelte.ts";
import { selection } from "../store/selection.svelte.ts";

class Steps {
  /** Scrolls to the row of the keyboard; the list says how. */
  reveal: () => void = () => undefined;
  focusList: () => void = () => undefined;
  focusSearch: () => void = () => undefined;
  /** Goes to another message of the conversation; the reader says how. */
  message: (by: number) => void = () => undefined;

  next(): Promise<void> {
    return this.move(1);
  }

  previous(): Promise<void> {
    return this.move(-1);
  }

  /** Goes so many rows on; an open conversation gives way to that of the row. */
  async move(by: number): Promise<void> {
    const { window } = list;
    if (!window || window.total === 0 || here.isAlone) return;
    await this.to(Math.max(0, Math.min(list.cursor + by, window.total - 1)));
  }

  async to(place: number): Promise<void> {
    list.cursor = place;
    this.reveal();
    if (here.threadId === undefined) return;
    await list.window?.reach(place);
    if (list.cursor === place) this.open();
  }

  /** Opens the row of the keyboard. */
  open(): void {
    const id = list.cursorId;
    const email = id === undefined ? undefined : emails.get(id);
    if (email) here.read(list.opens(email));
  }

  back(): void {
    // Browsers close tabs that a page opened; in others the list comes.
    if (here.isAlone) close();
    if (!here.isMail) here.go({ kind: "mailbox", mailboxId: undefined, threadId: undefined });
    here.read(undefined);
    this.focusList();
  }

  choose(): void {
    const id = list.cursorId;
    if (id !== undefined) selection.toggle(id, list.cursor);
  }

  search(): void {
    this.focusSearch();
  }
}

export const steps = new Steps();

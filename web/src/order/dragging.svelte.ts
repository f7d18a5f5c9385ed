// Dragging rows and folders onto folders. Browsers tell a page that is dragged over nothing of what is dragged: so it is kept here. Whatever
// dragging does has a menu that does it too.

import type { Id, Mailbox } from "../jmap/types.ts";
import { list } from "../store/list.svelte.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";
import { selection } from "../store/selection.svelte.ts";

type Dragged = { kind: "rows"; rows: readonly Id[] | undefined } | { kind: "folder"; mailbox: Mailbox };

/** Stands for the top level, into which folders can be put. */
export const TOP = "";

class Dragging {
  #what = $state.raw<Dragged | undefined>(undefined);
  /** The folder under the pointer, if that may take it. */
  over = $state<Id | undefined>(undefined);

  /** A row; with it all that are chosen, if it is one of them. */
  startRow(event: DragEvent, row: Id | undefined, said: (count: number) => string): void {
    if (row === undefined) return event.preventDefault();
    const isChosen = selection.has(row);
    this.#start(event, { kind: "rows", rows: isChosen ? (selection.isAll ? undefined : [...selection.ids]) : [row] });
    picture(event, said(isChosen ? (selection.isAll ? (list.window?.total ?? 0) : selection.ids.size) : 1));
  }

  startFolder(event: DragEvent, mailbox: Mailbox): void {
    if (mailbox.role === null && mailbox.myRights.mayRename) this.#start(event, { kind: "folder", mailbox });
    else event.preventDefault();
  }

  #start(event: DragEvent, what: Dragged): void {
    this.#what = what;
    if (!event.dataTransfer) return;
    event.dataTransfer.effectAllowed = "move";
    // Some browsers drag nothing that has no data.
    event.dataTransfer.setData("application/x-correio", what.kind);
  }

  end(): void {
    this.#what = undefined;
    this.over = undefined;
  }

  enter(event: DragEvent, to: Id): void {
    if (!this.#may(to)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "move";
    this.over = to;
  }

  leave(to: Id): void {
    if (this.over === to) this.over = undefined;
  }

  drop(event: DragEvent, to: Id): void {
    const what = this.#what;
    if (!what || !this.#may(to)) return;
    event.preventDefault();
    this.end();
    void import("./drop.ts").then(({ dropRows, dropFolder }) => {
      return what.kind === "rows" ? dropRows(to, what.rows) : dropFolder(to === TOP ? null : to, what.mailbox);
    });
  }

  #may(to: Id): boolean {
    const what = this.#what;
    if (!what) return false;
    const mailbox = mailboxes.get(to);
    if (what.kind === "rows") return mailbox !== undefined && mailbox.myRights.mayAddItems && to !== list.window?.query.mailboxId;
    if (to === TOP) return what.mailbox.parentId !== null;
    return mailbox !== undefined && mailboxes.mayHold(mailbox, what.mailbox);
  }
}

/** What is seen under the pointer: how many, and not the whole row. */
function picture(event: DragEvent, said: string): void {
  const element = document.createElement("div");
  element.className = "drag-picture";
  element.textContent = said;
  document.body.append(element);
  event.dataTransfer?.setDragImage(element, 16, 16);
  setTimeout(() => element.remove());
}

export const dragging = new Dragging();

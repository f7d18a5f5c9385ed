// What is known of the contacts: address books, groups, and the cards of the list that is looked at, as far as they were seen.

import { SvelteMap } from "svelte/reactivity";
import type { AddressBook, Card } from "../jmap/contacts.ts";
import type { Id } from "../jmap/types.ts";
import { sync } from "../store/sync.ts";
import { ROW_PROPERTIES } from "./card.ts";
import { type Shown, fetchAll, fetchCards } from "./host.ts";

/** So many rows are asked for at once. */
const PAGE = 50;

class Contacts {
  books = $state.raw<AddressBook[]>([]);
  groups = $state.raw<Card[]>([]);
  ids = $state.raw<Id[]>([]);
  phase = $state<"loading" | "ready" | "failed">("loading");
  text = $state("");
  bookId = $state<Id | undefined>(undefined);
  groupId = $state<Id | undefined>(undefined);
  readonly rows = new SvelteMap<Id, Card>();
  /** The card that is open, whole. */
  open = $state.raw<Card | undefined>(undefined);
  isGone = $state(false);
  /** What has to be asked for again once it is seen. */
  readonly #stale = new Set<Id>();
  readonly #asked = new Set<Id>();
  #turn = 0;
  #opened: Id | undefined;

  get defaultBook(): AddressBook | undefined {
    return this.books.find(({ id }) => id === this.bookId) ?? this.books.find(({ isDefault }) => isDefault) ?? this.books[0];
  }

  get group(): Card | undefined {
    return this.groups.find(({ id }) => id === this.groupId);
  }

  get shown(): Shown {
    return { text: this.text, bookId: this.bookId, group: this.group };
  }

  /** Keeps what is shown as it is on the host; gives how to stop. */
  watch(): () => void {
    const due = () => void this.refresh();
    for (const type of ["ContactCard", "AddressBook"]) sync.types.set(type, due);
    due();
    return () => {
      for (const type of ["ContactCard", "AddressBook"]) sync.types.delete(type);
    };
  }

  /** Asks for all that is shown. An answer that was overtaken is left. */
  async refresh(): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    for (const id of this.rows.keys()) this.#stale.add(id);
    this.#asked.clear();
    const opened = this.#opened === undefined ? undefined : this.read(this.#opened);
    try {
      const { books, groups, ids } = await fetchAll(this.shown);
      if (turn !== this.#turn) return;
      // Who is in a group is known with the group: a group that changed is looked at again.
      const isOther = JSON.stringify(this.group?.members) !== JSON.stringify(groups.find(({ id }) => id === this.groupId)?.members);
      [this.books, this.groups, this.ids, this.phase] = [books, groups, ids, "ready"];
      if (this.groupId !== undefined && isOther) void this.refresh();
      await opened;
    } catch {
      if (turn === this.#turn && this.phase === "loading") this.phase = "failed";
    }
  }

  /** Looks at something else. */
  async show(what: { text?: string; bookId?: Id | undefined; groupId?: Id | undefined }): Promise<void> {
    if ("text" in what) this.text = what.text ?? "";
    else [this.bookId, this.groupId] = [what.bookId, what.groupId];
    await this.refresh();
  }

  /** These places are seen: what is not known of them is asked for. */
  async reach(first: number, last: number): Promise<void> {
    const from = Math.floor(first / PAGE) * PAGE;
    const to = Math.ceil((last + 1) / PAGE) * PAGE;
    const isWanted = (id: Id) => (!this.rows.has(id) || this.#stale.has(id)) && !this.#asked.has(id);
    const ids = this.ids.slice(from, to).filter(isWanted);
    if (ids.length === 0) return;
    for (const id of ids) this.#asked.add(id);
    try {
      for (const card of await fetchCards(ids, ROW_PROPERTIES)) {
        this.#stale.delete(card.id);
        this.rows.set(card.id, card);
      }
    } catch {
      // The connection says what is wrong; whoever scrolls there again asks again.
      for (const id of ids) this.#asked.delete(id);
    }
  }

  /** Opens a card. */
  async read(id: Id | undefined): Promise<void> {
    this.#opened = id;
    if (this.open?.id !== id) this.open = undefined;
    this.isGone = false;
    if (id === undefined) return;
    const [card] = await fetchCards([id]);
    if (this.#opened !== id) return;
    this.open = card;
    this.isGone = card === undefined;
  }
}

export const contacts = new Contacts();

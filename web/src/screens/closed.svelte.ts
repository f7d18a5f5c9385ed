// Which folders hide those in them, remembered in this browser.

import type { Id, Mailbox } from "../jmap/types.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";

const KEPT = "correio.closed";

class Closed {
  #ids = $state.raw<ReadonlySet<Id>>(new Set((localStorage.getItem(KEPT) ?? "").split(" ").filter(Boolean)));

  has(id: Id): boolean {
    return this.#ids.has(id);
  }

  toggle(id: Id): void {
    const rest = [...this.#ids].filter((one) => one !== id);
    this.#ids = new Set(this.#ids.has(id) ? rest : [...rest, id]);
    localStorage.setItem(KEPT, [...this.#ids].join(" "));
  }

  /** Whether any folder above is closed. */
  isHidden(mailbox: Mailbox): boolean {
    return mailboxes.path(mailbox.id).slice(0, -1).some((one) => this.#ids.has(one.id));
  }
}

export const closed = new Closed();

// Which rows are chosen: some by their ids, or everything that the query of the list matches.

import type { Id } from "../jmap/types.ts";

class Selection {
  ids = $state.raw<ReadonlySet<Id>>(new Set());
  isAll = $state(false);
  /** From where a range reaches. */
  anchor: number | undefined;

  get isEmpty(): boolean {
    return !this.isAll && this.ids.size === 0;
  }

  has(id: Id): boolean {
    return this.isAll || this.ids.has(id);
  }

  toggle(id: Id, place: number): void {
    // Whoever takes one out of all means that page.
    this.isAll = false;
    if (this.ids.has(id)) this.remove([id]);
    else this.add([id]);
    this.anchor = place;
  }

  add(ids: Iterable<Id>): void {
    this.ids = new Set([...this.ids, ...ids]);
  }

  remove(ids: Iterable<Id>): void {
    const gone = new Set(ids);
    this.ids = new Set([...this.ids].filter((id) => !gone.has(id)));
  }

  all(): void {
    this.isAll = true;
  }

  clear(): void {
    this.ids = new Set();
    this.isAll = false;
    this.anchor = undefined;
  }
}

export const selection = new Selection();

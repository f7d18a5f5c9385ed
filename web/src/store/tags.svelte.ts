// Tags that were used in this browser, so that they can be chosen again: the host keeps them with the messages alone.

import { SvelteSet } from "svelte/reactivity";

const KEPT = "correio.tags";
const NAMES_MAX = 100;

class Known {
  readonly names = new SvelteSet<string>((localStorage.getItem(KEPT) ?? "").split(" ").filter(Boolean));

  add(name: string): void {
    if (this.names.size >= NAMES_MAX) return;
    this.names.add(name);
    localStorage.setItem(KEPT, [...this.names].join(" "));
  }
}

export const known = new Known();

// What the search line asked, and what of it was not understood. The grammar is loaded when somebody searches.

import type { Search } from "../search/filter.ts";
import type { Id } from "../jmap/types.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";

class Found {
  unknown = $state.raw<string[]>([]);

  async ask(line: string, mailboxId: Id | undefined): Promise<Search> {
    const around = { mailboxes: mailboxes.list, mailboxId, now: new Date() };
    const { search } = await import("../search/filter.ts");
    const asked = search(line, around);
    this.unknown = asked.unknown;
    return asked;
  }
}

export const found = new Found();

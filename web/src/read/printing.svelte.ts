// Printing a message or a conversation. Bodies are in frames, which say how high they are for the width that they have: so the page takes
// the width of paper and light colours first, waits for them, and then asks the browser to print.

import { tick } from "svelte";
import type { Id } from "../jmap/types.ts";
import { conversation } from "../store/conversation.svelte.ts";
import { theme } from "../store/theme.svelte.ts";

/** A frame that says nothing for so long is as high as it is. */
const REST_MS = 350;
const WAITED_MAX_MS = 8000;

class Printing {
  /** The one message that is printed; none: all of them. */
  only = $state<Id | undefined>(undefined);
  #heard = 0;

  /** A frame said how high it is. */
  measured(): void {
    this.#heard = Date.now();
  }

  async print(only?: Id): Promise<void> {
    this.only = only;
    if (only === undefined) conversation.openAll();
    theme.isPrinting = true;
    document.documentElement.dataset["printing"] = "";
    try {
      this.measured();
      await conversation.renewBodies();
      await tick();
      this.measured();
      await this.#settled();
      print();
    } finally {
      delete document.documentElement.dataset["printing"];
      theme.isPrinting = false;
      this.only = undefined;
    }
  }

  async #settled(): Promise<void> {
    const end = Date.now() + WAITED_MAX_MS;
    while (Date.now() < end && Date.now() - this.#heard < REST_MS) await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export const printing = new Printing();

// Which message keys answer: the one that has the focus, else the last one that is open.

import type { Id } from "../jmap/types.ts";
import { conversation } from "../store/conversation.svelte.ts";

export function asked(): Id | undefined {
  const written = conversation.messages.filter(({ keywords }) => !keywords["$draft"]);
  const focused = document.activeElement?.closest<HTMLElement>("[data-email]")?.dataset["email"];
  const email = written.find(({ id }) => id === focused) ?? written.findLast(({ id }) => conversation.open.has(id)) ?? written.at(-1);
  return email?.id;
}

// Takes up who wrote a message, or whom it names, from the address that stands there.

import { failed } from "../actions/done.ts";
import type { EmailAddress } from "../jmap/types.ts";
import { here } from "../store/place.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { addressesOf, nameOf } from "./card.ts";
import { contacts } from "./contacts.svelte.ts";
import { make, worded } from "./deeds.ts";
import { fetchAll, findCards } from "./host.ts";
import { texts } from "./words/texts.svelte.ts";

/** The name as people write it in mail: `Sousa, Ana` is Ana Sousa. */
export function namesOf(name: string | null): { kind: string; value: string }[] {
  const plain = (name ?? "").trim();
  const [before, after, ...more] = plain.split(",").map((part) => part.trim());
  const turned = after && before && more.length === 0 ? `${after} ${before}` : plain;
  const words = turned.split(/\s+/).filter(Boolean);
  const surname = words.length > 1 ? words.at(-1) : undefined;
  const given = (surname === undefined ? words : words.slice(0, -1)).join(" ");
  return [...(given ? [{ kind: "given", value: given }] : []), ...(surname ? [{ kind: "surname", value: surname }] : [])];
}

export async function add({ name, email }: EmailAddress): Promise<void> {
  try {
    await texts.load();
    const isThis = (address: EmailAddress) => address.email.toLowerCase() === email.toLowerCase();
    const known = (await findCards({ email }, 20)).find((card) => addressesOf(card).some(isThis));
    if (known) {
      const open = () => here.go({ kind: "contacts", cardId: known.id });
      toasts.show(texts.text.known(nameOf(known)), "done", { label: texts.text.title, run: open });
      return;
    }
    const { books } = contacts.books.length > 0 ? contacts : await fetchAll({ text: "", bookId: undefined, group: undefined });
    const book = books.find(({ isDefault }) => isDefault) ?? books[0];
    const components = namesOf(name);
    await make({
      addressBookIds: book ? { [book.id]: true } : {},
      ...(components.length > 0 ? { name: { components, isOrdered: true } } : {}),
      emails: { e1: { address: email } },
    });
  } catch (error) {
    failed(worded(error));
  }
}

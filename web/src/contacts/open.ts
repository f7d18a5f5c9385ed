// The door to the contacts for the rest of the page. They are loaded when somebody looks at them.

import { failed } from "../actions/done.ts";
import type { EmailAddress } from "../jmap/types.ts";

/** The screen, once its words are there. */
export async function screen(): Promise<typeof import("./Contacts.svelte")> {
  const [part, { texts }] = await Promise.all([import("./Contacts.svelte"), import("./words/texts.svelte.ts")]);
  await texts.load();
  return part;
}

export async function addContact(address: EmailAddress): Promise<void> {
  try {
    await (await import("./add.ts")).add(address);
  } catch (error) {
    failed(error);
  }
}

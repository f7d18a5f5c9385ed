// What the menu of a folder does, beside what has a dialog of its own.

import { readAll } from "../actions/commands.ts";
import { failed } from "../actions/done.ts";
import { destroy } from "../actions/mailboxes.ts";
import type { Mailbox } from "../jmap/types.ts";
import { here } from "../store/place.svelte.ts";
import { ask } from "../ui/ask.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { folderName } from "../words/folders.svelte.ts";
import { words } from "../words/words.svelte.ts";

export { readAll };

/** Deletes a folder, once its user knows what goes with it. */
export async function remove(mailbox: Mailbox, hasChildren: boolean): Promise<void> {
  const { done, folder } = words.text;
  if (hasChildren) return toasts.show(folder.hasChildren, "failed");
  const [n, name] = [mailbox.totalEmails, folderName(mailbox)];
  const question = {
    title: folder.deleteTitle(name),
    text: n === 0 ? folder.deleteEmpty : folder.deleteWith(n),
    go: folder.delete,
    isBad: true,
  };
  if (!(await ask.sure(question))) return;
  try {
    await destroy(mailbox, n > 0);
    toasts.show(done.folderDeleted(name));
    const { place } = here;
    if (place.kind === "mailbox" && place.mailboxId === mailbox.id) {
      here.go({ kind: "mailbox", mailboxId: undefined, threadId: undefined });
    }
  } catch (error) {
    failed(error);
  }
}

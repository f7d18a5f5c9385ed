// What becomes of rows and folders that were dropped on a folder; loaded when something was.

import { moveRows } from "../actions/commands.ts";
import { failed } from "../actions/done.ts";
import { move } from "../actions/mailboxes.ts";
import type { Id, Mailbox } from "../jmap/types.ts";

export async function dropRows(to: Id, rows: readonly Id[] | undefined): Promise<void> {
  await moveRows(to, undefined, rows);
}

export async function dropFolder(to: Id | null, mailbox: Mailbox): Promise<void> {
  await move(mailbox, to).catch(failed);
}

// What is seen: what the host had last, and on top of it what waits, in order. Pure.

import type { Email, Id, Mailbox } from "../jmap/types.ts";
import { patched } from "../store/patch.ts";
import type { Item, KeptEmail } from "./kept.ts";

/** The items that wait still. */
export const waiting = (items: readonly Item[]) => items.filter(({ troubles }) => !troubles);

/** The emails as they will be. */
export function seen(kept: readonly KeptEmail[], items: readonly Item[]): Map<Id, Email> {
  const emails = new Map(kept.map(({ id, email }) => [id, email]));
  for (const { deed } of waiting(items)) {
    if (deed.kind === "destroy") for (const id of deed.ids) emails.delete(id);
    else if (deed.kind === "change") {
      for (const [id, patch] of Object.entries(deed.update)) {
        const email = emails.get(id);
        if (email) emails.set(id, patched(email, patch));
      }
    }
  }
  return emails;
}

/** All that waiting items are about. */
export function touched(items: readonly Item[]): Set<Id> {
  return new Set(waiting(items).flatMap(({ deed }) => idsOf(deed)));
}

export function idsOf(deed: Item["deed"]): Id[] {
  if (deed.kind === "destroy") return deed.ids;
  return deed.kind === "change" ? Object.keys(deed.update) : [];
}

/** The folders, counting what waits as if it had been done. Counts of conversations stay as the host said them. */
export function counted(mailboxes: readonly Mailbox[], kept: readonly KeptEmail[], items: readonly Item[]): Mailbox[] {
  const now = seen(kept, items);
  const ids = touched(items);
  const more = new Map<Id, { total: number; unread: number }>();
  const count = (email: Email | undefined, by: 1 | -1) => {
    for (const id of Object.keys(email?.mailboxIds ?? {})) {
      const sum = more.get(id) ?? { total: 0, unread: 0 };
      const isUnread = !email?.keywords["$seen"] && !email?.keywords["$draft"];
      more.set(id, { total: sum.total + by, unread: sum.unread + (isUnread ? by : 0) });
    }
  };
  for (const { id, email } of kept) {
    if (!ids.has(id)) continue;
    count(email, -1);
    count(now.get(id), 1);
  }
  return mailboxes.map((mailbox) => {
    const { total, unread } = more.get(mailbox.id) ?? { total: 0, unread: 0 };
    const [totalEmails, unreadEmails] = [mailbox.totalEmails + total, Math.max(0, mailbox.unreadEmails + unread)];
    return { ...mailbox, totalEmails, unreadEmails };
  });
}

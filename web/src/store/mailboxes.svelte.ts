// The folders of the account, as a tree: those with a role first, then one's own by name.

import type { Id, Mailbox } from "../jmap/types.ts";

/** A folder, how deep it lies, and whether it holds others. */
export interface Branch {
  mailbox: Mailbox;
  depth: number;
  hasChildren: boolean;
}

const ROLES = ["inbox", "drafts", "sent", "archive", "junk", "trash"];

class Mailboxes {
  list = $state.raw<Mailbox[]>([]);
  state = "";
  readonly #byId = $derived(new Map(this.list.map((mailbox) => [mailbox.id, mailbox])));
  readonly tree: Branch[] = $derived(branches(this.list));

  get(id: Id): Mailbox | undefined {
    return this.#byId.get(id);
  }

  withRole(role: string): Mailbox | undefined {
    return this.list.find((mailbox) => mailbox.role === role);
  }

  /** Whether a folder can go into another one: not into itself or what it holds, nor where it is. */
  mayHold(one: Mailbox, moved: Mailbox): boolean {
    const isWithin = this.path(one.id).some((above) => above.id === moved.id);
    return one.myRights.mayCreateChild && !isWithin && one.id !== moved.parentId;
  }

  put(list: readonly (Partial<Mailbox> & { id: Id })[]): void {
    if (list.length === 0) return;
    const known = new Map(this.list.map((mailbox) => [mailbox.id, mailbox]));
    for (const mailbox of list) {
      known.set(mailbox.id, { ...known.get(mailbox.id), ...mailbox } as Mailbox);
    }
    this.list = [...known.values()];
  }

  forget(ids: readonly Id[]): void {
    if (ids.length > 0) this.list = this.list.filter((mailbox) => !ids.includes(mailbox.id));
  }

  /** The names from the top, for where a folder is shown alone. */
  path(id: Id): Mailbox[] {
    const path: Mailbox[] = [];
    for (let at = this.get(id); at && path.length < 40; at = at.parentId ? this.get(at.parentId) : undefined) {
      path.unshift(at);
    }
    return path;
  }
}

/** All folders in the order in which they are shown. */
export function branches(list: readonly Mailbox[]): Branch[] {
  const below = new Map<Id | null, Mailbox[]>();
  const ids = new Set(list.map((mailbox) => mailbox.id));
  for (const mailbox of list) {
    const parent = mailbox.parentId !== null && ids.has(mailbox.parentId) ? mailbox.parentId : null;
    below.set(parent, [...(below.get(parent) ?? []), mailbox]);
  }
  const compare = new Intl.Collator(undefined, { numeric: true }).compare;
  const rank = (mailbox: Mailbox) => {
    const role = ROLES.indexOf(mailbox.role ?? "");
    return role < 0 ? ROLES.length : role;
  };
  const shown: Branch[] = [];
  const walk = (parent: Id | null, depth: number) => {
    const children = below.get(parent) ?? [];
    children.sort((a, b) => rank(a) - rank(b) || a.sortOrder - b.sortOrder || compare(a.name, b.name));
    for (const mailbox of children) {
      shown.push({ mailbox, depth, hasChildren: below.has(mailbox.id) });
      walk(mailbox.id, depth + 1);
    }
  };
  walk(null, 0);
  return shown;
}

export const mailboxes = new Mailboxes();

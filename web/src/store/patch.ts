// Patches of emails (RFC 8620, 5.3) and what takes them back. Pure.

import type { Email, Patch } from "../jmap/types.ts";

type Sets = Pick<Email, "keywords" | "mailboxIds">;

/** An email as it is once a patch of `keywords/…` and `mailboxIds/…` was done. */
export function patched<E extends Sets>(email: E, patch: Patch): E {
  const keywords = { ...email.keywords };
  const mailboxIds = { ...email.mailboxIds };
  for (const [path, value] of Object.entries(patch)) {
    const [property, name] = split(path);
    const set = property === "keywords" ? keywords : mailboxIds;
    if (value === null) delete set[name];
    else set[name] = true;
  }
  return { ...email, keywords, mailboxIds };
}

/** The patch that takes this one back: of what it changes alone, so that what others changed meanwhile stays. */
export function inverse(email: Sets, patch: Patch): Patch {
  const back: Patch = {};
  for (const [path, value] of Object.entries(patch)) {
    const [property, name] = split(path);
    const was = name in email[property];
    if (was !== (value !== null)) back[path] = was ? true : null;
  }
  return back;
}

/** The part of a patch that changes anything. */
export function effective(email: Sets, patch: Patch): Patch {
  const changes: Patch = {};
  for (const [path, value] of Object.entries(patch)) {
    const [property, name] = split(path);
    if (name in email[property] !== (value !== null)) changes[path] = value;
  }
  return changes;
}

export function isNothing(patch: Patch): boolean {
  return Object.keys(patch).length === 0;
}

/** A name as a part of a path (RFC 6901, 3). */
export function part(name: string): string {
  return name.replace(/~/g, "~0").replace(/\//g, "~1");
}

function split(path: string): ["keywords" | "mailboxIds", string] {
  const at = path.indexOf("/");
  const name = path.slice(at + 1).replace(/~1/g, "/").replace(/~0/g, "~");
  return [path.slice(0, at) === "keywords" ? "keywords" : "mailboxIds", name];
}

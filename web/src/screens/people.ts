// How people are called in lists and headings. Pure.

import type { Email, EmailAddress } from "../jmap/types.ts";

export function nameOf(address: EmailAddress): string {
  return address.name?.trim() || address.email;
}

/** The first name, where several people share a line. */
export function shortName(address: EmailAddress): string {
  const name = address.name?.trim();
  if (!name) return address.email.split("@")[0] || address.email;
  return name.includes(",") ? name : (name.split(/\s+/)[0] ?? name);
}

/** Who wrote a conversation, in the order in which they first did, each once. */
export function authors(emails: readonly Email[]): EmailAddress[] {
  const found = new Map<string, EmailAddress>();
  for (const email of emails) {
    for (const from of email.from ?? []) {
      const key = from.email.toLowerCase();
      if (!found.has(key)) found.set(key, from);
    }
  }
  return [...found.values()];
}

export function isMe(address: EmailAddress, user: string): boolean {
  return address.email.toLowerCase() === user.toLowerCase();
}

/** One or two letters for the picture beside a message. */
export function initials(address: EmailAddress | undefined): string {
  const name = address ? nameOf(address) : "";
  const words = name.replace(/[^\p{L}\p{N}\s@.]/gu, "").split(/[\s@.]+/).filter(Boolean);
  const [first, last] = [words[0], address?.name && words.length > 1 ? words.at(-1) : undefined];
  return ((first?.[0] ?? "?") + (last?.[0] ?? "")).toUpperCase();
}

/** One of so many colours, always the same for one address. */
export function colourOf(address: EmailAddress | undefined, colours: number): number {
  let hash = 7;
  for (const letter of address?.email.toLowerCase() ?? "") hash = (hash * 31 + letter.charCodeAt(0)) % 9973;
  return hash % colours;
}

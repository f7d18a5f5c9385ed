// What folders are called: those with a role are called the same everywhere, whatever a program named them.

import { words } from "./words.svelte.ts";

export function folderName(mailbox: { name: string; role: string | null }): string {
  const { roles } = words.text;
  const { name, role } = mailbox;
  return role !== null && role in roles ? roles[role as keyof typeof roles] : name;
}

// Rules that are made of a message: its sender is blocked, its conversation muted.

import { Said } from "../actions/done.ts";
import type { Email, Id } from "../jmap/types.ts";
import { mailboxes } from "../store/mailboxes.svelte.ts";
import { blocking, muting } from "./rule.ts";
import { rules } from "./rules.svelte.ts";
import { texts } from "./words/texts.svelte.ts";

export async function block(address: string): Promise<void> {
  const junk = mailboxes.withRole("junk") ?? mailboxes.withRole("trash");
  if (!junk) throw new Said(texts.text.noJunk);
  await rules.know();
  const known = rules.list?.find(({ filter }) => filter && "from" in filter && filter.from === `<${address}>`);
  if (known?.isEnabled) throw new Said(texts.text.alreadyBlocked(address));
  await rules.makeFirst({ ...blocking(address, junk.id), name: texts.text.blocked(address) });
}

export async function mute(threadId: Id, emails: readonly Email[]): Promise<void> {
  const archive = mailboxes.withRole("archive") ?? mailboxes.withRole("trash");
  if (!archive) throw new Said(texts.text.noArchive);
  await rules.know();
  if (rules.mutes.has(threadId)) return;
  const subject = emails[0]?.subject ?? "";
  await rules.makeFirst({ ...muting(threadId, archive.id), name: texts.text.muted(subject) });
}

export async function unmute(threadId: Id): Promise<void> {
  await rules.know();
  const rule = rules.mutes.get(threadId);
  if (rule) await rules.remove(rule, texts.text.unmuted);
}

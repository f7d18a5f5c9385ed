// What is told of changes and of imports, in words and numbers. Pure.

import type { Activity, By, Id, ImportAnswer } from "../jmap/types.ts";
import type { Texts } from "./words/en.ts";

/** Says one change: what, of how many, where. */
export function sentence(activity: Activity, text: Texts["activity"], folder: (id: Id | null, name: string | null) => string): string {
  const say = (text.said as Record<string, ((n: number | null, to: string, from: string) => string) | undefined>)[activity.action];
  const to = folder(activity.mailboxId, activity.mailboxName);
  const from = folder(activity.fromMailboxId, activity.fromMailboxName);
  return say ? say(activity.count, to, from) : text.other(activity.action);
}

/** Through which door, with what, from where. */
export function by({ door, device, address }: By, text: Texts["activity"]): string {
  const how = text.doors[door] ?? door;
  return [how, ...(device ? [text.device(device)] : []), ...(address ? [text.address(address)] : [])].join(" ");
}

export interface Count {
  imported: number;
  known: number;
  refused: number;
}

export function counted({ mailboxes }: Pick<ImportAnswer, "mailboxes">): Count {
  const sum = (name: keyof Count) => mailboxes.reduce((all, one) => all + one[name], 0);
  return { imported: sum("imported"), known: sum("known"), refused: sum("refused") };
}

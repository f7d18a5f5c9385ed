// When something that lets somebody in was made and used. Pure but for the language of dates.

import type { Device } from "./host.ts";
import { day, moment } from "./when.ts";
import type { Texts } from "./words/en.ts";

export function used({ madeAt, usedAt, expiresAt }: Device, text: Texts): string {
  const parts = [text.made(day(madeAt)), usedAt ? text.used(moment(usedAt)) : text.neverUsed];
  if (expiresAt) parts.push(text.until(day(expiresAt)));
  return parts.join(" · ");
}

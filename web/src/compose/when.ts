// A time to come as people say it: the day of the week, and the hour.

import { words } from "../words/words.svelte.ts";

export function whenText(at: Date): string {
  const isSoon = at.getTime() - Date.now() < 6 * 24 * 3600_000;
  const day: Intl.DateTimeFormatOptions = isSoon ? { weekday: "short" } : { day: "numeric", month: "short" };
  return new Intl.DateTimeFormat(words.locale, { ...day, hour: "2-digit", minute: "2-digit" }).format(at);
}

export function timeText(at: Date): string {
  return new Intl.DateTimeFormat(words.locale, { hour: "2-digit", minute: "2-digit" }).format(at);
}

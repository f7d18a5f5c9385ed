// Days and moments, as people of a language write them.

import { words } from "../words/words.svelte.ts";

export const day = (date: string): string => new Intl.DateTimeFormat(words.locale, { dateStyle: "medium" }).format(new Date(date));
export const moment = (date: string): string =>
  new Intl.DateTimeFormat(words.locale, { dateStyle: "medium", timeStyle: "short" }).format(new Date(date));

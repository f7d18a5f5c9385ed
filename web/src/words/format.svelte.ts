// Dates and sizes as people of a language write them.

import { words } from "./words.svelte.ts";

const made = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = words.locale + JSON.stringify(options);
  let format = made.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(words.locale, options);
    made.set(key, format);
  }
  return format;
}

/** For a list: the time today, the day this year, else the date. */
export function shortDate(date: string, now = new Date()): string {
  const when = new Date(date);
  if (when.toDateString() === now.toDateString()) return format({ hour: "2-digit", minute: "2-digit" }).format(when);
  if (when.getFullYear() === now.getFullYear()) return format({ day: "numeric", month: "short" }).format(when);
  return format({ day: "2-digit", month: "2-digit", year: "numeric" }).format(when);
}

export function longDate(date: string): string {
  return format({ weekday: "short", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(
    new Date(date),
  );
}

/** For the heading of a message. */
export function mediumDate(date: string, now = new Date()): string {
  const when = new Date(date);
  const isThisYear = when.getFullYear() === now.getFullYear();
  if (when.toDateString() === now.toDateString()) return format({ hour: "2-digit", minute: "2-digit" }).format(when);
  return format({
    day: "numeric",
    month: "short",
    ...(isThisYear ? {} : { year: "numeric" as const }),
    hour: "2-digit",
    minute: "2-digit",
  }).format(when);
}

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;

export function size(octets: number): string {
  let unit = 0;
  let value = octets;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const maximumFractionDigits = unit < 2 || value >= 100 ? 0 : 1;
  const style = { style: "unit", unit: UNITS[unit] ?? "byte", unitDisplay: "short", maximumFractionDigits } as const;
  return new Intl.NumberFormat(words.locale, style).format(value);
}

export function number(n: number): string {
  return new Intl.NumberFormat(words.locale).format(n);
}

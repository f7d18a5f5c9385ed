// Dates as fields of a page have them, in the time of the place, and as the host keeps them. Pure.

/** For `<input type="datetime-local">`. */
export function local(date: string | null): string {
  if (date === null) return "";
  const when = new Date(date);
  if (Number.isNaN(when.getTime())) return "";
  return new Date(when.getTime() - when.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** As a `UTCDate`; none where nothing was said. */
export function utc(typed: string): string | null {
  const when = new Date(typed);
  return typed === "" || Number.isNaN(when.getTime()) ? null : `${when.toISOString().slice(0, 19)}Z`;
}

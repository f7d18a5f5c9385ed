// When a message may leave instead of now. Pure.

export type Later = "hour" | "evening" | "morning" | "monday";

export interface Choice {
  kind: Later;
  at: Date;
}

const MORNING = 8;
const EVENING = 18;

/** Choices that make sense now, the next one first. */
export function choices(now: Date): Choice[] {
  const hour = new Date(now);
  hour.setMinutes(now.getMinutes() + 60, 0, 0);
  const evening = at(now, 0, EVENING);
  const morning = at(now, now.getHours() < 5 ? 0 : 1, MORNING);
  const toMonday = (8 - now.getDay()) % 7 || 7;
  const monday = at(now, toMonday, MORNING);
  const all: Choice[] = [{ kind: "hour", at: hour }];
  if (evening.getTime() - now.getTime() > 90 * 60_000) all.push({ kind: "evening", at: evening });
  all.push({ kind: "morning", at: morning });
  if (monday.getTime() !== morning.getTime()) all.push({ kind: "monday", at: monday });
  return all;
}

function at(now: Date, days: number, hours: number): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, hours);
}

/** Whether the host takes it: later than now, and not later than it holds mail. */
export function mayBe(when: Date, now: Date, longest_s: number): boolean {
  const wait_s = (when.getTime() - now.getTime()) / 1000;
  return wait_s >= 60 && wait_s <= longest_s;
}

/** As a field of date and time has it: local, without seconds. */
export function forField(when: Date): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${when.getFullYear()}-${two(when.getMonth() + 1)}-${two(when.getDate())}T${two(when.getHours())}:${two(when.getMinutes())}`;
}

/** RFC 4865, 5: how long, or until when. */
export const holdFor = (seconds: number) => ({ HOLDFOR: String(seconds) });
export const holdUntil = (when: Date) => ({ HOLDUNTIL: when.toISOString().replace(/\.\d+Z$/, "Z") });

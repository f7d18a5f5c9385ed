// Why something was not changed, in words. Pure.

import { Refused } from "../jmap/errors.ts";
import { problem } from "./host.ts";
import type { Texts } from "./words/en.ts";

/** Numbers stand in what the host says of a limit. */
const numberOf = (error: unknown): string => (error instanceof Error ? (/\d+/.exec(error.message)?.[0] ?? "") : "");

export function why(error: unknown, text: Texts["refused"]): string | undefined {
  if (error instanceof Refused && error.status === 429) return text.often;
  switch (problem(error)) {
    case "code":
      return text.code;
    case "passkey":
      return text.passkey;
    case "second-factor":
      return text.secondFactor;
    case "password":
      return text.password(numberOf(error));
    case "name":
      return text.name;
    case "too-many":
      return text.tooMany(numberOf(error));
    case "days":
      return text.days(/to (\d+)/.exec((error as Error).message)?.[1] ?? numberOf(error));
    default:
      return undefined;
  }
}

/** A secret as people read it out: four letters at a time. */
export const grouped = (secret: string): string => secret.match(/.{1,4}/g)?.join(" ") ?? secret;

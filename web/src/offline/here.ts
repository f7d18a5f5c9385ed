// Begins to keep mail in this browser, unless its user said at login that it is not theirs: then nothing is kept in it, neither mail nor drafts, and
// what the page notes for itself goes with the page.

import { Unreachable } from "../jmap/errors.ts";
import { BASE, ask } from "../jmap/http.ts";
import { CHOICE, begin as beginToKeep, isPossible, keepNothing } from "./main.ts";
import { BRIEF } from "./place.ts";

export type Stay = "long" | "brief";

/** Asks the host for how long one stays, and begins. */
export async function begin(): Promise<void> {
  try {
    const answer = await ask(`${BASE}auth/session`, {}, "safe");
    await learnt(((await answer.json()) as { stay: Stay }).stay);
  } catch (error) {
    // What was known before holds where the host cannot be reached.
    if (!(error instanceof Unreachable)) throw error;
  }
  await beginToKeep();
}

/** Takes note of what was said at login. */
export async function learnt(stay: Stay): Promise<void> {
  if (stay === "long") {
    sessionStorage.removeItem(BRIEF);
    removeEventListener("pagehide", clear);
    return;
  }
  sessionStorage.setItem(BRIEF, "1");
  addEventListener("pagehide", clear);
  if (isPossible()) await keepNothing();
  else localStorage.setItem(CHOICE, "0");
}

/** What was said of this computer stays so. */
function clear(): void {
  localStorage.clear();
  localStorage.setItem(CHOICE, "0");
}

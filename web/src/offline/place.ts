// Where kept bodies are shown, whose mail is kept, and who may put something there now.

import { BASE } from "../jmap/http.ts";

export const KEPT = `${BASE}m/kept/`;
/** Whose mail is kept, for a page that begins without the host; nothing is kept where nobody is named. */
export const USER = "correio.kept";
/** In the session of a tab: its user said at login that this is not their computer. */
export const BRIEF = "correio.brief";
/** Held by the one tab that keeps something now. */
const LOCK = "correio-keeper";
/** A tab that waits for its host is not waited for longer: what it holds leads nowhere then. */
const WAIT_MS = 5000;

export async function whileKeeping(work: () => Promise<void>): Promise<void> {
  await navigator.locks.request(LOCK, work);
}

/** Does this once no tab keeps anything, for what takes out what they keep. */
export async function whileNobodyKeeps(work: () => Promise<void>): Promise<void> {
  let hasBegun = false;
  const begin = async () => {
    hasBegun = true;
    await work();
  };
  try {
    await navigator.locks.request(LOCK, { signal: AbortSignal.timeout(WAIT_MS) }, begin);
  } catch (error) {
    if (hasBegun) throw error;
    await work();
  }
}

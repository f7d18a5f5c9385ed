// Logging out: nothing stays in this browser for whoever comes next.

import { failed } from "../actions/done.ts";
import { BASE, ask as request } from "../jmap/http.ts";
import { ask } from "../ui/ask.svelte.ts";
import { away } from "./away.svelte.ts";
import { CHOICE, forget, isPossible } from "./main.ts";
import { texts } from "./words/texts.ts";

export async function logOut(): Promise<void> {
  if (!(await mayForget())) return;
  try {
    await request(`${BASE}auth/logout`, { method: "POST" }, "never");
  } catch (error) {
    return failed(error);
  }
  if (isPossible()) await forget();
  // What was said of this computer stays so.
  const choice = localStorage.getItem(CHOICE);
  localStorage.clear();
  if (choice !== null) localStorage.setItem(CHOICE, choice);
  indexedDB.deleteDatabase("correio-drafts");
  location.assign(`${BASE}auth/login`);
}

/** Whoever would lose what they did is asked. */
export async function mayForget(): Promise<boolean> {
  const count = away.waiting.length;
  if (count === 0) return true;
  const { title, text, go } = texts.text.lose;
  return await ask.sure({ title, text: text(count), go, isBad: true });
}

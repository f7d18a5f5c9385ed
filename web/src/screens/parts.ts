// What is not in the first load: fetched once the first list is there, before anybody asks for it.

export const parts = {
  banner: () => withWords(import("../offline/Banner.svelte"), import("../offline/words/texts.ts")),
  leaving: () => withWords(import("../offline/leaving.ts"), import("../offline/words/texts.ts")),
  keeping: () => withWords(import("../offline/Settings.svelte"), import("../offline/words/texts.ts")),
  actions: () => import("./Actions.svelte"),
  commands: () => import("../actions/commands.ts"),
  dialogs: () => withWords(withWords(import("./Dialogs.svelte"), import("../find/words/texts.ts")), import("../order/words/texts.ts")),
  folderDeeds: () => import("./folderDeeds.ts"),
  chips: () => withWords(import("../find/Chips.svelte"), import("../find/words/texts.ts")),
  savedList: () => withWords(import("../find/SavedList.svelte"), import("../find/words/texts.ts")),
  suggestions: () => withWords(import("../find/Suggestions.svelte"), import("../find/words/texts.ts")),
  keys: () => import("../keys/keys.ts"),
  swiping: () => import("../order/swiping.ts"),
  swipes: () => withWords(import("../order/Swipes.svelte"), import("../order/words/texts.ts")),
  news: () => withWords(import("../live/Settings.svelte"), import("../live/words/texts.ts")),
  reader: () => withWords(import("./Reader.svelte"), import("../read/words/texts.ts")),
};

/** A part, once what it says is there as well. */
async function withWords<Part>(part: Promise<Part>, dictionary: Promise<{ texts: { load(): Promise<void> } }>): Promise<Part> {
  const [loaded, { texts }] = await Promise.all([part, dictionary]);
  await texts.load();
  return loaded;
}

/** Calls this when nothing else is to be done. */
export function whenIdle(run: () => void): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(run, { timeout: 1500 });
  else setTimeout(run, 300);
}

/** Fetches all of it, soon. What does not come is asked for again when it is needed. */
export function fetchParts(): void {
  whenIdle(() => {
    for (const part of Object.values(parts)) void (part() as Promise<unknown>).catch(() => undefined);
  });
}

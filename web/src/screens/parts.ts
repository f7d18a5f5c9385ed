// What is not in the first load: fetched once the first list is there, before anybody asks for it.

export const parts = {
  actions: () => import("./Actions.svelte"),
  commands: () => import("../actions/commands.ts"),
  dialogs: () => import("./Dialogs.svelte"),
  folderDeeds: () => import("./folderDeeds.ts"),
  chips: () => withTexts(import("../find/Chips.svelte")),
  savedList: () => withTexts(import("../find/SavedList.svelte")),
  suggestions: () => withTexts(import("../find/Suggestions.svelte")),
  keys: () => import("../keys/keys.ts"),
  reader: async () => {
    const [reader, { texts }] = await Promise.all([import("./Reader.svelte"), import("../read/words/texts.ts")]);
    await texts.load();
    return reader;
  },
};

/** Where one searches, once it is known what is said there. */
async function withTexts<Part>(part: Promise<Part>): Promise<Part> {
  const [loaded, { texts }] = await Promise.all([part, import("../find/words/texts.ts")]);
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
    for (const part of Object.values(parts)) part().catch(() => undefined);
  });
}

// Searches with a name, kept on the host.

import { done, failed } from "../actions/done.ts";
import { ENTRIES_MAX, type SavedSearch, preferences } from "../store/preferences.svelte.ts";
import { toasts } from "../ui/toasts.svelte.ts";
import { texts } from "./words/texts.ts";

const set = (searches: readonly SavedSearch[]) => preferences.set("searches", searches);
const without = (line: string) => preferences.values.searches.filter((one) => one.line !== line);

export async function save(saved: SavedSearch): Promise<void> {
  if (preferences.values.searches.length >= ENTRIES_MAX) return toasts.show(texts.text.tooMany, "failed");
  const put = () => set([...without(saved.line), saved]);
  await put();
  done({ said: texts.text.savedAs(saved.name), undo: () => set(without(saved.line)), redo: put });
}

export async function forget(saved: SavedSearch): Promise<void> {
  try {
    const take = () => set(without(saved.line));
    await take();
    done({ said: texts.text.deleted(saved.name), undo: () => set([...without(saved.line), saved]), redo: take });
  } catch (error) {
    failed(error);
  }
}

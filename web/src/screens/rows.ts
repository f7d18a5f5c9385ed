// How high a row is: one height for all, so that the place of each is known without drawing it. The style sheet has the same numbers.

import type { Values } from "../store/preferences.svelte.ts";

const ROWS = { comfortable: { base: 64, line: 19 }, compact: { base: 50, line: 18 } };

export function rowHeight(density: Values["density"], previewLines: number): number {
  const { base, line } = ROWS[density];
  return base + line * previewLines;
}

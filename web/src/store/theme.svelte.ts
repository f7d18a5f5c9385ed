// Light or dark: as its user chose, or as the system is.

import { preferences } from "./preferences.svelte.ts";

class Theme {
  #systemIsDark = $state(false);
  /** Paper is white. */
  isPrinting = $state(false);

  constructor() {
    const query = matchMedia("(prefers-color-scheme: dark)");
    this.#systemIsDark = query.matches;
    query.addEventListener("change", () => (this.#systemIsDark = query.matches));
  }

  get isDark(): boolean {
    const chosen = preferences.values.theme;
    if (this.isPrinting) return false;
    return chosen === "auto" ? this.#systemIsDark : chosen === "dark";
  }
}

export const theme = new Theme();

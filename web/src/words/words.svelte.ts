// What the program says, in the language that its user chose. A language is loaded when it is needed.

import { preferences } from "../store/preferences.svelte.ts";
import type { Words } from "./en.ts";

const LOADERS: Record<Language, () => Promise<Words>> = {
  en: async () => (await import("./en.ts")).en,
  "pt-PT": async () => (await import("./pt-PT.ts")).ptPT,
  "pt-BR": async () => (await import("./pt-BR.ts")).ptBR,
};

export type Language = "en" | "pt-PT" | "pt-BR";

/** What each language calls itself. */
export const LANGUAGES: Record<Language, string> = {
  en: "English",
  "pt-PT": "Português (Portugal)",
  "pt-BR": "Português (Brasil)",
};

/** The one of ours that a browser likes best. */
export function best(liked: readonly string[]): Language {
  for (const tag of liked) {
    const lower = tag.toLowerCase();
    if (lower === "pt-br") return "pt-BR";
    if (lower.startsWith("pt")) return "pt-PT";
    if (lower.startsWith("en")) return "en";
  }
  return "en";
}

class Spoken {
  #text = $state.raw<Words | undefined>(undefined);
  language = $state<Language>("en");
  /** The words of parts that were loaded: they change with it. */
  readonly followers = new Set<(language: Language) => Promise<void>>();

  /** Before `load` came back there is nothing to be said. */
  get text(): Words {
    if (!this.#text) throw new Error("no words yet");
    return this.#text;
  }

  get isThere(): boolean {
    return this.#text !== undefined;
  }

  /** For dates and numbers: the region of the browser, if it speaks this language. */
  get locale(): string {
    const own = navigator.languages.find((tag) => tag.slice(0, 2) === this.language.slice(0, 2));
    return this.language === "en" ? (own ?? "en") : this.language;
  }

  /** Speaks the language that was chosen. */
  async load(): Promise<void> {
    const chosen = preferences.values.language;
    const language = chosen === "auto" ? best(navigator.languages) : chosen;
    if (this.#text && language === this.language) return;
    const [text] = await Promise.all([LOADERS[language](), ...[...this.followers].map((follow) => follow(language))]);
    this.language = language;
    this.#text = text;
    document.documentElement.lang = text.tag;
  }
}

export const words = new Spoken();

// What the composer says, in the language of the page; loaded with the composer.

import { type Language, words } from "../../words/words.svelte.ts";
import type { Texts } from "./en.ts";

const LOADERS: Record<Language, () => Promise<Texts>> = {
  en: async () => (await import("./en.ts")).en,
  "pt-PT": async () => (await import("./pt-PT.ts")).ptPT,
  "pt-BR": async () => (await import("./pt-BR.ts")).ptBR,
};

class Spoken {
  #text = $state.raw<Texts | undefined>(undefined);
  #language: Language | undefined;

  get text(): Texts {
    if (!this.#text) throw new Error("no texts yet");
    return this.#text;
  }

  async load(): Promise<void> {
    const { language } = words;
    if (this.#language === language) return;
    this.#text = await LOADERS[language]();
    this.#language = language;
  }
}

export const texts = new Spoken();

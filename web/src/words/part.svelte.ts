// What a part of the page says that is loaded with it, in the language of the page.

import { type Language, words } from "./words.svelte.ts";

export class Part<T> {
  readonly #loaders: Record<Language, () => Promise<T>>;
  #text = $state.raw<T | undefined>(undefined);
  #language: Language | undefined;

  constructor(loaders: Record<Language, () => Promise<T>>) {
    this.#loaders = loaders;
    words.followers.add((language) => (this.#text ? this.load(language) : Promise.resolve()));
  }

  /** Before `load` came back there is nothing to be said. */
  get text(): T {
    if (!this.#text) throw new Error("no words yet");
    return this.#text;
  }

  async load(language = words.language): Promise<void> {
    if (this.#language === language) return;
    this.#text = await this.#loaders[language]();
    this.#language = language;
  }
}

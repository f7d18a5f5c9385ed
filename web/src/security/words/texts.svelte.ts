// What is said of passwords, factors and logins; loaded with that part of the settings.

import { Part } from "../../words/part.svelte.ts";
import type { Texts } from "./en.ts";

export const texts = new Part<Texts>({
  en: async () => (await import("./en.ts")).en,
  "pt-PT": async () => (await import("./pt-PT.ts")).ptPT,
  "pt-BR": async () => (await import("./pt-BR.ts")).ptBR,
});

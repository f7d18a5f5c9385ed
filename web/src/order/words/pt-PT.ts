// O que se diz onde se arruma o correio. Português de Portugal.

import type { Texts } from "./en.ts";

export const ptPT: Texts = {
  what: "O que quer fazer?",
  goTo: (folder) => `Ir para ${folder}`,
  moveTo: (folder) => `Mover para ${folder}`,
  searchFor: (line) => `Procurar ${line}`,

  colourOf: (folder) => `Cor de ${folder}`,
  noColour: "Sem cor",
  colours: ["Azul", "Verde", "Violeta", "Laranja", "Rosa", "Verde-lima", "Dourado", "Turquesa"],

  swipes: "Deslizar",
  swipesHint: "Num ecrã tátil, o que acontece a uma mensagem que se desliza para um lado na lista.",
  swipeRight: "Para a direita",
  swipeLeft: "Para a esquerda",
  swipeRead: "Marcar como lida ou não lida",
  swipeNone: "Nada",
};

// O que é dito onde se arruma o correio. Português do Brasil.

import type { Texts } from "./en.ts";

export const ptBR: Texts = {
  what: "O que você quer fazer?",
  goTo: (folder) => `Ir para ${folder}`,
  moveTo: (folder) => `Mover para ${folder}`,
  searchFor: (line) => `Pesquisar ${line}`,

  colourOf: (folder) => `Cor de ${folder}`,
  noColour: "Sem cor",
  colours: ["Azul", "Verde", "Violeta", "Laranja", "Rosa", "Verde-limão", "Dourado", "Turquesa"],

  swipes: "Deslizar",
  swipesHint: "Em uma tela sensível ao toque, o que acontece com uma mensagem que é deslizada para um lado na lista.",
  swipeRight: "Para a direita",
  swipeLeft: "Para a esquerda",
  swipeRead: "Marcar como lida ou não lida",
  swipeNone: "Nada",
};

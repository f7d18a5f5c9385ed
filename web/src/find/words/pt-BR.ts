// O que é dito onde se procura. Português do Brasil.

import type { Texts } from "./en.ts";

export const ptBR: Texts = {
  suggestions: "Sugestões",
  kinds: { earlier: "procurado antes", saved: "pesquisa salva" },
  operators: {
    from: ["de", "quem enviou"],
    to: ["para", "quem recebeu"],
    subject: ["assunto", "palavras do assunto"],
    has: ["tem", "com anexo"],
    is: ["é", "não lida, com estrela, respondida"],
    in: ["em", "em uma pasta"],
    tag: ["marcador", "com um marcador"],
    before: ["antes", "antes de um ano, mês ou dia"],
    after: ["depois", "desde um ano, mês ou dia"],
    larger: ["maior", "maior que, como 5mb"],
    smaller: ["menor", "menor que"],
  },
  values: {
    is: [
      ["nãolida", "não lida"],
      ["lida", "já lida"],
      ["estrela", "com estrela"],
      ["respondida", "já respondida"],
      ["rascunho", "rascunhos"],
    ],
    has: [["anexo", "com anexo"]],
    before: [["hoje", "antes de hoje"], ["2026", "antes de 2026"]],
    after: [["7d", "dos últimos 7 dias"], ["30d", "dos últimos 30 dias"], ["hoje", "de hoje"]],
    larger: [["1mb", "maior que 1 MB"], ["10mb", "maior que 10 MB"]],
    smaller: [["100kb", "menor que 100 KB"]],
  },

  filters: "Restringir a pesquisa",
  quick: [
    ["Não lidas", "é:nãolida"],
    ["Com estrela", "é:estrela"],
    ["Com anexo", "tem:anexo"],
    ["Últimos 30 dias", "depois:30d"],
  ],
  not: (said) => `sem ${said}`,
  remove: (said) => `Remover ${said}`,
  save: "Salvar a pesquisa",
  saved: "Salva",
  saveTitle: "Salvar esta pesquisa",
  name: "Nome",
  savedAs: (name) => `Pesquisa ${name} salva`,
  tooMany: "Já há pesquisas salvas demais",
  searches: "Pesquisas",
  menuOf: (name) => `Pesquisa ${name}: menu`,
  delete: "Excluir a pesquisa",
  deleted: (name) => `Pesquisa ${name} excluída`,
};

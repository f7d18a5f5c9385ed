// O que se diz onde se procura. Português de Portugal.

import type { Texts } from "./en.ts";

export const ptPT: Texts = {
  suggestions: "Sugestões",
  kinds: { earlier: "procurado antes", saved: "pesquisa guardada" },
  operators: {
    from: ["de", "quem enviou"],
    to: ["para", "quem recebeu"],
    subject: ["assunto", "palavras do assunto"],
    has: ["tem", "com anexo"],
    is: ["é", "não lida, com estrela, respondida"],
    in: ["em", "numa pasta"],
    tag: ["etiqueta", "com uma etiqueta"],
    before: ["antes", "antes de um ano, mês ou dia"],
    after: ["depois", "desde um ano, mês ou dia"],
    larger: ["maior", "maior do que, como 5mb"],
    smaller: ["menor", "menor do que"],
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
    larger: [["1mb", "maior do que 1 MB"], ["10mb", "maior do que 10 MB"]],
    smaller: [["100kb", "menor do que 100 KB"]],
  },

  filters: "Restringir a pesquisa",
  quick: [
    ["Não lidas", "é:nãolida"],
    ["Com estrela", "é:estrela"],
    ["Com anexo", "tem:anexo"],
    ["Últimos 30 dias", "depois:30d"],
  ],
  not: (said) => `sem ${said}`,
  remove: (said) => `Retirar ${said}`,
  save: "Guardar a pesquisa",
  saved: "Guardada",
  saveTitle: "Guardar esta pesquisa",
  name: "Nome",
  savedAs: (name) => `Pesquisa ${name} guardada`,
  tooMany: "Já há demasiadas pesquisas guardadas",
  searches: "Pesquisas",
  menuOf: (name) => `Pesquisa ${name}: menu`,
  delete: "Eliminar a pesquisa",
  deleted: (name) => `Pesquisa ${name} eliminada`,
};

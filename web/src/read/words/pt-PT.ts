// O que se diz das mensagens que se leem. Português de Portugal.

import type { Texts } from "./en.ts";

export const ptPT: Texts = {
  notKept: "Esta mensagem não está guardada neste navegador. Será mostrada assim que for possível contactar o servidor.",
  list: "Lista de correio",
  unsubscribe: "Cancelar a subscrição",
  leaveTitle: "Sair desta lista de correio?",
  leaveByPage: (host) =>
    `A página da lista em ${host} abre num novo separador. Pode pedir-lhe que confirme, e fica a saber, como todas as páginas, de onde vem.`,
  leaveByMail: (to) => `É escrita por si uma mensagem para ${to}. Depois de a enviar, a lista deve retirar o seu endereço.`,
  leaveGoPage: "Abrir a página",
  leaveGoMail: "Escrever a mensagem",
  oneClick: {
    text: (host) => `Este servidor pede a ${host} que o retire da lista. Não diz mais nada sobre si, e não abre nenhuma página.`,
    go: "Cancelar a subscrição",
    title: (host) => `${host} retirou-o da lista`,
    not: {
      notOffered: "A mensagem não o permite de uma forma em que se possa confiar.",
      notSigned: "A mensagem não está assinada: qualquer pessoa pode ter lá escrito o endereço.",
      notReached: "Não foi possível chegar à lista.",
      refused: "A lista não aceitou.",
      tooMany: "Saiu de muitas listas numa hora.",
      off: "O servidor não faz isto.",
    },
  },

  doubt: {
    title: "Cuidado com esta mensagem",
    otherAddress: (said, is) => `O nome diz ${said}, mas a mensagem diz que vem de ${is}.`,
    letters: (domain) => `O domínio do remetente, ${domain}, tem letras que se parecem com outras.`,
    looksLike: (domain, known) => `O domínio do remetente, ${domain}, parece-se com ${known}, e é outro.`,
    otherPerson: (name, known) => `Conhece ${name} com outro endereço: ${known}.`,
    answersElsewhere: (to) => `As respostas vão para ${to}.`,
    link: (said, leads) => `Uma ligação diz ${said}, mas leva a ${leads}.`,
  },
  first: (address) => `Esta é a primeira mensagem de ${address}.`,

  alwaysPictures: (address) => `Sempre de ${address}`,
  neverPictures: (address) => `Deixar de mostrar imagens de ${address}`,
  always: (address) => `As imagens de ${address} passam a ser sempre mostradas`,
  notAlways: (address) => `As imagens de ${address} deixam de ser mostradas`,
  tooMany: "Já há demasiados endereços assim",

  makeRule: "Criar regra…",
  block: (address) => `Bloquear ${address}`,
  mute: "Silenciar conversa",
  unmute: "Deixar voltar à caixa de entrada",
  muted: "Silenciada",

  onDark: "Mostrar em fundo escuro",
  onLight: "Mostrar em fundo claro",
  print: "Imprimir",
  printAll: "Imprimir a conversa",
  newTab: "Abrir num novo separador",
  closeTab: "Fechar este separador",

  view: (name) => `Ver ${name}`,
  place: (at, all) => `${at} de ${all}`,
  previous: "Anexo anterior",
  next: "Anexo seguinte",
  pictureBroken: "Não é possível mostrar esta imagem. Transfira-a para a abrir com outro programa.",
  textCut: (size) => `Só se mostram os primeiros ${size}. Transfira o ficheiro para o ver todo.`,
  textFailed: "Não foi possível carregar o ficheiro",
};

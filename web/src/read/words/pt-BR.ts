// O que se diz das mensagens que são lidas. Português do Brasil.

import type { Texts } from "./en.ts";

export const ptBR: Texts = {
  notKept: "Esta mensagem não está guardada neste navegador. Ela aparece assim que o servidor responder.",
  list: "Lista de e-mails",
  unsubscribe: "Cancelar inscrição",
  leaveTitle: "Sair desta lista de e-mails?",
  leaveByPage: (host) =>
    `A página da lista em ${host} abre em uma nova aba. Ela pode pedir que você confirme, e fica sabendo, como todas as páginas, de onde você vem.`,
  leaveByMail: (to) => `Uma mensagem para ${to} é escrita para você. Depois que você a enviar, a lista deve retirar o seu endereço.`,
  leaveGoPage: "Abrir a página",
  leaveGoMail: "Escrever a mensagem",
  oneClick: {
    text: (host) => `Este servidor pede a ${host} que retire você da lista. Não diz mais nada sobre você, e não abre nenhuma página.`,
    go: "Cancelar inscrição",
    title: (host) => `${host} retirou você da lista`,
    not: {
      notOffered: "A mensagem não oferece isso de uma forma confiável.",
      notSigned: "A mensagem não está assinada: qualquer pessoa pode ter escrito o endereço nela.",
      notReached: "Não foi possível acessar a lista.",
      refused: "A lista não aceitou.",
      tooMany: "Você saiu de muitas listas em uma hora.",
      off: "O servidor não faz isso.",
    },
  },

  doubt: {
    title: "Cuidado com esta mensagem",
    otherAddress: (said, is) => `O nome diz ${said}, mas a mensagem diz que vem de ${is}.`,
    letters: (domain) => `O domínio do remetente, ${domain}, tem letras que se parecem com outras.`,
    looksLike: (domain, known) => `O domínio do remetente, ${domain}, se parece com ${known}, e é outro.`,
    otherPerson: (name, known) => `Você conhece ${name} com outro endereço: ${known}.`,
    answersElsewhere: (to) => `As respostas vão para ${to}.`,
    link: (said, leads) => `Um link diz ${said}, mas leva a ${leads}.`,
  },
  first: (address) => `Esta é a primeira mensagem de ${address}.`,

  alwaysPictures: (address) => `Sempre de ${address}`,
  neverPictures: (address) => `Parar de mostrar imagens de ${address}`,
  always: (address) => `As imagens de ${address} agora são sempre mostradas`,
  notAlways: (address) => `As imagens de ${address} não são mais mostradas`,
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
  newTab: "Abrir em uma nova aba",
  closeTab: "Fechar esta aba",

  view: (name) => `Ver ${name}`,
  place: (at, all) => `${at} de ${all}`,
  previous: "Anexo anterior",
  next: "Anexo seguinte",
  pictureBroken: "Não é possível mostrar esta imagem. Baixe-a para abri-la com outro programa.",
  textCut: (size) => `Só os primeiros ${size} são mostrados. Baixe o arquivo para vê-lo inteiro.`,
  textFailed: "Não foi possível carregar o arquivo",
};

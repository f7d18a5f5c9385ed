// O que se diz quando não é possível acessar o servidor. Português do Brasil.

import { plural } from "../../words/plural.ts";
import type { Texts } from "./en.ts";

const n = plural("pt-BR");

export const ptBR: Texts = {
  nothingKept: "Não é possível acessar o servidor. O que você vê pode estar desatualizado.",
  away: "Sem conexão. Você vê o que está salvo neste navegador.",
  alsoWaits: (count) => n(count, { one: "# ação espera para ser enviada.", other: "# ações esperam para ser enviadas." }),
  sending: (count) => n(count, { one: "Conectado de novo. # ação está sendo enviada.", other: "Conectado de novo. # ações estão sendo enviadas." }),
  login: "Faça login para enviar o que espera.",
  stranger: (user) => `Outra pessoa fez login. O que espera aqui será enviado quando ${user} fizer login de novo.`,
  reload: "Carregar de novo",
  troubles: (count) => n(count, { one: "# ação que você fez sem conexão não foi possível.", other: "# ações que você fez sem conexão não foram possíveis." }),
  showWaiting: "Mostrar o que espera",
  showTroubles: "Mostrar",

  here: "À espera neste navegador",
  hereHint: "Nesta ordem, assim que for possível acessar o servidor.",
  mailTo: (whom) => `Mensagem para ${whom}`,
  draft: "Rascunho",
  takeBack: "Retirar",
  edit: "Editar",
  understood: "Entendi",
  somewhere: "outra pasta",
  troubled: "Não foi possível",
  gone: (count) => n(count, { one: "# mensagem foi excluída nesse meio-tempo; nada foi feito com ela.", other: "# mensagens foram excluídas nesse meio-tempo; nada foi feito com elas." }),
  moved: (count) => n(count, { one: "# mensagem foi movida para outro lugar nesse meio-tempo, e fica lá.", other: "# mensagens foram movidas para outro lugar nesse meio-tempo, e ficam lá." }),
  mailboxGone: (count) => n(count, { one: "A pasta não existe mais; # mensagem fica onde está.", other: "A pasta não existe mais; # mensagens ficam onde estão." }),
  refused: "O servidor não fez isso.",

  keeping: "Sem conexão",
  keep: "Manter mensagens neste navegador",
  keepHint: "As 500 mensagens mais recentes da caixa de entrada e as que você abriu podem ser lidas sem conexão, e o que você fizer é enviado mais tarde. Desligue isto se o computador não for seu.",
  kept: (count, octets) => n(count, { one: `# mensagem, ${octets}`, other: `# mensagens, ${octets}` }),
  impossible: "Este navegador não pode manter mensagens aqui.",
  lose: {
    title: "Parte do seu trabalho não foi enviada",
    text: (count) => n(count, { one: "# ação espera neste navegador e seria perdida.", other: "# ações esperam neste navegador e seriam perdidas." }),
    go: "Perder",
  },
};

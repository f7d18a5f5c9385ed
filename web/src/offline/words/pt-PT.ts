// O que se diz quando não é possível chegar ao servidor. Português de Portugal.

import { plural } from "../../words/plural.ts";
import type { Texts } from "./en.ts";

const n = plural("pt-PT");

export const ptPT: Texts = {
  nothingKept: "Não é possível chegar ao servidor. O que vê pode estar desatualizado.",
  away: "Sem ligação. Vê o que está guardado neste navegador.",
  alsoWaits: (count) => n(count, { one: "# ação espera para ser enviada.", other: "# ações esperam para ser enviadas." }),
  sending: (count) => n(count, { one: "De novo com ligação. # ação está a ser enviada.", other: "De novo com ligação. # ações estão a ser enviadas." }),
  login: "Inicie sessão para enviar o que espera.",
  stranger: (user) => `Outra pessoa iniciou sessão. O que espera aqui será enviado quando ${user} iniciar sessão de novo.`,
  reload: "Carregar de novo",
  troubles: (count) => n(count, { one: "# ação que fez sem ligação não foi possível.", other: "# ações que fez sem ligação não foram possíveis." }),
  showWaiting: "Mostrar o que espera",
  showTroubles: "Mostrar",

  here: "À espera neste navegador",
  hereHint: "Por esta ordem, assim que for possível chegar ao servidor.",
  mailTo: (whom) => `Mensagem para ${whom}`,
  draft: "Rascunho",
  takeBack: "Retirar",
  edit: "Editar",
  understood: "Compreendi",
  somewhere: "outra pasta",
  troubled: "Não foi possível",
  gone: (count) => n(count, { one: "# mensagem foi entretanto eliminada; nada lhe foi feito.", other: "# mensagens foram entretanto eliminadas; nada lhes foi feito." }),
  moved: (count) => n(count, { one: "# mensagem foi entretanto movida para outro lado, e lá fica.", other: "# mensagens foram entretanto movidas para outro lado, e lá ficam." }),
  mailboxGone: (count) => n(count, { one: "A pasta já não existe; # mensagem fica onde está.", other: "A pasta já não existe; # mensagens ficam onde estão." }),
  refused: "O servidor não o fez.",

  keeping: "Sem ligação",
  keep: "Guardar correio neste navegador",
  keepHint: "As 500 mensagens mais recentes da caixa de entrada e as que abriu podem ser lidas sem ligação, e o que fizer é enviado mais tarde. Desligue isto se o computador não for seu.",
  kept: (count, octets) => n(count, { one: `# mensagem, ${octets}`, other: `# mensagens, ${octets}` }),
  impossible: "Este navegador não pode guardar correio aqui.",
  lose: {
    title: "Parte do seu trabalho não foi enviada",
    text: (count) => n(count, { one: "# ação espera neste navegador e perder-se-ia.", other: "# ações esperam neste navegador e perder-se-iam." }),
    go: "Perder",
  },
};

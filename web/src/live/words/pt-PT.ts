// O que se diz dos avisos no ambiente de trabalho. Português de Portugal.

import { plural } from "../../words/plural.ts";
import type { Texts } from "./en.ts";

const count = plural("pt-PT");

export const ptPT: Texts = {
  title: "Notificações",
  states: {
    on: "Este navegador avisa-o de novas mensagens enquanto houver um separador do webmail aberto e estiver a ver outra coisa.",
    off: "Este navegador não avisa de novas mensagens.",
    denied: "Este navegador não deixa esta página avisar de novas mensagens. Pode mudar isso nas definições dele para este sítio.",
    missing: "Este navegador não consegue avisar de novas mensagens.",
  },
  turnOn: "Avisar-me de novas mensagens",
  turnOff: "Deixar de me avisar",
  folders: "Das mensagens em",
  many: (n) => count(n, { one: "# mensagem nova", other: "# mensagens novas" }),
};

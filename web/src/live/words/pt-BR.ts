// O que é dito dos avisos na área de trabalho. Português do Brasil.

import { plural } from "../../words/plural.ts";
import type { Texts } from "./en.ts";

const count = plural("pt-BR");

export const ptBR: Texts = {
  title: "Notificações",
  states: {
    on: "Este navegador avisa você de novas mensagens enquanto houver uma aba do webmail aberta e você estiver vendo outra coisa.",
    off: "Este navegador não avisa de novas mensagens.",
    denied: "Este navegador não deixa esta página avisar de novas mensagens. Você pode mudar isso nas configurações dele para este site.",
    missing: "Este navegador não consegue avisar de novas mensagens.",
  },
  turnOn: "Avisar-me de novas mensagens",
  turnOff: "Parar de me avisar",
  folders: "Das mensagens em",
  many: (n) => count(n, { one: "# mensagem nova", other: "# mensagens novas" }),
};

//! What the pages say that ask people whether a program may begin.

use crate::language::Language;

/// The words, in one language. The name of the program, or what is meant, stands behind those that end without a point.
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) asks: &'static str,
    pub(super) logged_in: &'static str,
    pub(super) may_read: &'static str,
    pub(super) may_change: &'static str,
    pub(super) may_send: &'static str,
    pub(super) may_not: &'static str,
    pub(super) goes_to: &'static str,
    pub(super) goes_here: &'static str,
    pub(super) goes_to_app: &'static str,
    pub(super) compare: &'static str,
    pub(super) only_if: &'static str,
    pub(super) allow: &'static str,
    pub(super) deny: &'static str,
    pub(super) code_title: &'static str,
    pub(super) code_label: &'static str,
    pub(super) go_on: &'static str,
    pub(super) code_wrong: &'static str,
    pub(super) code_too_many: &'static str,
    pub(super) code_allowed: &'static str,
    pub(super) code_denied: &'static str,
    pub(super) wrong_title: &'static str,
    pub(super) wrong_how: &'static str,
}

impl Words {
    pub(super) fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Portuguese => &PORTUGUESE,
        }
    }
}

const ENGLISH: Words = Words {
    title: "Let a program use your mail?",
    asks: "wants to use the mail of",
    logged_in: "You are logged in as",
    may_read: "It could read all your mail",
    may_change: "It could sort, change and delete mail and folders",
    may_send: "It could send mail in your name",
    may_not: "It does not get your password, and cannot change how you log in. You can take this back at any time, where your devices are \
              listed.",
    goes_to: "Your answer goes to the site",
    goes_here: "Your answer goes to a program on this computer.",
    goes_to_app: "Your answer goes to the app that owns the addresses",
    compare: "Go on only if your device shows this code:",
    only_if: "The name above is what the program calls itself. Allow it only if you have just begun this yourself.",
    allow: "Allow",
    deny: "Decline",
    code_title: "Connect a device",
    code_label: "The code that your device shows",
    go_on: "Continue",
    code_wrong: "No device waits with this code. Compare it with what your device shows; it is good for ten minutes.",
    code_too_many: "Too many wrong codes. Wait ten minutes, then have your device show a new one.",
    code_allowed: "Done. Your device goes on by itself in a few seconds; you can close this page.",
    code_denied: "The device was not let in. You can close this page.",
    wrong_title: "This does not work",
    wrong_how: "A program sent you here, and something is wrong with what it asked. Whoever makes it can read here what it is:",
};

const PORTUGUESE: Words = Words {
    title: "Deixar um programa usar o seu correio?",
    asks: "quer usar o correio de",
    logged_in: "Entrou como",
    may_read: "Poderá ler todo o seu correio",
    may_change: "Poderá organizar, alterar e apagar mensagens e pastas",
    may_send: "Poderá enviar mensagens em seu nome",
    may_not: "Não recebe a sua palavra-passe nem pode alterar a forma como inicia sessão. Pode retirar esta autorização a qualquer momento, \
              na lista dos seus aparelhos.",
    goes_to: "A sua resposta vai para o site",
    goes_here: "A sua resposta vai para um programa neste computador.",
    goes_to_app: "A sua resposta vai para a aplicação dona dos endereços",
    compare: "Continue só se o seu aparelho mostrar este código:",
    only_if: "O nome acima é o que o programa diz de si próprio. Autorize só se foi você quem acabou de começar isto.",
    allow: "Autorizar",
    deny: "Recusar",
    code_title: "Ligar um aparelho",
    code_label: "O código que o seu aparelho mostra",
    go_on: "Continuar",
    code_wrong: "Nenhum aparelho espera com este código. Compare-o com o que o aparelho mostra; vale durante dez minutos.",
    code_too_many: "Demasiados códigos errados. Espere dez minutos e peça depois ao aparelho que mostre um novo.",
    code_allowed: "Já está. O aparelho continua sozinho dentro de segundos; pode fechar esta página.",
    code_denied: "O aparelho não foi autorizado. Pode fechar esta página.",
    wrong_title: "Isto não funciona",
    wrong_how: "Um programa trouxe-o até aqui e algo está errado no que pediu. Quem o faz pode ler aqui o que é:",
};

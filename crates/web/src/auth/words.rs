//! What the pages of logins say, in each language.

use crate::language::Language;

/// The words of these pages.
pub(crate) struct Words {
    pub(super) tag: &'static str,
    pub(super) log_in: &'static str,
    pub(super) mail_at: &'static str,
    pub(super) address: &'static str,
    pub(super) password: &'static str,
    pub(super) wrong: &'static str,
    pub(super) too_many: &'static str,
    pub(super) disabled: &'static str,
    pub(super) unavailable: &'static str,
    pub(super) not_done: &'static str,
    pub(super) old_form: &'static str,
    pub(super) go_on: &'static str,
}

impl Words {
    /// Those of a language.
    pub(super) fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Portuguese => &PORTUGUESE,
        }
    }
}

const ENGLISH: Words = Words {
    tag: "en",
    log_in: "Log in",
    mail_at: "Mail at",
    address: "Your address",
    password: "Password",
    wrong: "That is not right. Check your address and your password, and try again.",
    too_many: "There were too many failed attempts. Wait a few minutes, and try again.",
    disabled: "This account is disabled. Ask your administrator.",
    unavailable: "This cannot be checked at the moment. Try again in a few seconds.",
    not_done: "This did not work",
    old_form: "The page was open for too long, or your browser keeps no cookies. Open it again.",
    go_on: "Continue",
};

const PORTUGUESE: Words = Words {
    tag: "pt",
    log_in: "Entrar",
    mail_at: "Correio de",
    address: "O seu endereço",
    password: "Palavra-passe",
    wrong: "Não está certo. Verifique o endereço e a palavra-passe e tente de novo.",
    too_many: "Houve demasiadas tentativas falhadas. Espere alguns minutos e tente de novo.",
    disabled: "Esta conta está desativada. Fale com o administrador.",
    unavailable: "De momento não é possível verificar. Tente de novo daqui a alguns segundos.",
    not_done: "Não foi possível",
    old_form: "A página esteve aberta demasiado tempo, ou o navegador não guarda cookies. Abra-a de novo.",
    go_on: "Continuar",
};

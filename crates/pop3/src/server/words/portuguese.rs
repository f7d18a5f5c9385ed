//! What the server says, in Portuguese: UTF-8, for only clients hear it that asked for it (RFC 6856, 3.2).

use std::fmt::{Display, Formatter, Result};

use mailbox::Refused;
use sasl::{Denied, Failure};

use super::{Fate, Outcome, Parts, Words};
use crate::command::{States, Syntax};
use crate::limits::COMMAND_OCTETS_MAX;

pub(super) fn write(words: Words<'_>, f: &mut Formatter<'_>) -> Result {
    match words {
        Words::Nothing => Ok(()),
        Words::DropListing(messages, octets) => write!(f, "{messages} {octets}"),
        Words::ScanListing(message, octets) => write!(f, "{message} {octets}"),
        Words::UniqueId(message, uidl) => write!(f, "{message} {uidl}"),
        Words::Ready(None) => f.write_str("servidor POP3 pronto"),
        Words::Ready(Some(timestamp)) => write!(f, "servidor POP3 pronto {timestamp}"),
        Words::NowThePassword => f.write_str("indique a senha"),
        Words::Welcome(messages) => write!(f, "sessão iniciada; {}", Count(messages)),
        Words::BeginTls => f.write_str("pode iniciar a negociação TLS"),
        Words::Utf8On => f.write_str("UTF8 ativado"),
        Words::LanguageChanged => f.write_str("pt idioma alterado"),
        Words::CapabilitiesFollow => f.write_str("segue-se a lista de capacidades"),
        Words::MechanismsFollow => f.write_str("segue-se a lista de mecanismos SASL"),
        Words::LanguagesFollow => f.write_str("segue-se a lista de idiomas"),
        Words::UniqueIdsFollow => f.write_str("segue-se a lista de identificadores únicos"),
        Words::Totals(messages, octets) => write!(f, "{} ({octets} octetos)", Count(messages)),
        Words::Octets(octets) => write!(f, "{octets} octetos"),
        Words::TopFollows => f.write_str("segue-se o início da mensagem"),
        Words::Marked(message, fate) => {
            write!(f, "a mensagem {message} {} com QUIT", will_be(fate))
        }
        Words::Bye => f.write_str("até logo"),
        Words::Outcome(outcome) => write_outcome(outcome, f),
        Words::NoSuchMessage(0) => {
            f.write_str("essa mensagem não existe, a caixa de correio está vazia")
        }
        Words::NoSuchMessage(1) => f.write_str("essa mensagem não existe, só há 1"),
        Words::NoSuchMessage(messages) => write!(f, "essa mensagem não existe, só há {messages}"),
        Words::IsMarked(message) => {
            write!(f, "a mensagem {message} já está marcada como eliminada; RSET desmarca-a")
        }
        Words::IsGone(message) => {
            write!(f, "a mensagem {message} foi eliminada por outro programa")
        }
        Words::IsDamaged(message) => {
            write!(f, "a mensagem {message} está danificada no servidor; fale com o administrador")
        }
        Words::NeedsUtf8(message) => {
            write!(f, "a mensagem {message} só pode ser obtida em modo UTF8")
        }
        Words::NoUniqueId(message) => {
            write!(f, "a mensagem {message} não tem identificador único")
        }
        Words::Syntax(syntax) => write_syntax(syntax, f),
        Words::LineTooLong => f.write_str("linha demasiado longa"),
        Words::WrongState(name, states) => write!(f, "{name} só é válido {}", when(states)),
        Words::PassAfterUser => f.write_str("envie USER imediatamente antes de PASS"),
        Words::NeedsTls => f.write_str(
            "autenticação em texto simples não é permitida sem TLS; use STLS ou a porta 995",
        ),
        Words::NoTls => f.write_str("o TLS já está ativo ou não está disponível"),
        Words::NoSuchMechanism => f.write_str("mecanismo de autenticação não suportado; veja CAPA"),
        Words::NoInitialResponse => f.write_str("AUTH LOGIN não aceita resposta inicial"),
        Words::ResponseTooLong => f.write_str("resposta demasiado longa"),
        Words::Cancelled => f.write_str("autenticação cancelada"),
        Words::NoApop => f.write_str("APOP não está disponível, a saudação não trazia timestamp"),
        Words::NoSuchLanguage => f.write_str("idioma não suportado; veja LANG"),
        Words::Failure(failure) => write_failure(failure, f),
        Words::Refused(refused) => write_refused(refused, f),
        Words::Fault => f.write_str("erro interno do servidor; tente mais tarde"),
        Words::Damage => f.write_str("há algo danificado no servidor; fale com o administrador"),
        Words::NotDone(marked, refused) => {
            write!(f, "{}: ", NotDone(marked))?;
            write_refused(refused, f)
        }
        Words::NotDoneByFault(marked) => {
            write!(f, "{}: erro interno do servidor; tente mais tarde", NotDone(marked))
        }
    }
}

fn write_outcome(outcome: &Outcome, f: &mut Formatter<'_>) -> Result {
    f.write_str("até logo")?;
    let mut parts = Parts { f, between: "; " };
    parts.part(outcome.removed, |f| were(outcome.removed, Fate::Removed, f))?;
    parts.part(outcome.moved, |f| were(outcome.moved, outcome.fate, f))?;
    parts.part(outcome.hidden, |f| were(outcome.hidden, Fate::Hidden, f))?;
    // The last part is there whatever happened.
    parts.part(1, |f| match outcome.left {
        0 => f.write_str("não fica nenhuma"),
        1 => f.write_str("fica 1 mensagem"),
        left => write!(f, "ficam {left} mensagens"),
    })
}

fn were(messages: u64, fate: Fate, f: &mut Formatter<'_>) -> Result {
    let plural = if messages == 1 { "" } else { "s" };
    write!(f, "{} ", Count(messages))?;
    match fate {
        Fate::Removed => write!(f, "eliminada{plural}"),
        Fate::Hidden => write!(f, "oculta{plural} neste dispositivo"),
        Fate::Archived => write!(f, "movida{plural} para o arquivo"),
        Fate::Trashed => write!(f, "movida{plural} para o lixo"),
    }
}

fn will_be(fate: Fate) -> &'static str {
    match fate {
        Fate::Removed => "será eliminada",
        Fate::Hidden => "será oculta neste dispositivo",
        Fate::Archived => "será movida para o arquivo",
        Fate::Trashed => "será movida para o lixo",
    }
}

fn when(states: States) -> &'static str {
    match states {
        States::Authorization => "no estado AUTHORIZATION",
        States::Transaction => "no estado TRANSACTION",
        States::Both => "noutro estado",
    }
}

fn write_syntax(syntax: Syntax, f: &mut Formatter<'_>) -> Result {
    match syntax {
        Syntax::Unknown => f.write_str("comando desconhecido"),
        // The usages are the RFCs' own words.
        Syntax::Arguments { usage } => write!(f, "argumentos inválidos; sintaxe: {usage}"),
        Syntax::TooLong => {
            write!(f, "comando demasiado longo (limite: {COMMAND_OCTETS_MAX} octetos)")
        }
        Syntax::Control => f.write_str("não são permitidos caracteres de controlo nos comandos"),
    }
}

fn write_failure(failure: &Failure, f: &mut Formatter<'_>) -> Result {
    match failure {
        Failure::Denied(Denied::Wrong) => f.write_str("autenticação falhou"),
        Failure::Denied(Denied::Unavailable) => {
            f.write_str("falha temporária de autenticação; tente mais tarde")
        }
        Failure::Denied(Denied::TooMany { wait_s }) => {
            write!(
                f,
                "demasiadas tentativas de autenticação falhadas; tente de novo daqui a {wait_s} s"
            )
        }
        Failure::Denied(Denied::Disabled) => f.write_str("conta desativada"),
        Failure::Denied(Denied::NotForThisDoor) => {
            f.write_str("senha de aplicação não permitida neste serviço")
        }
        Failure::Cancelled => f.write_str("autenticação cancelada"),
        Failure::Syntax(_) => f.write_str("resposta inválida para este mecanismo"),
    }
}

fn write_refused(refused: &Refused, f: &mut Formatter<'_>) -> Result {
    if let Refused::TooSoon { wait_s } = refused {
        return write!(f, "este dispositivo pode entrar de novo daqui a {wait_s} s");
    }
    f.write_str(match refused {
        Refused::InUse => "outra sessão POP3 deste dispositivo está a usar a caixa de correio",
        Refused::NoSpace => "de momento o servidor não tem espaço no disco",
        Refused::NoMemory => "de momento o servidor não tem memória para tantas mensagens",
        Refused::NoSuchMailbox => "essa caixa de correio não existe",
        Refused::NotSelectable => "a caixa de correio não se pode abrir",
        Refused::NoSuchMessage => "as mensagens já não existem",
        Refused::OverQuota(_) => "a quota não chega",
        Refused::TooMany { .. } | Refused::TooLarge { .. } | Refused::Annotation(_) => {
            "um limite da conta não o permite"
        }
        Refused::MailboxExists
        | Refused::Inbox
        | Refused::BelowItself
        | Refused::NoPermission
        | Refused::SpecialUse
        | Refused::Choice { .. }
        | Refused::TooSoon { .. } => "isso não é possível",
    })
}

/// So many messages.
struct Count<N>(N);

impl<N: Display + PartialEq + From<u8>> Display for Count<N> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.0 == N::from(1) {
            f.write_str("1 mensagem")
        } else {
            write!(f, "{} mensagens", self.0)
        }
    }
}

/// So many messages that were marked, about which nothing was done.
struct NotDone(usize);

impl Display for NotDone {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        match self.0 {
            0 => f.write_str("alterações não guardadas"),
            1 => f.write_str("1 mensagem não foi eliminada"),
            marked => write!(f, "{marked} mensagens não foram eliminadas"),
        }
    }
}

//! What is said of messages that cannot be sent, in English and in Portuguese.

use smtp::client::Capabilities;

use super::draft::Unfit;
use super::parcel::Envelope;
use crate::Words;
use crate::limits::OUTBOX_RECIPIENTS_MAX;

/// Why a server cannot take a message, whatever it would answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CannotTake {
    /// It takes none so large (RFC 1870).
    TooLarge { octets: u64, octets_max: u64 },
    /// It takes only ASCII (RFC 6152).
    EightBit,
    /// It takes no header or addresses beyond ASCII (RFC 6531).
    Utf8,
}

impl CannotTake {
    pub(super) fn of(envelope: &Envelope, able: &Capabilities) -> Option<CannotTake> {
        let octets = envelope.octets;
        if let Some(octets_max) = able.message_octets_max().filter(|most| octets > *most) {
            return Some(CannotTake::TooLarge { octets, octets_max });
        }
        if envelope.utf8 && !able.has("SMTPUTF8") {
            return Some(CannotTake::Utf8);
        }
        (envelope.eight_bit && !able.has("8BITMIME")).then_some(CannotTake::EightBit)
    }

    /// RFC 3463, 3.4, 3.7; RFC 6531, 3.5.
    pub(super) fn status(self) -> &'static str {
        match self {
            CannotTake::TooLarge { .. } => "5.3.4",
            CannotTake::EightBit => "5.6.3",
            CannotTake::Utf8 => "5.6.7",
        }
    }

    pub(super) fn tell(self, words: Words) -> String {
        match (self, words) {
            (CannotTake::TooLarge { octets, octets_max }, Words::English) => format!(
                "the message has {octets} octets, and the provider takes {octets_max} at most; nothing of it was sent"
            ),
            (CannotTake::TooLarge { octets, octets_max }, Words::Portuguese) => format!(
                "a mensagem tem {octets} octetos, e o provedor aceita no máximo {octets_max}; nada dela foi enviado"
            ),
            (CannotTake::EightBit, Words::English) => {
                "the text goes beyond ASCII, and the provider takes only ASCII (it has no 8BITMIME); encode it as quoted-printable or base64".to_owned()
            }
            (CannotTake::EightBit, Words::Portuguese) => {
                "o texto vai além do ASCII, e o provedor só aceita ASCII (não tem 8BITMIME); codifique-o em quoted-printable ou base64".to_owned()
            }
            (CannotTake::Utf8, Words::English) => {
                "an address or the header goes beyond ASCII, and the provider does not take that (it has no SMTPUTF8)".to_owned()
            }
            (CannotTake::Utf8, Words::Portuguese) => {
                "um endereço ou o cabeçalho vai além do ASCII, e o provedor não aceita isso (não tem SMTPUTF8)".to_owned()
            }
        }
    }
}

impl Unfit {
    /// What is wrong, in plain words, and what to do about it.
    pub fn tell(&self, words: Words) -> String {
        match words {
            Words::English => self.english(),
            Words::Portuguese => self.portuguese(),
        }
    }

    fn english(&self) -> String {
        match self {
            Unfit::NoHeader => "this is no message: it does not begin with a header, such as \"To: bea@example.net\"".to_owned(),
            Unfit::NotAField { line } => format!("a line of the header is no field: {line}"),
            Unfit::NoRecipients => "the message is for nobody: it has no address in To, Cc or Bcc".to_owned(),
            Unfit::TooManyRecipients => format!("the message is for more than {OUTBOX_RECIPIENTS_MAX} recipients"),
            Unfit::NotAnAddress { text } => format!("that is no address: {text}"),
            Unfit::NoDomain { name } => format!("{name} has no domain, such as {name}@example.org"),
            Unfit::TooLarge { octets_max } => format!("the message has more than {octets_max} octets"),
            Unfit::Nul => "the message holds octets of zero, which no provider takes; encode it as base64".to_owned(),
            Unfit::Charset => "the header is neither ASCII nor UTF-8; encode its words (RFC 2047)".to_owned(),
        }
    }

    fn portuguese(&self) -> String {
        match self {
            Unfit::NoHeader => {
                "isto não é uma mensagem: não começa com um cabeçalho, como \"To: bea@example.net\""
                    .to_owned()
            }
            Unfit::NotAField { line } => format!("uma linha do cabeçalho não é um campo: {line}"),
            Unfit::NoRecipients => {
                "a mensagem não é para ninguém: não tem endereço em To, Cc ou Bcc".to_owned()
            }
            Unfit::TooManyRecipients => {
                format!("a mensagem é para mais de {OUTBOX_RECIPIENTS_MAX} destinatários")
            }
            Unfit::NotAnAddress { text } => format!("isto não é um endereço: {text}"),
            Unfit::NoDomain { name } => {
                format!("falta o domínio em {name}, como em {name}@example.org")
            }
            Unfit::TooLarge { octets_max } => {
                format!("a mensagem tem mais de {octets_max} octetos")
            }
            Unfit::Nul => {
                "a mensagem tem octetos zero, que nenhum provedor aceita; codifique-a em base64"
                    .to_owned()
            }
            Unfit::Charset => {
                "o cabeçalho não é ASCII nem UTF-8; codifique as palavras (RFC 2047)".to_owned()
            }
        }
    }
}

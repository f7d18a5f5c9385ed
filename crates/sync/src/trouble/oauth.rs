//! What goes wrong with OAuth, as troubles, in both languages.

use sasl::ClientFault;

use super::{Exit, Trouble, Words, shown};
use crate::Endpoint;
use crate::oauth::{OAuthFault, WebFault};

/// How a command ends.
pub(super) fn exit(fault: &OAuthFault) -> Exit {
    match fault {
        OAuthFault::Web { .. }
        | OAuthFault::Unavailable { .. }
        | OAuthFault::Answer(_)
        | OAuthFault::Busy => Exit::Network,
        OAuthFault::Insecure { .. }
        | OAuthFault::NoServer { .. }
        | OAuthFault::OtherServer { .. }
        | OAuthFault::NoClient { .. }
        | OAuthFault::NoFlow { .. }
        | OAuthFault::Keyring { .. } => Exit::NeedsPerson,
        OAuthFault::State
        | OAuthFault::Denied
        | OAuthFault::Expired
        | OAuthFault::Over { .. }
        | OAuthFault::Refused { .. }
        | OAuthFault::NotKept => Exit::Login,
        OAuthFault::Keeping { .. } => Exit::Storage,
    }
}

/// What a login with a token came to, where the server has said why it does not take it (RFC 7628, 3.2.2).
pub(super) fn refused(fault: &ClientFault, host: &str) -> Option<Trouble> {
    let (host, said) = (host.to_owned(), shown(&fault.to_string()));
    match fault {
        ClientFault::Token(refusal) => {
            let is_later = refusal.status == "temporarily_unavailable"
                || (refusal.status.len() == 3 && refusal.status.starts_with('5'));
            Some(match is_later {
                true => Trouble::Busy { host, said },
                false => Trouble::TokenRefused { host, said },
            })
        }
        ClientFault::NoTokens => Some(Trouble::TokenRefused { host, said }),
        ClientFault::Server(_) | ClientFault::Refused => None,
    }
}

impl Trouble {
    /// The same for whoever logged in with a token: it was no password that was wrong.
    pub(crate) fn of_token(self, endpoint: &Endpoint) -> Trouble {
        if let Trouble::WrongPassword { host, said, .. }
        | Trouble::AppPassword { host, said, .. }
        | Trouble::OAuthOnly { host, said } = self
        {
            return Trouble::TokenRefused { host, said };
        }
        if let Trouble::NoSecretLogin { .. } = self {
            let said = shown(&ClientFault::NoTokens.to_string());
            return Trouble::TokenRefused { host: endpoint.host.clone(), said };
        }
        self
    }

    /// Whether another token may help.
    pub fn is_about_token(&self) -> bool {
        matches!(self, Trouble::TokenRefused { .. })
    }

    /// Whether only a login of the person helps.
    pub fn wants_login(&self) -> bool {
        matches!(
            self,
            Trouble::TokenRefused { .. }
                | Trouble::OAuth(OAuthFault::Over { .. } | OAuthFault::NotKept)
        )
    }
}

pub(super) fn english(fault: &OAuthFault) -> String {
    match fault {
        OAuthFault::Web { host, port, fault } => web((host, *port), fault, Words::English),
        OAuthFault::Unavailable { host } => {
            format!("{host} cannot let anybody in at the moment; try again later")
        }
        OAuthFault::Insecure { address } => format!(
            "{address} is not https, so that others could read the tokens on their way; nothing was sent there"
        ),
        OAuthFault::Answer(expected) => format!(
            "the provider's login server did not answer as it should (expected {expected}); nothing of it was taken"
        ),
        OAuthFault::NoServer { address } => format!(
            "no login server (OAuth 2) is known or found for {address}. There are google and microsoft, those in [oauth.NAME] of \
             companion.toml, and hosts by their address such as https://mail.example.org"
        ),
        OAuthFault::OtherServer { expected, said } => format!(
            "a login server answers that is called {said:?}, and not {expected}; nothing was sent to it"
        ),
        OAuthFault::NoClient { provider } => format!(
            "{provider} lets in only programs that somebody has registered there, and this one brings no registration of \
             anybody's. Register one as the guide says (docs/guide/oauth.md), and say its number: --client-id ID"
        ),
        OAuthFault::NoFlow { wanted } => format!(
            "this provider does not let programs in this way ({wanted}); try the other one with --flow"
        ),
        OAuthFault::State => {
            "too much came to the address of this login that was no answer to it; try again"
                .to_owned()
        }
        OAuthFault::Denied => "the provider says that you did not allow it".to_owned(),
        OAuthFault::Expired => "nobody allowed it in time; try again".to_owned(),
        OAuthFault::Over { said } => format!(
            "the provider does not let this program in any more{}: what you allowed has ended or was taken back",
            quoted(said, "it said")
        ),
        OAuthFault::Refused { code, said } => {
            format!("the provider's login server refused ({code}){}", quoted(said, "it said"))
        }
        OAuthFault::NotKept => "there is no token for this account on this computer".to_owned(),
        OAuthFault::Keyring { why } => why.clone(),
        OAuthFault::Keeping { why } => format!("the token cannot be kept or read: {why}"),
        OAuthFault::Busy => {
            "another run of this program has been renewing the token for too long; try again"
                .to_owned()
        }
    }
}

pub(super) fn portuguese(fault: &OAuthFault) -> String {
    match fault {
        OAuthFault::Web { host, port, fault } => web((host, *port), fault, Words::Portuguese),
        OAuthFault::Unavailable { host } => {
            format!("{host} não pode deixar ninguém entrar agora; tente mais tarde")
        }
        OAuthFault::Insecure { address } => format!(
            "{address} não é https, e outros poderiam ler os tokens no caminho; nada foi enviado para lá"
        ),
        OAuthFault::Answer(expected) => format!(
            "o servidor de login do provedor não respondeu como deveria (esperado: {expected}); nada disso foi aceito"
        ),
        OAuthFault::NoServer { address } => format!(
            "não se conhece nem se encontra um servidor de login (OAuth 2) para {address}. Há google e microsoft, os que estão em \
             [oauth.NOME] no companion.toml, e hosts pelo endereço, como https://mail.example.org"
        ),
        OAuthFault::OtherServer { expected, said } => format!(
            "responde um servidor de login que se chama {said:?}, e não {expected}; nada foi enviado a ele"
        ),
        OAuthFault::NoClient { provider } => format!(
            "{provider} só deixa entrar programas que alguém registrou lá, e este não traz o registro de ninguém. Registre um \
             como diz o guia (docs/guide/oauth.pt.md) e informe o número: --client-id ID"
        ),
        OAuthFault::NoFlow { wanted } => format!(
            "este provedor não deixa programas entrarem deste modo ({wanted}); tente o outro com --flow"
        ),
        OAuthFault::State => {
            "chegou coisa demais ao endereço deste login que não era resposta a ele; tente de novo"
                .to_owned()
        }
        OAuthFault::Denied => "o provedor diz que você não permitiu".to_owned(),
        OAuthFault::Expired => "ninguém permitiu a tempo; tente de novo".to_owned(),
        OAuthFault::Over { said } => format!(
            "o provedor não deixa mais este programa entrar{}: o que você permitiu terminou ou foi retirado",
            quoted(said, "ele disse")
        ),
        OAuthFault::Refused { code, said } => {
            format!("o servidor de login do provedor recusou ({code}){}", quoted(said, "ele disse"))
        }
        OAuthFault::NotKept => "não há token para esta conta neste computador".to_owned(),
        OAuthFault::Keyring { why } => why.clone(),
        OAuthFault::Keeping { why } => format!("o token não pode ser guardado ou lido: {why}"),
        OAuthFault::Busy => {
            "outra execução deste programa está renovando o token há tempo demais; tente de novo"
                .to_owned()
        }
    }
}

fn web((host, port): (&str, u16), fault: &WebFault, words: Words) -> String {
    let (too_much, not_http) = match words {
        Words::English => ("sent more than a login server has to say", "does not speak HTTP"),
        Words::Portuguese => {
            ("enviou mais do que um servidor de login tem a dizer", "não fala HTTP")
        }
    };
    match fault {
        WebFault::Network(fault) => {
            let endpoint = Endpoint {
                port,
                ..Endpoint::usual(crate::Service::Imap, crate::Transport::Tls, host)
            };
            Trouble::of_network(fault.clone(), &endpoint).tell(words)
        }
        WebFault::TooMuch => format!("{host} {too_much}"),
        WebFault::NotHttp => format!("{host} {not_http}"),
    }
}

fn quoted(said: &str, how: &str) -> String {
    if said.is_empty() { String::new() } else { format!(" ({how}: {said})") }
}

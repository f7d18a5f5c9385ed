//! Troubles in English.

use super::{Trouble, pin};
use crate::network::Untrusted;

#[expect(clippy::too_many_lines, reason = "a list: one text for each trouble")]
pub(super) fn tell(trouble: &Trouble) -> String {
    match trouble {
        Trouble::NoSuchName { host } => {
            format!(
                "there is no server named {host}; check how it is written, and whether this computer is online"
            )
        }
        Trouble::Unreachable { host, port, why } => {
            format!("{host} does not answer on port {port} ({why})")
        }
        Trouble::TimedOut { host } => format!("{host} did not answer in time; try again later"),
        Trouble::Certificate { host, certificate } => format!(
            "the certificate of {host} is not trusted: {}. Perhaps somebody reads along, perhaps the provider made it \
             itself. If the provider confirms that this is the SHA-256 of its certificate, trust it with\n  --pin {}",
            untrusted(&certificate.why),
            pin(certificate)
        ),
        Trouble::Tls { host, port, why } => format!(
            "{host} does not speak TLS on port {port} ({why}); perhaps TLS begins with a command there: pop3://, imap:// or submission:// instead of pop3s://, imaps:// or submissions://"
        ),
        Trouble::NoTls { host, said } => format!(
            "{host} offers no TLS, so the password and the mail could be read on the way; nothing was sent{}",
            quoted(said)
        ),
        Trouble::ClearNetwork { host } => {
            format!("{host} is not this machine, so nothing is sent there without TLS")
        }
        Trouble::WrongPassword { host, user, said } => format!(
            "{host} does not let {user} in: the name or the password is wrong{}. Some providers want a password made for \
             programs, or have POP3 and IMAP switched off until one switches them on in their settings",
            quoted(said)
        ),
        Trouble::AppPassword { host, page, said } => format!(
            "{host} did not take the password{}. This provider wants a password made for programs (an app password) instead \
             of the one that opens its pages{}",
            quoted(said),
            at(page, "make one at")
        ),
        Trouble::OAuthOnly { host, said } => format!(
            "{host} lets programs in by OAuth 2 only and takes no passwords{}; add the account with --oauth PROVIDER, such as --oauth microsoft",
            quoted(said)
        ),
        Trouble::TokenRefused { host, said } => format!(
            "{host} does not take the token{}. Perhaps it is for another account, or the provider has switched IMAP or POP3 off for it",
            quoted(said)
        ),
        Trouble::OAuth(fault) => super::oauth::english(fault),
        Trouble::ServiceOff { service, host, page, said } => format!(
            "{} is switched off for this account at {host}{}. Switch it on in the settings of the provider{}",
            service.name(),
            quoted(said),
            at(page, "they are at")
        ),
        Trouble::Busy { host, said } => format!(
            "{host} is busy with this account: another program may be fetching mail, or it was too soon{}; try again in some minutes",
            quoted(said)
        ),
        Trouble::Refused { host, said } => format!("{host} refused{}", quoted(said)),
        Trouble::NoSecretLogin { host } => {
            format!(
                "{host} offers no way to log in that keeps the password secret; nothing was sent"
            )
        }
        Trouble::OtherProtocol { service, host, port, expected } => format!(
            "what answers on port {port} of {host} is not {} (expected {expected}); check the port",
            service.name()
        ),
        Trouble::TooMuch { host, what, max } => format!(
            "{host} sent more than {max} {what}; the session was ended, and what came before is safe"
        ),
        Trouble::Cut { host } => format!(
            "the connection to {host} broke; what came before is safe, and the next run goes on from there"
        ),
        Trouble::HungUp { host, said } => format!(
            "{host} ended the session{}; what came before is safe, and the next run goes on from there",
            quoted(said)
        ),
        Trouble::Storage { why } => format!(
            "the mail could not be kept here: {why}. Nothing of it was deleted at the provider"
        ),
        Trouble::NothingFound { service, domain, tried } => {
            let mut text = format!(
                "no {} server of {domain} was found. Ask the provider for its name, and say it with --{} {}://NAME. Tried:",
                service.name(),
                service.option(),
                service.scheme()
            );
            for (endpoint, trouble) in tried {
                text.push_str(&format!("\n  {endpoint}: {}", tell(trouble)));
            }
            text
        }
        Trouble::Elsewhere { domain, endpoint } => format!(
            "{domain} names a server of another domain, and nothing proves that it is the right one. If the provider says so too, \
             add it with --{} {endpoint}",
            endpoint.service.option()
        ),
    }
}

fn untrusted(why: &Untrusted) -> &str {
    match why {
        Untrusted::UnknownIssuer => "no authority that is known here vouches for it",
        Untrusted::Expired => "it has expired",
        Untrusted::NotYetValid => "it is not valid yet; is the clock of this computer right?",
        Untrusted::OtherName => "it is for another name",
        Untrusted::Revoked => "it was revoked",
        Untrusted::NotPinned => "it is another one than the one that is pinned",
        Untrusted::Otherwise(text) => text,
    }
}

fn quoted(said: &str) -> String {
    if said.is_empty() { String::new() } else { format!(" (it said: {said})") }
}

fn at(page: &Option<&'static str>, how: &str) -> String {
    page.map_or(String::new(), |page| format!("; {how} {page}"))
}

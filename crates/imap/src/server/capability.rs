//! What a session offers: only what works here and now (RFC 9051, 6.1.1 and 7.2.2).

use sasl::{Mechanism, Security};

use super::service::StartTls;
use super::session::Session;

/// Offered always. LITERAL- before login, since anybody may come here (RFC 7888, 5).
const BEFORE_LOGIN: &[&str] =
    &["IMAP4rev1", "IMAP4rev2", "LITERAL-", "SASL-IR", "ENABLE", "ID", "IDLE"];

/// Offered to those who have logged in.
const AFTER_LOGIN: &[&str] = &[
    "IMAP4rev1",
    "IMAP4rev2",
    "LITERAL+",
    "SASL-IR",
    "ENABLE",
    "ID",
    "IDLE",
    "NAMESPACE",
    "UNSELECT",
    "UIDPLUS",
    "MOVE",
    "CHILDREN",
    "LIST-EXTENDED",
    "LIST-STATUS",
    "SPECIAL-USE",
    "CREATE-SPECIAL-USE",
    "STATUS=SIZE",
    "ESEARCH",
    "SEARCHRES",
    "CONDSTORE",
    "QRESYNC",
    "OBJECTID",
    "BINARY",
    "MULTIAPPEND",
    "UTF8=ACCEPT",
    "QUOTA",
    "QUOTA=RES-STORAGE",
    "QUOTA=RES-MESSAGE",
];

impl Session<'_> {
    /// What this session offers now.
    pub(super) fn capabilities(&self) -> Vec<String> {
        let mut offered: Vec<String> = Vec::new();
        if self.person.is_some() {
            offered.extend(AFTER_LOGIN.iter().map(|name| (*name).to_owned()));
            let octets_max = self.service.accounts.policy().message_octets_max;
            offered.push(format!("APPENDLIMIT={octets_max}"));
            if !self.channel.is_squeezed() {
                offered.push("COMPRESS=DEFLATE".to_owned());
            }
            return offered;
        }
        offered.extend(BEFORE_LOGIN.iter().map(|name| (*name).to_owned()));
        if self.can_start_tls() {
            offered.push("STARTTLS".to_owned());
        }
        if !self.takes_passwords() {
            offered.push("LOGINDISABLED".to_owned());
        }
        let mechanisms = self.mechanisms();
        offered.extend(mechanisms.iter().map(|mechanism| format!("AUTH={}", mechanism.name())));
        offered
    }

    /// The mechanisms that fit the connection.
    pub(super) fn mechanisms(&self) -> Vec<Mechanism> {
        let mut mechanisms = self.service.directory.mechanisms(self.peer);
        mechanisms.retain(|mechanism| mechanism.fits(self.peer));
        mechanisms
    }

    /// Whether TLS can begin.
    pub(super) fn can_start_tls(&self) -> bool {
        self.service.start_tls == StartTls::Offered && self.peer.security != Security::Tls
    }

    /// Whether passwords may be sent as they are.
    pub(super) fn takes_passwords(&self) -> bool {
        self.peer.security != Security::Clear
    }
}

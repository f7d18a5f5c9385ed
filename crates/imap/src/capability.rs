//! The capability line, made from the rows of commands, FETCH items, SEARCH keys and STATUS items, and from a few features
//! that are none of these: only what works
//! here and now is offered (RFC 9051, 6.1.1 and 7.2.2).

use sasl::Mechanism;

use crate::commands::{StatusItem, TABLE};
use crate::fetch::items;
use crate::search::keys;

/// A capability, and when it is offered.
#[derive(Clone, Copy, Debug)]
pub enum Capability {
    /// To everybody.
    Always(&'static str),
    /// Before login.
    BeforeLogin(&'static str),
    /// To those who have logged in.
    AfterLogin(&'static str),
    /// As the connection is; perhaps with a value, perhaps several of a kind.
    Depends(fn(&Connection) -> Vec<String>),
}

/// What the offer depends on.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Whether somebody has logged in.
    pub is_authenticated: bool,
    /// Whether TLS can begin.
    pub can_start_tls: bool,
    /// Whether passwords may be sent as they are.
    pub takes_passwords: bool,
    /// The mechanisms that fit the connection.
    pub mechanisms: Vec<Mechanism>,
    /// Whether COMPRESS is on.
    pub is_compressed: bool,
    /// How large a message may be.
    pub message_octets_max: u64,
    /// Whether the same mail is there over JMAP.
    pub has_jmap: bool,
}

/// What is neither a command nor a part of one. LITERAL- before login, since anybody may come here (RFC 7888, 5).
const FEATURES: &[Capability] = &[
    Capability::Always("IMAP4rev1"),
    Capability::Always("IMAP4rev2"),
    Capability::BeforeLogin("LITERAL-"),
    Capability::AfterLogin("LITERAL+"),
    Capability::AfterLogin("CONDSTORE"),
    Capability::AfterLogin("QRESYNC"),
    Capability::AfterLogin("UTF8=ACCEPT"),
    Capability::AfterLogin("UIDONLY"),
    Capability::AfterLogin("INPROGRESS"),
];

/// All that is offered on this connection.
pub fn offered(connection: &Connection) -> Vec<String> {
    let commands = TABLE.iter().flat_map(|row| row.capabilities);
    let items = items::TABLE.iter().filter_map(|row| row.capability.as_ref());
    let keys = keys::TABLE.iter().filter_map(|row| row.capability.as_ref());
    let figures = StatusItem::ALL.into_iter().filter_map(StatusItem::capability);
    let mut offered = Vec::new();
    for capability in FEATURES.iter().chain(commands).chain(items).chain(keys).chain(figures) {
        match capability {
            Capability::Always(name) => offered.push((*name).to_owned()),
            Capability::BeforeLogin(name) if !connection.is_authenticated => {
                offered.push((*name).to_owned());
            }
            Capability::AfterLogin(name) if connection.is_authenticated => {
                offered.push((*name).to_owned());
            }
            Capability::BeforeLogin(_) | Capability::AfterLogin(_) => {}
            Capability::Depends(names) => offered.extend(names(connection)),
        }
    }
    offered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_offered_twice() {
        let mut connection = Connection {
            is_authenticated: false,
            can_start_tls: true,
            takes_passwords: false,
            mechanisms: vec![Mechanism::Plain],
            is_compressed: false,
            message_octets_max: 1000,
            has_jmap: true,
        };
        for is_authenticated in [false, true] {
            connection.is_authenticated = is_authenticated;
            let mut names = offered(&connection);
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{names:?}");
        }
    }

    #[test]
    fn strangers_are_offered_only_what_leads_to_the_login() {
        let connection = Connection {
            is_authenticated: false,
            can_start_tls: false,
            takes_passwords: true,
            mechanisms: vec![Mechanism::Plain],
            is_compressed: false,
            message_octets_max: 1000,
            has_jmap: true,
        };
        let offered = offered(&connection).join(" ");
        let want = "IMAP4rev1 IMAP4rev2 LITERAL- SASL-IR AUTH=PLAIN ENABLE ID IDLE";
        assert_eq!(offered, want);
    }
}

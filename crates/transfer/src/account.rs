//! What an account has to say against a transfer, and how its flags are written.

use mailbox::{Error, Fault, Flags, Keyword, MailboxName, NameFault, Refused};

/// Why an account takes or gives no more mail.
#[derive(Debug, thiserror::Error)]
pub enum AccountFault {
    /// The mail model refused or failed.
    #[error(transparent)]
    Mail(#[from] Error),
    /// A text cannot be the name of a mailbox.
    #[error("{name}: {fault}")]
    Name {
        /// The text.
        name: String,
        /// What is wrong with it.
        fault: NameFault,
    },
    /// There is no such mailbox.
    #[error("there is no mailbox {0}")]
    NoSuchMailbox(MailboxName),
    /// The account or the disk is full.
    #[error(
        "{0}; what came in before stays, and the same import goes on from there once there is room"
    )]
    Full(Refused),
}

impl From<Fault> for AccountFault {
    fn from(fault: Fault) -> AccountFault {
        AccountFault::Mail(fault.into())
    }
}

/// Reads the name of a mailbox.
pub(crate) fn mailbox_name(name: &str) -> Result<MailboxName, AccountFault> {
    MailboxName::new(name).map_err(|fault| AccountFault::Name { name: name.to_owned(), fault })
}

/// The system flags as IMAP writes them (RFC 9051, 2.3.2).
pub(crate) const SYSTEM_FLAGS: [(Flags, &str); 5] = [
    (Flags::SEEN, "\\Seen"),
    (Flags::ANSWERED, "\\Answered"),
    (Flags::FLAGGED, "\\Flagged"),
    (Flags::DELETED, "\\Deleted"),
    (Flags::DRAFT, "\\Draft"),
];

/// Flags and keywords as files have them.
pub fn flag_words<'k>(
    system: Flags,
    keywords: impl IntoIterator<Item = &'k Keyword>,
) -> Vec<String> {
    let set = SYSTEM_FLAGS.iter().filter(|(flag, _)| system.contains(*flag));
    let keywords = keywords.into_iter().map(|keyword| keyword.as_str().to_owned());
    set.map(|(_, name)| (*name).to_owned()).chain(keywords).collect()
}

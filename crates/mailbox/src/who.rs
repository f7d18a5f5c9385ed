//! Who made a change: carried by each operation and kept in the change log, so that people can be shown what
//! happened to their mail, and undo it.

use std::net::IpAddr;

use crate::AccountId;

/// The door a change came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// SMTP or LMTP delivery.
    Delivery,
    /// Submission by the owner.
    Submission,
    /// JMAP and the webmail.
    Jmap,
    /// Import, export, restore and other commands of the administrator.
    Admin,
    /// The companion.
    Sync,
    /// The system itself, such as the end of the retention time.
    System,
}

/// Who made a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Who {
    /// The door.
    pub door: Door,
    /// The device: the name of the app password, when one was used.
    pub device: Option<String>,
    /// The address of the peer, when there is one.
    pub address: Option<IpAddr>,
    /// The user, where it was not the owner of the account (RFC 4314).
    pub user: Option<AccountId>,
}

impl Who {
    /// Somebody of whom only the door is known.
    pub fn at(door: Door) -> Who {
        Who { door, device: None, address: None, user: None }
    }
}

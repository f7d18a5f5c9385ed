//! From the names in a command to the mailboxes it means.

use mailbox::{Mailbox, MailboxId, MailboxKind, MailboxName, Refused};

use super::outcome::Stop;
use super::session::Session;
use super::words;
use crate::response::Code;
use crate::wire::Name;

/// A name that a mailbox can have.
pub(crate) fn name(name: &Name) -> Result<MailboxName, Stop> {
    MailboxName::new(name.as_str())
        .map_err(|fault| Stop::No(Some(Code::Cannot), fault.to_string().into()))
}

impl Session<'_> {
    /// The mailbox of a name. A name that no mailbox can have is like one that none has.
    pub(crate) fn mailbox_named(&self, name: &Name) -> Result<Mailbox, Stop> {
        let found = match MailboxName::new(name.as_str()) {
            Ok(name) => self.account()?.find(&name)?,
            Err(_) => None,
        };
        found.ok_or(Stop::Model(Refused::NoSuchMailbox.into()))
    }

    /// The mailbox that messages are to go to.
    pub(crate) fn destination(&self, to: &Name) -> Result<MailboxId, Stop> {
        let to = name(to).map_err(|_| words::no_destination())?;
        match self.account()?.find(&to)? {
            Some(mailbox) if mailbox.kind == MailboxKind::Selectable => Ok(mailbox.id),
            Some(_) => Err(Refused::NotSelectable.into()),
            None => Err(words::no_destination()),
        }
    }
}

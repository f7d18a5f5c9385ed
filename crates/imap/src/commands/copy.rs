//! COPY: puts copies of messages into a mailbox, all or none (RFC 9051, 6.4.7; COPYUID: 7.1).

use mailbox::operations::Copied;

use super::Run;
use crate::command::Copy;
use crate::response::Code;
use crate::server::session::{Done, Session, Stop};
use crate::server::words;
use crate::wire::{By, Name, SequenceSet};

impl Run for Copy {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let uids = session.find_uids(self.by, &self.messages)?;
        let to = session.destination(&self.mailbox)?;
        if uids.is_empty() {
            return Ok(Done::new("There was nothing to copy"));
        }
        let from = session.view()?.state().id;
        let copied = session.account()?.copy(from, &uids, to).await?;
        match copy_uid(&copied, self.by)? {
            Some(code) => Ok(Done::new("Copied").with(code)),
            None => Ok(Done::new("There was nothing to copy")),
        }
    }
}

/// The code that says where copies went; none if nothing was copied.
pub(super) fn copy_uid(copied: &Copied, by: By) -> Result<Option<Code>, Stop> {
    if !copied.pairs.is_empty() {
        let (from, to): (Vec<u32>, Vec<u32>) =
            copied.pairs.iter().map(|(from, to)| (from.number(), to.number())).unzip();
        // In the order of the pairs: the first UID of one set went to the first of the other.
        let sets = SequenceSet::from_numbers(from).zip(SequenceSet::from_numbers(to));
        return Ok(sets.map(|(from, to)| Code::CopyUid(copied.uid_validity.0, from, to)));
    }
    match by {
        // Unknown UIDs are no mistake (RFC 9051, 6.4.9); numbers that stand for nothing any more are news.
        By::Uid => Ok(None),
        By::Number => Err(mailbox::Refused::NoSuchMessage.into()),
    }
}

impl Session<'_> {
    /// The mailbox that messages are to go to.
    pub(super) fn destination(&self, name: &Name) -> Result<mailbox::MailboxId, Stop> {
        let name = super::name(name).map_err(|_| words::no_destination())?;
        match self.account()?.find(&name)? {
            Some(mailbox) if mailbox.kind == mailbox::MailboxKind::Selectable => Ok(mailbox.id),
            Some(_) => Err(mailbox::Refused::NotSelectable.into()),
            None => Err(words::no_destination()),
        }
    }
}

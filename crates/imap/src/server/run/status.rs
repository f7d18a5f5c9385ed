//! STATUS: the figures of a mailbox, without opening it (RFC 9051, 6.3.11). They are kept, not counted.

use mailbox::{Flags, Mailbox, MailboxKind, Refused};

use super::Run;
use crate::command::{Status, StatusItem};
use crate::response::{Figure, MailboxStatus, Response};
use crate::server::session::{Done, Session, Stop};
use crate::wire::{Name, object_id};

impl Run for Status {
    async fn run(self, session: &mut Session<'_>) -> Result<Done, Stop> {
        let mailbox = session.mailbox_named(&self.mailbox)?;
        if mailbox.kind == MailboxKind::Container {
            return Err(Refused::NotSelectable.into());
        }
        session.print_status(&mailbox, &self.items)?;
        Ok(Done::new("That is all"))
    }
}

impl Session<'_> {
    /// Prints `* STATUS name (...)`.
    pub(super) fn print_status(
        &mut self,
        mailbox: &Mailbox,
        items: &[StatusItem],
    ) -> Result<(), Stop> {
        if items.contains(&StatusItem::HighestModSeq) {
            self.enable_modseq();
        }
        let deleted_octets = if items.contains(&StatusItem::DeletedStorage) {
            let state = self.account()?.state(mailbox.id)?;
            let deleted = state.entries.iter().filter(|e| e.flags.contains(Flags::DELETED));
            deleted.map(|entry| u64::from(entry.octets)).fold(0, u64::saturating_add)
        } else {
            0
        };
        let figure = |item: StatusItem| match item {
            StatusItem::Messages => Figure::Number(mailbox.messages),
            // Which messages nobody was told of is known only while the mailbox is open.
            StatusItem::Recent => Figure::Number(0),
            StatusItem::UidNext => Figure::Number(u64::from(mailbox.uid_next.number())),
            StatusItem::UidValidity => Figure::Number(u64::from(mailbox.uid_validity.0)),
            StatusItem::Unseen => Figure::Number(mailbox.unseen),
            StatusItem::Deleted => Figure::Number(mailbox.deleted),
            StatusItem::Size => Figure::Number(mailbox.octets.0),
            StatusItem::HighestModSeq => Figure::Number(mailbox.highest_modseq.0),
            StatusItem::MailboxId => Figure::Id(object_id::mailbox(mailbox.id)),
            StatusItem::AppendLimit => {
                Figure::Number(self.service.accounts.policy().message_octets_max)
            }
            StatusItem::DeletedStorage => Figure::Number(deleted_octets),
        };
        let figures = items.iter().map(|item| (*item, figure(*item))).collect();
        let mailbox = Name::from(mailbox.name.as_str());
        self.print(&Response::MailboxStatus(MailboxStatus { mailbox, figures }));
        Ok(())
    }
}

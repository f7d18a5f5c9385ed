//! STATUS: the figures of a mailbox, without opening it (RFC 9051, 6.3.11). They are kept, not counted.

use mailbox::{Flags, Mailbox, MailboxKind, Refused};

use super::Run;
use crate::command::{Status, StatusItem};
use crate::server::object_id;
use crate::server::session::{Done, Session, Stop};
use crate::wire::print;

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
        let limit = self.service.accounts.policy().message_octets_max;
        let dialect = self.dialect;
        let out = self.channel.out();
        out.extend_from_slice(b"* STATUS ");
        print::mailbox(out, mailbox.name.as_str(), dialect);
        out.extend_from_slice(b" (");
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(item.name().as_bytes());
            out.push(b' ');
            match item {
                StatusItem::Messages => print::number(out, mailbox.messages),
                // Which messages were told of to nobody is known only while a mailbox is open.
                StatusItem::Recent => print::number(out, 0),
                StatusItem::UidNext => print::number(out, u64::from(mailbox.uid_next.number())),
                StatusItem::UidValidity => print::number(out, u64::from(mailbox.uid_validity.0)),
                StatusItem::Unseen => print::number(out, mailbox.unseen),
                StatusItem::Deleted => print::number(out, mailbox.deleted),
                StatusItem::Size => print::number(out, mailbox.octets.0),
                StatusItem::HighestModSeq => print::number(out, mailbox.highest_modseq.0),
                StatusItem::MailboxId => {
                    out.push(b'(');
                    out.extend_from_slice(object_id::of_mailbox(mailbox.id).as_bytes());
                    out.push(b')');
                }
                StatusItem::AppendLimit => print::number(out, limit),
                StatusItem::DeletedStorage => print::number(out, deleted_octets),
            }
        }
        out.extend_from_slice(b")\r\n");
        Ok(())
    }
}

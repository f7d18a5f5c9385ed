//! What is read beside the entries of the next messages to be shown: of several in one read, as far as items ask for it.

use std::collections::VecDeque;

use mailbox::operations::Email;
use mailbox::{Arrival, EmailId, Entry, Fault, MailboxId, Reader, Timestamp};

use super::Source;
use crate::fetch::Item;

/// Reads ahead.
pub(super) struct Ahead {
    reads_emails: bool,
    /// Of the messages whose entries do not say when they came.
    reads_arrivals: bool,
    reads_save_dates: bool,
    /// Of the next messages, in their order.
    read: VecDeque<Known>,
}

/// What is known of a message beside its entry.
#[derive(Default)]
pub(super) struct Known {
    /// What is stored beside its body; none if no item has to know.
    pub(super) email: Option<Email>,
    /// When it came into the mailbox; none if no item has to know, or what tells it is damaged.
    pub(super) saved: Option<Timestamp>,
    /// Others have dropped it for good.
    pub(super) is_gone: bool,
    /// Why some of this could not be read.
    pub(super) fault: Option<Fault>,
    /// Whether too little could be read to show any of it.
    pub(super) is_left_out: bool,
}

impl Ahead {
    /// For these items.
    pub(super) fn of(items: &[Item]) -> Ahead {
        let some = |source| items.iter().any(|item| item.inner().source() == source);
        Ahead {
            reads_emails: some(Source::Email) || some(Source::Octets),
            reads_arrivals: some(Source::Arrival),
            reads_save_dates: some(Source::SaveDate),
            read: VecDeque::new(),
        }
    }

    /// Whether something of a message has to be read.
    pub(super) fn reads(&self, entry: &Entry) -> bool {
        self.reads_emails || self.reads_save_dates || self.reads_arrival(entry)
    }

    fn reads_arrival(&self, entry: &Entry) -> bool {
        self.reads_arrivals && entry.arrived == Arrival::UNKNOWN
    }

    /// Whether the next messages have to be read first, this one among them.
    pub(super) fn is_used_up(&self, entry: &Entry) -> bool {
        self.read.is_empty() && self.reads(entry)
    }

    /// Reads the next messages of which something has to be read.
    pub(super) fn read(
        &mut self,
        reader: &Reader,
        mailbox: MailboxId,
        next: &[Entry],
    ) -> Result<(), Fault> {
        self.read.extend(next.iter().map(|_| Known::default()));
        if self.reads_emails || next.iter().any(|entry| self.reads_arrival(entry)) {
            let ids: Vec<EmailId> = next.iter().map(|entry| entry.email).collect();
            for (known, email) in self.read.iter_mut().zip(reader.emails(&ids)?) {
                known.email = known.keep(email);
                known.is_left_out = known.email.is_none();
            }
        }
        if self.reads_save_dates {
            for (known, saved) in self.read.iter_mut().zip(reader.save_dates(mailbox, next)?) {
                known.saved = known.keep(saved);
            }
        }
        Ok(())
    }

    /// What is known of the next message, which is this one.
    pub(super) fn next(&mut self, entry: &Entry) -> Known {
        let read = if self.reads(entry) { self.read.pop_front() } else { None };
        read.unwrap_or_default()
    }
}

impl Known {
    /// What was read, and a note of why nothing was.
    fn keep<T>(&mut self, read: Result<Option<T>, Fault>) -> Option<T> {
        match read {
            Ok(Some(read)) => Some(read),
            Ok(None) => {
                self.is_gone = true;
                None
            }
            Err(fault) => {
                self.fault = Some(fault);
                None
            }
        }
    }
}

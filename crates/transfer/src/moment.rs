//! All that an account holds at one moment, without its bodies: what a backup compares with what it has.

use std::collections::VecDeque;

use mailbox::operations::Email;
use mailbox::{Account, Fault, ModSeq, Reader};

use crate::account::AccountFault;
use crate::from_account::{AccountSource, OpenMailbox};
use crate::port::{Attributes, MailboxAttributes};

/// An account at one moment.
pub struct Moment {
    reader: Reader,
    waiting: VecDeque<(MailboxAttributes, OpenMailbox)>,
    open: Option<OpenMailbox>,
}

/// What is in it.
pub enum InMoment {
    /// A mailbox.
    Mailbox(MailboxAttributes),
    /// A message.
    Message(Box<(Attributes, Email)>),
}

impl Moment {
    /// Looks at all mailboxes; none when something changed meanwhile, so that they are not of one moment.
    pub fn of(account: &Account) -> Result<Option<Moment>, AccountFault> {
        let bell = account.bell();
        let before = *bell.borrow();
        let source = AccountSource::new(account.clone(), &[])?;
        let waiting: Result<VecDeque<_>, AccountFault> = source
            .mailboxes()
            .map(|mailbox| Ok((source.attributes(mailbox), source.open(mailbox)?)))
            .collect();
        let waiting = waiting?;
        let reader = account.reader()?;
        let newest = waiting.iter().map(|(_, open)| open.state.highest_modseq).max();
        // A mailbox may show a change before the bell has told of it.
        let is_one = *bell.borrow() == before && newest.unwrap_or(ModSeq(0)) <= before;
        Ok(is_one.then_some(Moment { reader, waiting, open: None }))
    }

    /// The next mailbox or message. Messages that were dropped for good meanwhile are passed over.
    pub fn next_item(&mut self) -> Result<Option<InMoment>, Fault> {
        loop {
            let Some(open) = &mut self.open else {
                let Some((attributes, open)) = self.waiting.pop_front() else { return Ok(None) };
                self.open = Some(open);
                return Ok(Some(InMoment::Mailbox(attributes)));
            };
            let Some((entry, uidl)) = open.left.pop_front() else {
                self.open = None;
                continue;
            };
            if let Some(email) = self.reader.email(entry.email)? {
                let attributes = open.attributes(&entry, &email, &uidl);
                return Ok(Some(InMoment::Message(Box::new((attributes, email)))));
            }
        }
    }
}

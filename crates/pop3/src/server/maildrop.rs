//! The Inbox as one POP3 session sees it from login to QUIT: which messages, under which numbers, which are marked.
//! Nothing that happens to the Inbox meanwhile moves a number (RFC 1939, 4).

use std::sync::Arc;

use mailbox::operations::Email;
use mailbox::{
    Account, AccountId, Accounts, Door, Entries, Entry, Error, Fault, Flags, MailboxName,
    MailboxState, Pop3Lock, Refused, UidSet, Who,
};
use sasl::{Login, Peer};

use super::{Fate, Outcome, Words};
use crate::MessageNumber;

/// The messages of one session, locked against other POP3 sessions.
pub(crate) struct Maildrop {
    account: Account,
    view: Arc<MailboxState>,
    marks: Marks,
    /// How many octets all messages have; counted when first asked for.
    octets: Option<u64>,
    _lock: Pop3Lock,
}

/// Which messages are marked to be removed. Empty until the first mark.
#[derive(Default)]
struct Marks {
    bits: Vec<u64>,
    messages: usize,
    octets: u64,
}

/// There is no message of that number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    /// It was never there.
    NoSuch {
        /// How many there are.
        messages: usize,
    },
    /// It is marked to be removed.
    Marked(MessageNumber),
}

impl Absent {
    /// How that is said.
    pub(crate) fn words(self) -> Words<'static> {
        match self {
            Absent::NoSuch { messages } => Words::NoSuchMessage(messages),
            Absent::Marked(message) => Words::IsMarked(message),
        }
    }
}

/// Why a message was not marked.
#[derive(Debug)]
pub(crate) enum NotMarked {
    /// There is none.
    Absent(Absent),
    /// We failed.
    Fault(Fault),
}

/// Some unique ids.
pub(crate) struct Uidls {
    /// The ids.
    pub(crate) found: Vec<(MessageNumber, Arc<str>)>,
    /// The index from which on there may be more.
    pub(crate) next: Option<usize>,
}

impl Maildrop {
    /// Locks and opens the Inbox of somebody who has logged in.
    pub(crate) fn open(accounts: &Accounts, login: &Login, peer: &Peer) -> Result<Maildrop, Error> {
        let who = Who { door: Door::Pop3, device: login.device.clone(), address: peer.address };
        let account = accounts.open(AccountId(login.account), who)?;
        let lock = account.lock_pop3()?;
        let inbox = account.find(&MailboxName::inbox())?.ok_or(Refused::NoSuchMailbox)?;
        let view = account.state(inbox.id)?;
        Ok(Maildrop { account, view, marks: Marks::default(), octets: None, _lock: lock })
    }

    /// How many messages are not marked.
    pub(crate) fn messages(&self) -> usize {
        self.view.entries.len().saturating_sub(self.marks.messages)
    }

    /// How many messages are not marked, and how many octets they have.
    pub(crate) fn totals(&mut self) -> Result<(usize, u64), Fault> {
        let octets = match self.octets {
            Some(octets) => octets,
            None => self.view.entries.iter().try_fold(0u64, |sum, entry| {
                self.octets(entry).map(|octets| sum.saturating_add(octets))
            })?,
        };
        self.octets = Some(octets);
        Ok((self.messages(), octets.saturating_sub(self.marks.octets)))
    }

    /// How many messages are marked.
    pub(crate) fn marked(&self) -> usize {
        self.marks.messages
    }

    /// The size of a message as it is sent, with CRLF behind each line (RFC 1939, 11). For nearly all messages that is
    /// the size in the hot state; only for those with bare line ends the email is looked at.
    pub(crate) fn octets(&self, entry: &Entry) -> Result<u64, Fault> {
        if !entry.flags.contains(Flags::UNEVEN) {
            return Ok(entry.octets.into());
        }
        let email = self.email(entry)?;
        Ok(email.map_or(entry.octets.into(), |email| email.octets_in_lines))
    }

    /// The message of a number, if it is not marked.
    pub(crate) fn entry(&self, message: MessageNumber) -> Result<Entry, Absent> {
        let index = message.index();
        let messages = self.view.entries.len();
        let entry = self.view.entries.get(index).ok_or(Absent::NoSuch { messages })?;
        if self.marks.contains(index) { Err(Absent::Marked(message)) } else { Ok(entry) }
    }

    /// Visits up to `most` messages from an index on, passing over marked ones. Gives where to go on.
    pub(crate) fn visit(
        &self,
        from: usize,
        most: usize,
        mut each: impl FnMut(MessageNumber, &Entry) -> Result<(), Fault>,
    ) -> Result<Option<usize>, Fault> {
        let end = from.saturating_add(most);
        for (index, entry) in self.view.entries.iter_from(from).take_while(|(at, _)| *at < end) {
            if let Some(message) = MessageNumber::from_index(index)
                && !self.marks.contains(index)
            {
                each(message, entry)?;
            }
        }
        Ok((end < self.view.entries.len()).then_some(end))
    }

    /// The unique ids of up to `most` messages from an index on, passing over marked ones.
    pub(crate) fn uidls(&self, from: usize, most: usize) -> Result<Uidls, Fault> {
        let mut messages = Vec::new();
        let mut entries = Vec::new();
        let next = self.visit(from, most, |message, entry| {
            messages.push(message);
            entries.push(*entry);
            Ok(())
        })?;
        // The account is asked about a few entries at a time, so that a listing of any length needs little memory.
        let part = MailboxState {
            entries: Entries::from_ascending(entries),
            ..MailboxState::clone(&self.view)
        };
        let uidls = self.account.uidls(&part)?;
        Ok(Uidls { found: messages.into_iter().zip(uidls).collect(), next })
    }

    /// What is known of a message; none if it is gone for good. One that another program has expunged meanwhile is
    /// still there for a while, and is sent.
    pub(crate) fn email(&self, entry: &Entry) -> Result<Option<Email>, Fault> {
        self.account.reader()?.email(entry.email)
    }

    /// The account.
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// Marks a message.
    pub(crate) fn mark(&mut self, message: MessageNumber) -> Result<(), NotMarked> {
        let entry = self.entry(message).map_err(NotMarked::Absent)?;
        let octets = self.octets(&entry).map_err(NotMarked::Fault)?;
        self.marks.set(message.index(), self.view.entries.len());
        self.marks.messages = self.marks.messages.saturating_add(1);
        self.marks.octets = self.marks.octets.saturating_add(octets);
        Ok(())
    }

    /// Takes all marks back.
    pub(crate) fn unmark_all(&mut self) {
        self.marks = Marks::default();
    }

    /// What QUIT does with a message that is marked.
    pub(crate) fn fate(&self) -> Fate {
        Fate::Removed
    }

    /// Does what the session asked for, all or nothing; durable when it returns, and the lock is free. What another
    /// program removed before is passed over.
    pub(crate) async fn close(self) -> Result<Outcome, Error> {
        let entries = self.view.entries.iter().enumerate();
        let uids: UidSet = entries
            .filter(|(index, _)| self.marks.contains(*index))
            .map(|(_, entry)| entry.uid)
            .collect();
        let left = u64::try_from(self.messages()).unwrap_or(u64::MAX);
        let mut outcome = Outcome { removed: 0, hidden: 0, moved: 0, fate: self.fate(), left };
        if !uids.is_empty() {
            outcome.removed = match self.account.remove(self.view.id, &uids).await {
                Ok(removed) => u64::try_from(removed.len()).unwrap_or(u64::MAX),
                Err(Error::Refused(Refused::NoSuchMessage)) => 0,
                Err(error) => return Err(error),
            };
        }
        Ok(outcome)
    }
}

impl Marks {
    const WORD_BITS: usize = 64;

    fn contains(&self, index: usize) -> bool {
        let word = self.bits.get(index / Marks::WORD_BITS).copied().unwrap_or(0);
        word >> (index % Marks::WORD_BITS) & 1 == 1
    }

    fn set(&mut self, index: usize, len: usize) {
        if self.bits.is_empty() {
            self.bits = vec![0; len.div_ceil(Marks::WORD_BITS)];
        }
        if let Some(word) = self.bits.get_mut(index / Marks::WORD_BITS) {
            *word |= 1 << (index % Marks::WORD_BITS);
        }
    }
}

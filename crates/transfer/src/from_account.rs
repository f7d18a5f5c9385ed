//! Gives out the messages of an account, one after the other. Nothing is held while whoever takes them is slow. Each is
//! read to its end before it is begun: what is damaged is left out whole, and named.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use imap::wire::special_use::role_name;
use mailbox::operations::Email;
use mailbox::{
    Account, Entry, Fault, Mailbox, MailboxId, MailboxKind, MailboxName, MailboxState, Uid,
};

use crate::account::{AccountFault, flag_words, mailbox_name};
use crate::port::{Attributes, Item, LineEnds, MailSource, MailboxAttributes};

/// So many octets are read at once.
const PIECE_OCTETS: u64 = 256 << 10;

/// An account whose mail is given out.
pub struct AccountSource {
    account: Account,
    messages: u64,
    subscribed: BTreeSet<MailboxName>,
    waiting: VecDeque<Mailbox>,
    open: Option<OpenMailbox>,
    /// The message that is given out, and how much of it was.
    reading: Option<(Email, u64)>,
    left_out: Vec<(MailboxId, Uid)>,
}

/// The mailbox that is given out.
pub(crate) struct OpenMailbox {
    name: MailboxName,
    pub(crate) state: Arc<MailboxState>,
    pub(crate) left: VecDeque<(Entry, Arc<str>)>,
}

impl AccountSource {
    /// Gives out some mailboxes, or all when none is named.
    pub fn new(account: Account, mailboxes: &[String]) -> Result<AccountSource, AccountFault> {
        let mut waiting = VecDeque::new();
        for name in mailboxes {
            let name = mailbox_name(name)?;
            let found = account.find(&name)?;
            waiting.push_back(found.ok_or(AccountFault::NoSuchMailbox(name))?);
        }
        if mailboxes.is_empty() {
            waiting.extend(account.mailboxes()?.iter().cloned());
        }
        waiting.retain(|mailbox| mailbox.kind == MailboxKind::Selectable);
        let messages = waiting.iter().map(|mailbox| mailbox.messages).sum();
        Ok(AccountSource {
            subscribed: account.subscriptions()?,
            account,
            messages,
            waiting,
            open: None,
            reading: None,
            left_out: Vec::new(),
        })
    }

    /// The mailboxes that wait.
    pub(crate) fn mailboxes(&self) -> impl Iterator<Item = &Mailbox> {
        self.waiting.iter()
    }

    pub(crate) fn attributes(&self, mailbox: &Mailbox) -> MailboxAttributes {
        MailboxAttributes {
            name: mailbox.name.to_string(),
            special_use: mailbox.role.map(|role| format!("\\{}", role_name(role))),
            subscribed: self.subscribed.contains(&mailbox.name),
        }
    }

    pub(crate) fn open(&self, mailbox: &Mailbox) -> Result<OpenMailbox, AccountFault> {
        let state = self.account.state(mailbox.id)?;
        let uidls = self.account.uidls(&state)?;
        let left = state.entries.iter().copied().zip(uidls).collect();
        Ok(OpenMailbox { name: mailbox.name.clone(), state, left })
    }

    fn next_item(&mut self) -> Result<Option<Item>, AccountFault> {
        loop {
            let Some(open) = &mut self.open else {
                let Some(mailbox) = self.waiting.pop_front() else { return Ok(None) };
                self.open = Some(self.open(&mailbox)?);
                return Ok(Some(Item::Mailbox(self.attributes(&mailbox))));
            };
            let Some((entry, uidl)) = open.left.pop_front() else {
                self.open = None;
                continue;
            };
            let email = match AccountSource::whole(&self.account, &entry) {
                Err(fault) if fault.is_damaged() => {
                    self.left_out.push((open.state.id, entry.uid));
                    continue;
                }
                email => email?,
            };
            let Some((email, line_ends)) = email else { continue };
            let message = Attributes { line_ends, ..open.attributes(&entry, &email, &uidl) };
            self.reading = Some((email, 0));
            return Ok(Some(Item::Message(message)));
        }
    }

    /// What is known of a message, once all of it was read; none if it was dropped for good.
    fn whole(account: &Account, entry: &Entry) -> Result<Option<(Email, LineEnds)>, Fault> {
        let Some(email) = account.reader()?.email(entry.email)? else { return Ok(None) };
        let mut at = 0u64;
        let (mut line_ends, mut after_cr) = (LineEnds::Crlf, false);
        while at < email.octets {
            let octets = account.body(&email, at..at.saturating_add(PIECE_OCTETS))?;
            if octets.is_empty() {
                return Err(Fault::damaged("a body is shorter than its size says"));
            }
            line_ends = line_ends.look(&octets, &mut after_cr);
            at = at.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        }
        Ok(Some((email, if after_cr { LineEnds::Mixed } else { line_ends })))
    }

    /// The messages that were left out because they are damaged.
    pub fn left_out(&self) -> &[(MailboxId, Uid)] {
        &self.left_out
    }

    fn next_piece(&mut self) -> Result<Vec<u8>, AccountFault> {
        let Some((email, at)) = &mut self.reading else { return Ok(Vec::new()) };
        if *at >= email.octets {
            return Ok(Vec::new());
        }
        let octets = self.account.body(email, *at..at.saturating_add(PIECE_OCTETS))?;
        *at = at.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
        Ok(octets.into())
    }
}

impl OpenMailbox {
    pub(crate) fn attributes(&self, entry: &Entry, email: &Email, uidl: &str) -> Attributes {
        Attributes {
            mailbox: self.name.to_string(),
            flags: flag_words(entry.flags, self.state.keywords_of(entry.flags)),
            date: Some(email.internal_date),
            octets: email.octets,
            uid: Some((self.state.uid_validity.0, entry.uid.number())),
            uidl: Some(uidl.to_owned()),
            ..Attributes::default()
        }
    }
}

impl MailSource for AccountSource {
    type Fault = AccountFault;

    fn expected(&self) -> Option<u64> {
        Some(self.messages)
    }

    async fn next(&mut self) -> Result<Option<Item>, AccountFault> {
        self.next_item()
    }

    async fn read(&mut self) -> Result<Vec<u8>, AccountFault> {
        self.next_piece()
    }
}

//! The Inbox as one POP3 session sees it from login to QUIT: which messages, under which numbers, which are marked,
//! which were downloaded. Nothing that happens to the Inbox meanwhile moves a number (RFC 1939, 4).

use std::sync::Arc;

use mailbox::operations::Email;
use mailbox::{
    Account, AccountId, Door, Entry, Error, Fault, Flags, MailboxName, OnDelete, Pop3Ended,
    Pop3Terms, Pop3View, Quit, Reader, Role, UidSet, Who,
};
use sasl::{Login, Peer};

use super::{Fate, Marks, Outcome, Service, Tally, Utf8, Words, surrogate};
use crate::MessageNumber;
use crate::limits::{LISTING_LOOKS, LOOK_OCTETS};

/// The messages of one session, locked against other sessions of the same device.
pub(crate) struct Maildrop {
    account: Account,
    tally: Arc<Tally>,
    view: Pop3View,
    utf8: Utf8,
    marks: Marks,
    downloads: Downloads,
    /// How many octets all messages have; counted when first asked for.
    octets: Option<u64>,
    /// How many of them the marked messages have.
    marked_octets: u64,
}

/// Which messages were sent whole.
#[derive(Default)]
struct Downloads {
    sent: Marks,
    /// The indexes of those that are gathered to be sent.
    gathered: Vec<usize>,
    /// How often the wire had been flushed when they were gathered.
    flushes: u64,
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
    Fault(Fault),
}

/// A run of looks at emails, all over one view of the store, which is only opened if there is something to look at.
pub(crate) struct Looks<'a> {
    account: &'a Account,
    reader: Option<Reader>,
    /// How many emails were looked at; into one that is long, several times.
    looks: u64,
}

impl Maildrop {
    /// Opens the Inbox of somebody who has logged in.
    pub(crate) async fn open(
        service: &Service,
        login: &Login,
        peer: &Peer,
        utf8: Utf8,
    ) -> Result<Maildrop, Error> {
        let who =
            Who { device: login.device.clone(), address: peer.address, ..Who::at(Door::Pop3) };
        let account = service.accounts.enter(AccountId(login.account), who).await?;
        if let Some(inbox) = account.find(&MailboxName::inbox())? {
            account.read_in(inbox.id).await;
        }
        let view = account.open_pop3()?;
        service.tally.begun();
        Ok(Maildrop {
            account,
            tally: Arc::clone(&service.tally),
            view,
            utf8,
            marks: Marks::default(),
            downloads: Downloads::default(),
            octets: None,
            marked_octets: 0,
        })
    }

    /// How many messages are not marked.
    pub(crate) fn messages(&self) -> usize {
        self.all().saturating_sub(self.marks.len())
    }

    /// How many there are, marked or not.
    fn all(&self) -> usize {
        self.view.state().entries.len()
    }

    /// How many messages are not marked, and how many octets they have: as they are kept, with CRLF behind each line.
    /// For surrogates that need not be what RETR sends (RFC 6856, 2.1), so that STAT never looks into messages.
    pub(crate) async fn totals(&mut self) -> Result<(usize, u64), Fault> {
        let octets = match self.octets {
            Some(octets) => octets,
            None => self.count().await?,
        };
        self.octets = Some(octets);
        Ok((self.messages(), octets.saturating_sub(self.marked_octets)))
    }

    /// Counts the octets of all messages, giving others their turn where emails have to be looked at.
    async fn count(&self) -> Result<u64, Fault> {
        let entries = &self.view.state().entries;
        let (mut octets, mut from) = (0u64, 0usize);
        while from < entries.len() {
            let mut looks = self.looks();
            for (index, entry) in entries.iter_from(from) {
                octets = octets.saturating_add(kept_octets(&mut looks, entry)?);
                from = index.saturating_add(1);
                if looks.are_many() {
                    break;
                }
            }
            lane::breathe(Some(self.account.turns())).await;
        }
        Ok(octets)
    }

    /// How many messages are marked.
    pub(crate) fn marked(&self) -> usize {
        self.marks.len()
    }

    /// Begins a run of looks.
    pub(crate) fn looks(&self) -> Looks<'_> {
        Looks { account: &self.account, reader: None, looks: 0 }
    }

    /// How many octets RETR sends: LIST tells exactly that (RFC 1939, 11; RFC 6856, 2.1).
    pub(crate) fn octets(&self, looks: &mut Looks<'_>, entry: &Entry) -> Result<u64, Fault> {
        if !self.needs_surrogate(entry) {
            return kept_octets(looks, entry);
        }
        match looks.email(entry)? {
            Some(email) => {
                let surrogate = match surrogate::measure(&self.account, &email) {
                    // It cannot be sent; the listing goes on.
                    Err(fault) if fault.is_damaged() => return Ok(email.octets_in_lines),
                    measured => measured?,
                };
                looks.looks = looks.looks.saturating_add(surrogate.read / LOOK_OCTETS);
                Ok(surrogate.octets)
            }
            None => Ok(entry.octets.into()),
        }
    }

    /// Whether a message can only be sent with its headers put into ASCII.
    pub(crate) fn needs_surrogate(&self, entry: &Entry) -> bool {
        self.utf8 == Utf8::Off && entry.flags.contains(Flags::UTF8_HEADER)
    }

    /// The message of a number, if it is not marked.
    pub(crate) fn entry(&self, message: MessageNumber) -> Result<Entry, Absent> {
        let absent = Absent::NoSuch { messages: self.all() };
        let entry = self.view.state().entries.get(message.index()).ok_or(absent)?;
        let is_marked = self.marks.contains(message.index());
        if is_marked { Err(Absent::Marked(message)) } else { Ok(entry) }
    }

    /// Visits up to `most` messages from an index on, passing over marked ones, as long as the visitor wants more.
    /// Gives where to go on.
    pub(crate) fn visit(
        &self,
        from: usize,
        most: usize,
        mut each: impl FnMut(MessageNumber, &Entry) -> Result<Visit, Fault>,
    ) -> Result<Option<usize>, Fault> {
        let mut end = from.saturating_add(most);
        for (index, entry) in self.view.state().entries.iter_from(from) {
            if index >= end {
                break;
            }
            if let Some(message) = MessageNumber::from_index(index)
                && !self.marks.contains(index)
                && each(message, entry)? == Visit::Pause
            {
                end = index.saturating_add(1);
            }
        }
        Ok((end < self.all()).then_some(end))
    }

    /// Gives the unique ids of up to `most` messages from an index on, passing over marked ones. Gives where to go on.
    pub(crate) fn uidls(
        &self,
        from: usize,
        most: usize,
        mut each: impl FnMut(MessageNumber, &str),
    ) -> Result<Option<usize>, Fault> {
        self.view.uidls(from, most, &mut |index, uidl| {
            if let Some(message) = MessageNumber::from_index(index)
                && !self.marks.contains(index)
            {
                each(message, uidl);
            }
        })?;
        let end = from.saturating_add(most);
        Ok((end < self.all()).then_some(end))
    }

    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    /// What the account and the device have chosen, as far as clients are told.
    pub(crate) fn terms(&self) -> Result<Pop3Terms, Fault> {
        self.account.pop3_terms()
    }

    /// Marks a message as deleted; QUIT settles what becomes of it.
    pub(crate) fn mark(&mut self, message: MessageNumber) -> Result<(), NotMarked> {
        let entry = self.entry(message).map_err(NotMarked::Absent)?;
        let octets = kept_octets(&mut self.looks(), &entry).map_err(NotMarked::Fault)?;
        self.marks.set(message.index());
        self.marked_octets = self.marked_octets.saturating_add(octets);
        Ok(())
    }

    /// Takes all marks back. What was downloaded stays downloaded (RFC 1939, 5: RSET).
    pub(crate) fn unmark_all(&mut self) {
        self.marks = Marks::default();
        self.marked_octets = 0;
    }

    /// Notes that a message was gathered to be sent whole; `flushes` says how often the wire was flushed until then.
    pub(crate) fn gathered(&mut self, message: MessageNumber, flushes: u64) {
        self.downloads.settle(flushes);
        self.downloads.gathered.push(message.index());
    }

    /// Whether some of what counts as downloaded may still be waiting to be sent.
    pub(crate) fn is_waiting(&mut self, flushes: u64) -> bool {
        self.downloads.settle(flushes);
        !self.downloads.gathered.is_empty()
    }

    /// What QUIT does with a message that is marked.
    pub(crate) fn fate(&self) -> Fate {
        match &self.view.policy().on_delete {
            OnDelete::Remove => Fate::Removed,
            OnDelete::KeepDays(_) | OnDelete::KeepUntil(_) | OnDelete::Hide => Fate::Hidden,
            OnDelete::MoveTo(role) if *role == Role::Trash => Fate::Trashed,
            OnDelete::MoveTo(_) => Fate::Archived,
        }
    }

    /// Ends the session: what was marked and downloaded takes effect in one commit, all or nothing, durable when this
    /// returns; so is the lock free. What another program removed before is passed over.
    pub(crate) async fn close(mut self, quit: Quit, flushes: u64) -> Result<Outcome, Error> {
        self.downloads.settle(flushes);
        let fate = self.fate();
        let left = u64::try_from(self.messages()).unwrap_or(u64::MAX);
        let (deleted, downloaded) = (self.uids(&self.marks), self.uids(&self.downloads.sent));
        self.tally.retrieved(downloaded.len());
        let ended = Pop3Ended { deleted, downloaded, quit };
        let (name, who) = (self.account.name(), self.account.who().clone());
        let closed = self.account.close_pop3(self.view, ended).await?;
        self.tally.closed(&closed);
        let outcome = Outcome {
            removed: closed.removed,
            hidden: closed.hidden,
            moved: closed.moved,
            fate,
            left,
        };
        if closed.removed.saturating_add(closed.hidden).saturating_add(closed.moved) > 0 {
            let Outcome { removed, hidden, moved, .. } = outcome;
            let (user, device) = (name, who.device);
            let address = who.address.map(tracing::field::display);
            tracing::info!(
                door = "pop3",
                address,
                outcome = "ok",
                removed,
                hidden,
                moved,
                user,
                device,
                "deletion"
            );
        }
        Ok(outcome)
    }

    fn uids(&self, marks: &Marks) -> UidSet {
        let entries = &self.view.state().entries;
        if marks.len() == 0 {
            return UidSet::new();
        }
        let marked = entries.iter().enumerate().filter(|(index, _)| marks.contains(*index));
        marked.map(|(_, entry)| entry.uid).collect()
    }
}

/// Whether a visitor wants more at once.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Visit {
    More,
    /// Others should have their turn first.
    Pause,
}

/// The size of a message as it is kept, with CRLF behind each line (RFC 1939, 11). For nearly all messages that is the
/// size in the hot state; only for those with bare line ends the email is looked at.
fn kept_octets(looks: &mut Looks<'_>, entry: &Entry) -> Result<u64, Fault> {
    if !entry.flags.contains(Flags::UNEVEN) {
        return Ok(entry.octets.into());
    }
    let email = match looks.email(entry) {
        // What is known of it is damaged; the listing goes on.
        Err(fault) if fault.is_damaged() => None,
        email => email?,
    };
    Ok(email.map_or(entry.octets.into(), |email| email.octets_in_lines))
}

impl Looks<'_> {
    /// Whether others should have their turn first.
    pub(crate) fn are_many(&self) -> bool {
        self.looks >= LISTING_LOOKS
    }

    /// What is known of a message; none if it is gone for good. One that another program has expunged meanwhile is
    /// still there for a while, and is sent.
    pub(crate) fn email(&mut self, entry: &Entry) -> Result<Option<Email>, Fault> {
        self.looks = self.looks.saturating_add(1);
        match &self.reader {
            Some(reader) => reader.email(entry.email),
            None => self.reader.insert(self.account.reader()?).email(entry.email),
        }
    }
}

impl Downloads {
    /// Takes those for sent that were gathered before the wire was flushed.
    fn settle(&mut self, flushes: u64) {
        if flushes != self.flushes {
            for index in self.gathered.drain(..) {
                self.sent.set(index);
            }
            self.flushes = flushes;
        }
    }
}

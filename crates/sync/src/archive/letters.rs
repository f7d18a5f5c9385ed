//! Messages as they come from an IMAP server on their way to a target: one after the other, each whole.

use std::collections::{HashMap, VecDeque};

use imap::client::{Fault, FetchEvent, Ticket};
use imap::commands::{Fetch, Vanished};
use imap::fetch::items::{BodySection, Flags, InternalDate};
use imap::fetch::{Answer, Fetched, Item, Octets, Section, See};
use imap::wire::{By, SequenceSet};
use mailbox::ZonedTime;

use super::ports::{
    ArchiveTarget, CopySource, Given, LetterSource, SourceFault, TakeFault, Wanted,
};
use super::receipt::{Copied, Receipt};
use crate::flag_words::words_of;
use crate::identity::Told;
use crate::letter::Letter;
use crate::limits::{
    ASKED_OCTETS_MAX, LETTER_OCTETS_MAX, MESSAGE_OCTETS_BELIEVED_MAX, MESSAGES_AT_ONCE,
    QUESTIONS_AT_ONCE,
};
use crate::session::Imap;

/// An account at an IMAP server whose messages are copied.
pub struct ImapSource<'c>(pub &'c mut Imap);

impl CopySource for ImapSource<'_> {
    async fn give<T: ArchiveTarget>(
        &mut self,
        receipt: &Receipt,
        some: Vec<Wanted>,
        target: &mut T,
        progress: &mut (dyn FnMut(u64) -> crate::Go + Send),
    ) -> Result<Given, TakeFault> {
        let mut letters = Letters::new(self.0, receipt, some, progress);
        target.take(&mut letters).await?;
        Ok(letters.given)
    }
}

/// Messages on their way.
struct Letters<'l> {
    client: &'l mut Imap,
    receipt: &'l Receipt,
    /// Those not asked for yet, by folders.
    left: VecDeque<Wanted>,
    /// What was asked, oldest first; all of one folder.
    asked: VecDeque<Asked>,
    /// The folder that is open: none, or one that has another UIDVALIDITY than it had, gives nothing.
    open: Option<usize>,
    given: Given,
    progress: &'l mut (dyn FnMut(u64) -> crate::Go + Send),
}

struct Asked {
    ticket: Ticket,
    waited_for: HashMap<u32, Wanted>,
}

/// A message that is coming.
#[derive(Default)]
enum Coming {
    #[default]
    Before,
    Open(Vec<u8>),
    /// It is too large, or comes in a way that no message does.
    Passed,
}

impl<'l> Letters<'l> {
    fn new(
        client: &'l mut Imap,
        receipt: &'l Receipt,
        wanted: impl IntoIterator<Item = Wanted>,
        progress: &'l mut (dyn FnMut(u64) -> crate::Go + Send),
    ) -> Letters<'l> {
        Letters {
            client,
            receipt,
            left: wanted.into_iter().collect(),
            asked: VecDeque::new(),
            open: None,
            given: Given::default(),
            progress,
        }
    }

    /// Asks for some more. Whether it did: messages of another folder have to wait until all of one have come.
    async fn ask(&mut self) -> Result<bool, Fault> {
        if self.given.stopped {
            self.left.clear();
        }
        let Some(first) = self.left.front().copied() else { return Ok(false) };
        if self.open != Some(first.folder) {
            if !self.asked.is_empty() {
                return Ok(false);
            }
            if !self.enter(first.folder).await? {
                return Ok(true);
            }
        }
        let (mut waited_for, mut octets) = (HashMap::new(), 0_u64);
        while let Some(next) = self.left.front().copied() {
            let fits = octets.saturating_add(next.listed_octets) <= ASKED_OCTETS_MAX;
            let is_full = waited_for.len() >= MESSAGES_AT_ONCE || !(fits || waited_for.is_empty());
            if next.folder != first.folder || is_full {
                break;
            }
            octets = octets.saturating_add(next.listed_octets);
            self.left.pop_front();
            waited_for.insert(next.uid, next);
        }
        let mut uids: Vec<u32> = waited_for.keys().copied().collect();
        uids.sort_unstable();
        let ticket = self.client.send(fetch(&uids)).await?;
        self.asked.push_back(Asked { ticket, waited_for });
        Ok(true)
    }

    /// Opens a folder to look. Where it is not the one that it was, its messages are passed over.
    async fn enter(&mut self, index: usize) -> Result<bool, Fault> {
        self.open = None;
        let Some(folder) = self.receipt.folders.get(index) else {
            self.pass_over(index);
            return Ok(false);
        };
        let opened = match self.client.examine(&folder.name).await {
            Ok(opened) => opened.uid_validity,
            Err(Fault::Refused(_)) => None,
            Err(fault) => return Err(fault),
        };
        if opened != Some(folder.uid_validity) {
            self.pass_over(index);
            return Ok(false);
        }
        self.open = Some(index);
        Ok(true)
    }

    fn pass_over(&mut self, folder: usize) {
        let before = self.left.len();
        self.left.retain(|wanted| wanted.folder != folder);
        let passed = before.saturating_sub(self.left.len());
        self.count_missing(passed);
    }

    fn count_missing(&mut self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.given.not_given = self.given.not_given.saturating_add(count);
    }

    /// The next message of the oldest answer. None: that is at its end.
    async fn hear(&mut self, ticket: Ticket) -> Result<Option<Letter>, Fault> {
        let mut coming = Coming::default();
        loop {
            let event = match self.client.fetching(ticket).next().await {
                Ok(Some(event)) => event,
                // What it has not given stays where it is.
                Ok(None) | Err(Fault::Refused(_)) => {
                    let asked = self.asked.pop_front();
                    self.count_missing(asked.map_or(0, |asked| asked.waited_for.len()));
                    return Ok(None);
                }
                Err(fault) => return Err(fault),
            };
            match event {
                FetchEvent::Section(_, octets) => coming.begin(octets)?,
                FetchEvent::Chunk(octets) => coming.take(&octets),
                FetchEvent::Message(fetched) => {
                    let whole = std::mem::take(&mut coming).whole(&fetched);
                    if let Some(letter) = self.letter(&fetched, whole) {
                        return Ok(Some(letter));
                    }
                }
                FetchEvent::News(_) => {}
            }
        }
    }

    /// A message that has come, if it is one that is waited for and is whole.
    fn letter(&mut self, fetched: &Fetched, whole: Option<Vec<u8>>) -> Option<Letter> {
        let asked = self.asked.front_mut()?;
        let uid = fetched.uid()?;
        // What is told of a message without its octets is news of it.
        body_of(fetched)?;
        let wanted = asked.waited_for.remove(&uid)?;
        let Some(octets) = whole else {
            self.given.too_large = self.given.too_large.saturating_add(1);
            return None;
        };
        let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
        let flags = fetched.flags().map(words_of);
        // A server that gives less than it listed may have more than it gives.
        let (Some(flags), true) = (flags, length >= wanted.listed_octets) else {
            self.count_missing(1);
            return None;
        };
        let folder = self.receipt.folders.get(wanted.folder)?;
        let date = Told::of(fetched).date;
        let zone_minutes = date.map_or(0, |date| date.zone_minutes);
        let date = date.map(|date| date.timestamp);
        let letter = Letter {
            mailbox: folder.mailbox.clone(),
            special_use: folder.special_use.clone(),
            uid: Some((folder.uid_validity, uid)),
            date: date.map(|time| ZonedTime { time, zone_minutes }),
            flags,
            octets,
        };
        self.given.copied.push(Copied::of(wanted.folder, uid, &letter));
        if (self.progress)(length) == crate::Go::Stop {
            self.given.stopped = true;
        }
        Some(letter)
    }
}

impl LetterSource for Letters<'_> {
    fn expected(&self) -> u64 {
        let asked: usize = self.asked.iter().map(|asked| asked.waited_for.len()).sum();
        u64::try_from(self.left.len().saturating_add(asked)).unwrap_or(u64::MAX)
    }

    /// What the server does not give is passed over.
    async fn next(&mut self) -> Result<Option<Letter>, SourceFault> {
        loop {
            while self.asked.len() < QUESTIONS_AT_ONCE && self.ask().await? {}
            let Some(asked) = self.asked.front() else { return Ok(None) };
            if let Some(letter) = self.hear(asked.ticket).await? {
                return Ok(Some(letter));
            }
        }
    }
}

impl Coming {
    /// A large message begins, of as many octets as the server says.
    fn begin(&mut self, octets: u64) -> Result<(), Fault> {
        if octets > MESSAGE_OCTETS_BELIEVED_MAX {
            let (what, max) = ("octets in one message", MESSAGE_OCTETS_BELIEVED_MAX);
            return Err(Fault::TooMuch { what, max });
        }
        let is_first = matches!(self, Coming::Before);
        let fits = is_first && octets <= LETTER_OCTETS_MAX;
        *self = if fits { Coming::Open(Vec::new()) } else { Coming::Passed };
        Ok(())
    }

    fn take(&mut self, octets: &[u8]) {
        if let Coming::Open(whole) = self {
            whole.extend_from_slice(octets);
        }
    }

    /// The whole message; none: it is not here.
    fn whole(self, fetched: &Fetched) -> Option<Vec<u8>> {
        match (self, body_of(fetched)?) {
            (Coming::Before, Octets::Here(octets)) => Some(octets.clone()),
            (Coming::Open(octets), Octets::Streamed(_)) => Some(octets),
            (Coming::Before | Coming::Open(_) | Coming::Passed, _) => None,
        }
    }
}

fn fetch(uids: &[u32]) -> Fetch {
    let set = SequenceSet::from_numbers(uids.iter().copied()).unwrap_or_else(SequenceSet::all);
    let whole = BodySection { see: See::Peek, section: Section::default(), partial: None };
    let items: Vec<Item> = vec![Flags.into(), InternalDate.into(), whole.into()];
    Fetch {
        by: By::Uid,
        messages: set.into(),
        items,
        changed_since: None,
        vanished: Vanished::Untold,
        partial: None,
    }
}

/// The octets of the whole message.
pub(crate) fn body_of(fetched: &Fetched) -> Option<&Octets> {
    fetched.answers.iter().find_map(|answer| {
        if let Answer::Section { section, origin: None, octets } = answer
            && *section == Section::default()
        {
            octets.as_ref()
        } else {
            None
        }
    })
}

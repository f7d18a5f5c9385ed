//! Tells the client what is new in its mailbox, as far as it may hear it now (RFC 9051, 7; RFC 7162, 3.2).

use std::io;
use std::sync::Arc;

use mailbox::{Entries, Entry, Error, Flags, Keyword, MailboxState, Refused, UidSet};

use super::session::{Session, Stop};
use crate::command::Access;
use crate::dialect::Dialect;
use crate::server::code::{Code, Condition, print_uids};
use crate::view::{Keywords, News, Recency, Removals, SequenceNumber};
use crate::wire::{By, print};

/// The system flags, in the order in which they are shown.
const SYSTEM: [(Flags, &[u8]); 5] = [
    (Flags::ANSWERED, b"\\Answered"),
    (Flags::FLAGGED, b"\\Flagged"),
    (Flags::DELETED, b"\\Deleted"),
    (Flags::SEEN, b"\\Seen"),
    (Flags::DRAFT, b"\\Draft"),
];

impl Session<'_> {
    /// The present state of the open mailbox. One that was deleted meanwhile is empty.
    pub(super) fn present(&self) -> Result<Arc<MailboxState>, Stop> {
        let told = self.view()?.state();
        match self.account()?.state(told.id) {
            Ok(state) => Ok(state),
            Err(Error::Refused(Refused::NoSuchMailbox)) => Ok(Arc::new(MailboxState {
                entries: Entries::default(),
                ..MailboxState::clone(told)
            })),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells what is new, if a mailbox is open.
    pub(super) async fn catch_up(&mut self, removals: Removals, by: By) -> Result<(), Stop> {
        if self.view.is_none() {
            return Ok(());
        }
        let present = self.present()?;
        let news = self.view_mut()?.tell(&present, removals);
        if !news.is_empty() {
            self.claim_recent(&present, &news)?;
            self.print_news(&news, by).await?;
        }
        Ok(())
    }

    /// Says up to where the client knows everything, when it was told of later changes than that (RFC 7162, 3.2).
    pub(super) fn print_lag(&mut self) {
        let Some(view) = self.view.as_deref() else { return };
        if self.dialect.shows_modseq() && view.is_behind() {
            let code = Code::HighestModSeq(view.synced());
            self.untagged(Condition::Ok, Some(&code), "Removals are still to be told");
        }
    }

    fn claim_recent(&mut self, present: &MailboxState, news: &News) -> Result<(), Stop> {
        if news.exists.is_none()
            || self.dialect.is_rev2()
            || self.view()?.access() == Access::ReadOnly
        {
            return Ok(());
        }
        if let Some(first) = self.account()?.claim_recent(present) {
            self.view_mut()?.add_recent(first);
        }
        Ok(())
    }

    async fn print_news(&mut self, news: &News, by: By) -> Result<(), Stop> {
        let dialect = self.dialect;
        if dialect.shows_vanished() && !news.gone.is_empty() {
            let gone: UidSet = news.gone.iter().rev().map(|(_, uid)| *uid).collect();
            let out = self.channel.out();
            out.extend_from_slice(b"* VANISHED ");
            print_uids(out, &gone);
            out.extend_from_slice(b"\r\n");
        } else {
            for (number, _) in &news.gone {
                let out = self.channel.out();
                out.extend_from_slice(b"* ");
                print::number(out, u64::from(number.number()));
                out.extend_from_slice(b" EXPUNGE\r\n");
                self.channel.send_when_full().await?;
            }
        }
        if let Some(count) = news.exists {
            self.print_exists(count)?;
        }
        if news.keywords == Keywords::New {
            self.print_flags()?;
        }
        for (number, entry) in &news.changed {
            let Some(view) = self.view.as_deref() else { break };
            let recency = view.recency(entry.uid);
            let keywords = &view.state().keywords;
            let shown = Shown { by, items: Items::Flags, dialect, keywords, recency };
            shown.print(self.channel.out(), *number, entry);
            self.channel.send_when_full().await?;
        }
        Ok(())
    }

    /// Prints EXISTS and, for IMAP4rev1, RECENT.
    pub(super) fn print_exists(&mut self, count: usize) -> Result<(), Stop> {
        let recent = self.view()?.recent_count();
        let rev2 = self.dialect.is_rev2();
        let out = self.channel.out();
        let mut line = |count: usize, name: &[u8]| {
            out.extend_from_slice(b"* ");
            print::number(out, u64::try_from(count).unwrap_or(u64::MAX));
            out.extend_from_slice(name);
        };
        line(count, b" EXISTS\r\n");
        if !rev2 {
            line(recent, b" RECENT\r\n");
        }
        Ok(())
    }

    /// Prints which flags there are, and which can be changed.
    pub(super) fn print_flags(&mut self) -> Result<(), Stop> {
        let (access, state) = (self.view()?.access(), Arc::clone(self.view()?.state()));
        let out = self.channel.out();
        out.extend_from_slice(b"* FLAGS ");
        print_names(out, &state.keywords, b"");
        out.extend_from_slice(b"\r\n* OK [PERMANENTFLAGS ");
        match access {
            // `\*`: a keyword that is used for the first time is made (RFC 9051, 7.1).
            Access::ReadWrite => print_names(out, &state.keywords, b" \\*"),
            Access::ReadOnly => out.extend_from_slice(b"()"),
        }
        out.extend_from_slice(b"] Flags that are kept\r\n");
        Ok(())
    }

    /// Tells of some messages, changed or not, in a FETCH each.
    pub(super) async fn echo(&mut self, uids: &UidSet, by: By, items: Items) -> Result<(), Stop> {
        let dialect = self.dialect;
        let view = self.view()?;
        let (indexes, state) = (view.indexes_of_uids(uids), Arc::clone(view.state()));
        for range in indexes {
            for (index, entry) in state.entries.iter_from(range.start).take(range.len()) {
                let recency = self.view()?.recency(entry.uid);
                let shown = Shown { by, items, dialect, keywords: &state.keywords, recency };
                shown.print(self.channel.out(), SequenceNumber::at(index), entry);
                self.channel.send_when_full().await?;
            }
        }
        Ok(())
    }
}

fn print_names(out: &mut Vec<u8>, keywords: &[Keyword], last: &[u8]) {
    out.push(b'(');
    print_each(out, Flags::SYSTEM, &[], Recency::Old);
    for keyword in keywords {
        out.push(b' ');
        out.extend_from_slice(keyword.as_str().as_bytes());
    }
    out.extend_from_slice(last);
    out.push(b')');
}

/// What is told of a message without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Items {
    /// Its flags, and its mod-sequence where the client is to see it.
    Flags,
    /// Its mod-sequence.
    ModSeq,
}

/// How it is told.
pub(super) struct Shown<'v> {
    pub(super) by: By,
    pub(super) items: Items,
    pub(super) dialect: Dialect,
    pub(super) keywords: &'v [Keyword],
    pub(super) recency: Recency,
}

impl Shown<'_> {
    /// Prints `* 1 FETCH (FLAGS (...))`, with the UID and the mod-sequence where the client is to see them.
    pub(super) fn print(&self, out: &mut Vec<u8>, number: SequenceNumber, entry: &Entry) {
        out.extend_from_slice(b"* ");
        print::number(out, u64::from(number.number()));
        out.extend_from_slice(b" FETCH (");
        // RFC 9051, 7.5.2 and RFC 7162, 3.2.4: with the UID, even where it was not asked for.
        if self.by == By::Uid || self.dialect.is_rev2() || self.dialect.shows_modseq() {
            out.extend_from_slice(b"UID ");
            print::number(out, u64::from(entry.uid.number()));
            out.push(b' ');
        }
        if self.items == Items::Flags {
            out.extend_from_slice(b"FLAGS ");
            print_flag_list(out, entry.flags, self.keywords, self.recency);
        }
        if self.dialect.shows_modseq() {
            let first = self.items == Items::ModSeq;
            out.extend_from_slice(if first { b"MODSEQ (" } else { b" MODSEQ (" });
            print::number(out, entry.modseq.0);
            out.push(b')');
        }
        out.extend_from_slice(b")\r\n");
    }
}

/// Prints flags in parentheses.
pub(super) fn print_flag_list(
    out: &mut Vec<u8>,
    flags: Flags,
    keywords: &[Keyword],
    recency: Recency,
) {
    out.push(b'(');
    print_each(out, flags, keywords, recency);
    out.push(b')');
}

fn print_each(out: &mut Vec<u8>, flags: Flags, keywords: &[Keyword], recency: Recency) {
    let start = out.len();
    let mut one = |name: &[u8]| {
        if out.len() > start {
            out.push(b' ');
        }
        out.extend_from_slice(name);
    };
    if flags != Flags::NONE {
        SYSTEM.iter().filter(|(flag, _)| flags.contains(*flag)).for_each(|(_, name)| one(name));
        if flags.without(Flags::SYSTEM) != Flags::NONE {
            let mine = flags.keyword_indexes().filter_map(|index| keywords.get(index));
            mine.for_each(|keyword| one(keyword.as_str().as_bytes()));
        }
    }
    if recency == Recency::Recent {
        one(b"\\Recent");
    }
}

/// Says that a fault kept the news back; they come later.
pub(super) fn news_kept_back(stop: Stop) -> io::Result<()> {
    if let Stop::Gone(error) = stop {
        return Err(error);
    }
    tracing::warn!(?stop, "the news could not be read");
    Ok(())
}

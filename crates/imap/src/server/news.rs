//! Tells the client what is new in its mailbox, as far as it may hear it now (RFC 9051, 7; RFC 7162, 3.2).

use std::io;
use std::sync::Arc;

use mailbox::{Entries, Entry, Error, Keyword, MailboxState, Refused, Rights, UidSet};

use super::messages::to_set;
use super::{outcome::Stop, session::Session};
use crate::commands::Access;
use crate::fetch::FetchLine;
use crate::response::{Code, Condition, Response, Vanished, When};
use crate::view::{Hearing, Keywords, News, Removals, SequenceNumber};
use crate::wire::{By, Flag};

impl Session<'_> {
    /// The present state of the open mailbox. One that was deleted meanwhile is empty.
    pub(crate) fn present(&self) -> Result<Arc<MailboxState>, Stop> {
        let told = self.view()?.state();
        match self.opened()?.state(told.id) {
            Ok(state) => Ok(state),
            Err(Error::Refused(Refused::NoSuchMailbox)) => Ok(Arc::new(MailboxState {
                entries: Entries::default(),
                ..MailboxState::clone(told)
            })),
            Err(error) => Err(error.into()),
        }
    }

    /// Tells what is new: of the open mailbox, and of others as far as the client asked for that (NOTIFY). Gives the messages
    /// whose flags were told.
    pub(crate) async fn catch_up(&mut self, removals: Removals, by: By) -> Result<UidSet, Stop> {
        // In a box: a session that watches nothing need not hold what that takes.
        let own = match self.watch.is_some() {
            true => Box::pin(self.tell_watched()).await?,
            false => UidSet::new(),
        };
        if self.view.is_none() {
            return Ok(UidSet::new());
        }
        self.check_still_readable()?;
        let mailbox = self.view()?.state().id;
        self.opened()?.read_in(mailbox).await;
        self.tell_rights()?;
        let present = self.present()?;
        let before = Arc::clone(self.view()?.state());
        let (hearing, by) = match self.watch.as_deref_mut() {
            Some(watch) => (watch.hearing(removals), By::Uid),
            None => (Hearing::All(removals), by),
        };
        let news = self.view_mut()?.tell(&present, &hearing);
        let after = Arc::clone(self.view()?.state());
        // What is watched beside the open mailbox lies in one's own account.
        let own_open = self.own_open();
        if let Some(watch) = &mut self.watch {
            let is_behind = !Arc::ptr_eq(&after, &present);
            watch.set_behind(own_open.filter(|_| is_behind));
        }
        // In a box: a session that keeps no results current need not hold what that takes.
        let updates = if self.view()?.contexts.is_empty() {
            Vec::new()
        } else {
            Box::pin(self.update_contexts()).await?
        };
        // RFC 5267, 4.3.4: before the numbers move; 4.3.3: once the numbers are there.
        for told in updates.iter().filter_map(|update| update.removals(&before.entries)) {
            self.print(&Response::Esearch(Box::new(told)));
        }
        if !news.is_empty() {
            if news.exists.is_some() {
                self.find_recent(&present)?;
            }
            self.print_news(&news, by).await?;
        }
        let arrivals = self.arrivals(&news.came.difference(&own), &updates);
        // RFC 5465, 7: before their results; 5.2: after all results.
        self.print_arrivals(&arrivals.in_results).await?;
        for told in updates.iter().filter_map(|update| update.additions(&after.entries)) {
            self.print(&Response::Esearch(Box::new(told)));
        }
        self.print_arrivals(&arrivals.others).await?;
        Ok(news.changed.iter().map(|(_, entry)| entry.uid).collect())
    }

    /// Tells which flags can be changed, when that is not what it was (RFC 4314, 5.1.1).
    fn tell_rights(&mut self) -> Result<(), Stop> {
        let mailbox = self.view()?.state().id;
        let Some(guest) = self.guest.as_deref_mut() else { return Ok(()) };
        let rights = guest.place.account.rights(mailbox);
        let before = std::mem::replace(&mut guest.told, rights);
        if before.flags() == rights.flags() { Ok(()) } else { self.print_flags() }
    }

    /// Says up to where the client knows everything, when it was told of later changes than that (RFC 7162, 3.2).
    pub(crate) fn print_lag(&mut self) {
        let Some(view) = self.view.as_deref() else { return };
        if self.dialect.shows_modseq() && view.is_behind() {
            let code = Code::HighestModSeq(view.synced());
            self.untagged(Condition::Ok, Some(code), "Some changes are still to be reported");
        }
    }

    /// Takes note of what is `\Recent` in a state that is about to be told. With EXAMINE it stays so for others (RFC 3501,
    /// 6.3.2).
    pub(crate) fn find_recent(&mut self, state: &MailboxState) -> Result<(), Stop> {
        if self.dialect.is_rev2() {
            return Ok(());
        }
        let first = match self.view()?.access() {
            Access::ReadWrite => self.opened()?.claim_recent(state),
            Access::ReadOnly => self.opened()?.recent(state.id),
        };
        if let Some(first) = first {
            self.view_mut()?.add_recent(first);
        }
        Ok(())
    }

    async fn print_news(&mut self, news: &News, by: By) -> Result<(), Stop> {
        if self.dialect.shows_vanished() {
            let gone: UidSet = news.gone.iter().rev().map(|(_, uid)| *uid).collect();
            if let Some(uids) = to_set(&gone) {
                self.print(&Response::Vanished(Vanished { when: When::Now, uids }));
            }
        } else {
            for (number, _) in &news.gone {
                self.print(&Response::Expunge(number.number()));
                self.channel.send_when_full().await?;
            }
        }
        if let Some(count) = news.exists {
            self.print_exists(count)?;
        }
        if news.keywords == Keywords::New {
            self.print_flags()?;
        }
        let state = Arc::clone(self.view()?.state());
        for (number, entry) in &news.changed {
            self.show(*number, entry, &state.keywords, by, Items::Flags)?;
            self.channel.send_when_full().await?;
        }
        Ok(())
    }

    /// Prints EXISTS and, for IMAP4rev1, RECENT.
    pub(crate) fn print_exists(&mut self, count: usize) -> Result<(), Stop> {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.print(&Response::Exists(number(count)));
        if !self.dialect.is_rev2() {
            let recent = self.view()?.recent_count();
            self.print(&Response::Recent(number(recent)));
        }
        Ok(())
    }

    /// Prints which flags there are, and which can be changed.
    pub(crate) fn print_flags(&mut self) -> Result<(), Stop> {
        let view = self.view()?;
        let system = [Flag::Answered, Flag::Flagged, Flag::Deleted, Flag::Seen, Flag::Draft];
        let keyword = |keyword: &Keyword| Flag::Keyword(keyword.as_str().to_owned());
        let keywords = view.state().keywords.iter().map(keyword);
        let all: Vec<Flag> = system.into_iter().chain(keywords).collect();
        let rights = self.guest.as_deref().map_or(Rights::ALL, |guest| guest.told);
        let permanent = match view.access() {
            // `\*`: a keyword that is used for the first time is made (RFC 9051, 7.1).
            Access::ReadWrite => {
                let may = |flag: &Flag| rights.has(needed(flag));
                all.iter().cloned().chain([Flag::Any]).filter(may).collect()
            }
            Access::ReadOnly => Vec::new(),
        };
        self.print(&Response::Flags(all));
        self.untagged(Condition::Ok, Some(Code::PermanentFlags(permanent)), "Permanent flags");
        Ok(())
    }

    /// Tells of some messages, changed or not, in a FETCH each.
    pub(crate) async fn echo(&mut self, uids: &UidSet, by: By, items: Items) -> Result<(), Stop> {
        let view = self.view()?;
        let (indexes, state) = (view.indexes_of_uids(uids), Arc::clone(view.state()));
        for range in indexes {
            for (index, entry) in state.entries.iter_from(range.start).take(range.len()) {
                self.show(SequenceNumber::at(index), entry, &state.keywords, by, items)?;
                self.channel.send_when_full().await?;
            }
        }
        Ok(())
    }

    /// Prints `* 1 FETCH (FLAGS (...))`, with the UID and the mod-sequence where the client is to see them.
    pub(crate) fn show(
        &mut self,
        number: SequenceNumber,
        entry: &Entry,
        keywords: &[Keyword],
        by: By,
        items: Items,
    ) -> Result<(), Stop> {
        let dialect = self.dialect;
        let recent = self.view()?.is_recent(entry.uid);
        let mut line = FetchLine::begin(self.channel.out(), number.number(), entry.uid, dialect);
        // RFC 9051, 7.5.2 and RFC 7162, 3.2.4: with the UID, even where it was not asked for; RFC 9586, 3.3: it is there.
        let needs_uid = by == By::Uid || dialect.is_rev2() || dialect.shows_modseq();
        if needs_uid && !dialect.is_uid_only() {
            line.uid(entry.uid);
        }
        if items == Items::Flags {
            line.flags(entry.flags, keywords, recent);
        }
        if dialect.shows_modseq() {
            line.modseq(entry.modseq);
        }
        line.end();
        Ok(())
    }
}

/// The right to change a flag (RFC 4314, 4).
fn needed(flag: &Flag) -> Rights {
    match flag {
        Flag::Seen => Rights::SEEN,
        Flag::Deleted => Rights::DELETE_MESSAGES,
        Flag::Answered
        | Flag::Flagged
        | Flag::Draft
        | Flag::Recent
        | Flag::Any
        | Flag::Keyword(_)
        | Flag::Extension(_) => Rights::WRITE,
    }
}

/// What is told of a message without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Items {
    /// Its flags, and its mod-sequence where the client is to see it.
    Flags,
    /// Its mod-sequence.
    ModSeq,
}

/// Says that a fault kept the news back; they come later.
pub(crate) fn news_kept_back(stop: Stop) -> io::Result<()> {
    if let Stop::Gone(error) = stop {
        return Err(error);
    }
    tracing::warn!(%stop, "the news could not be read");
    Ok(())
}

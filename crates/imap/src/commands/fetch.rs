//! FETCH: asks for parts of messages (RFC 9051, 6.4.5), perhaps only of those changed since (RFC 7162, 3.1.4 and 3.2.6).
//! Flags come from the hot state; structure and envelope from the stored outline; octets straight from the store, slice
//! by slice.

mod ahead;
mod message;
mod missed;
pub(crate) mod octets;
mod seen;

use std::ops::Range;
use std::sync::Arc;

use mailbox::{Entry, ModSeq, Rights, UidSet};

use self::ahead::Ahead;
pub(crate) use self::message::{AnyItem, Message, Reply, Sending, Source};
use self::missed::Missed;
use self::octets::break_off;
use self::seen::Seen;
use crate::Syntax;
use crate::command::{Command, News, Request, Row, uid_prefix};
use crate::commands::Access;
use crate::dialect::Feature;
use crate::fetch::{Item, items};
use crate::response::{Response, Vanished as VanishedUids, When};
use crate::server::Run;
use crate::server::limits::{CHUNK_MESSAGES_MAX, EMAILS_AHEAD_MAX};
use crate::server::messages::{to_set, to_uids};
use crate::server::outcome::{Done, Stop};
use crate::server::session::Session;
use crate::view::SequenceNumber;
use crate::wire::{Args, By, CommandWriter, Messages, PartialRange};

pub(super) const ROW: Row = Row::with_uid("FETCH", parse).hears(News::AROUND);

/// Asks for parts of messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetch {
    /// What the numbers mean.
    pub by: By,
    /// Which messages.
    pub messages: Messages,
    /// What of them, in the order asked, macros written out.
    pub items: Vec<Item>,
    /// Only those changed since.
    pub changed_since: Option<ModSeq>,
    /// Which news of removed messages is wanted beside.
    pub vanished: Vanished,
    /// `PARTIAL`: only these of the messages, of UID FETCH (RFC 9394, 3.3).
    pub partial: Option<PartialRange>,
}

/// Whether FETCH tells which of the messages were removed (RFC 7162, 3.2.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vanished {
    /// No.
    Untold,
    /// `VANISHED`: with CHANGEDSINCE, of UID FETCH, once QRESYNC is on. The parser checks the first two.
    Told,
}

pub(super) fn parse(args: &mut Args<'_>, by: By) -> Result<Command, Syntax> {
    args.space()?;
    let messages = Messages::parse(args)?;
    args.space()?;
    let items = Item::parse_all(args)?;
    let mut changed_since = None;
    let mut vanished = Vanished::Untold;
    let mut partial = None;
    if args.eat(b' ') && !args.is_empty() {
        let error = args.expected("VANISHED only in UID FETCH and with CHANGEDSINCE");
        args.list(10, |args| {
            if args.eat_text("CHANGEDSINCE ") {
                changed_since = Some(ModSeq(args.number64()?));
            } else if args.eat_text("VANISHED") {
                vanished = Vanished::Told;
            } else if by == By::Uid && partial.is_none() && args.eat_text("PARTIAL ") {
                partial = Some(PartialRange::parse(args)?);
            } else {
                return Err(args.expected("CHANGEDSINCE, VANISHED or, in UID FETCH, PARTIAL"));
            }
            Ok(())
        })?;
        if vanished == Vanished::Told && (by == By::Number || changed_since.is_none()) {
            return Err(error);
        }
    }
    args.end()?;
    Ok(Command::new(Fetch { by, messages, items, changed_since, vanished, partial }))
}

impl Request for Fetch {
    fn print(&self, out: &mut CommandWriter) {
        uid_prefix(out, self.by);
        out.raw("FETCH ");
        self.messages.print(&mut out.out);
        out.space();
        Item::print_all(&self.items, out);
        let mut before = " (";
        if let Some(modseq) = self.changed_since {
            out.raw(" (CHANGEDSINCE ");
            out.number(modseq.0);
            before = " ";
        }
        if self.vanished == Vanished::Told {
            out.raw(" VANISHED");
        }
        if let Some(partial) = self.partial {
            out.raw(before);
            out.raw("PARTIAL ");
            partial.print(&mut out.out);
            before = " ";
        }
        if before == " " {
            out.raw(")");
        }
    }

    fn by(&self) -> By {
        self.by
    }
}

impl Run for Fetch {
    async fn run(mut self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if self.vanished == Vanished::Told && !session.dialect.has(Feature::Qresync) {
            return Err(Stop::Bad("ENABLE QRESYNC comes before FETCH with VANISHED".into()));
        }
        if self.changed_since.is_some() || self.asks::<items::ModSeq>() {
            session.enable_modseq();
        }
        let mut indexes = session.find(self.by, &self.messages)?;
        if let Some(partial) = self.partial {
            indexes = some_of(indexes, partial);
        }
        if self.vanished == Vanished::Told {
            self.tell_vanished(session)?;
        }
        self.add_items(session);
        // RFC 4314, 4: without the right it is not set, and that is no error.
        let may = session.opened()?.rights(session.view()?.state().id).has(Rights::SEEN);
        let writes = session.view()?.access() == Access::ReadWrite && may;
        let sees = writes && self.items.iter().any(Item::sets_seen);
        let mut missed = Missed::default();
        for chunk in indexes.into_iter().flat_map(chunks) {
            let mut seen = Seen::default();
            if sees {
                seen = session.see(&chunk, self.changed_since).await?;
            }
            let printed = self.print_chunk(session, chunk, &mut seen, &mut missed).await;
            session.settle(seen).await;
            printed?;
        }
        missed.end()
    }
}

/// Tells items of some messages unasked (RFC 5465, 5.2). They stay unseen: nobody may have looked at them yet. What cannot be read is
/// left out; it is told when it is asked for.
pub(crate) async fn tell(
    session: &mut Session<'_>,
    uids: &UidSet,
    items: &[Item],
) -> Result<(), Stop> {
    let mut fetch = Fetch {
        by: By::Uid,
        messages: Messages::Saved,
        items: items.to_vec(),
        changed_since: None,
        vanished: Vanished::Untold,
        partial: None,
    };
    fetch.add_items(session);
    let mut missed = Missed::default();
    for chunk in session.view()?.indexes_of_uids(uids).into_iter().flat_map(chunks) {
        fetch.print_chunk(session, chunk, &mut Seen::default(), &mut missed).await?;
    }
    if let Err(stop) = missed.end() {
        tracing::debug!(%stop, "something of a new message was left out");
    }
    Ok(())
}

/// The part of the messages that is asked for.
fn some_of(indexes: Vec<Range<usize>>, partial: PartialRange) -> Vec<Range<usize>> {
    let wanted = partial.of(indexes.iter().map(Range::len).fold(0, usize::saturating_add));
    let mut passed = 0usize;
    let mut some = Vec::new();
    for range in indexes {
        let end = passed.saturating_add(range.len());
        let from = wanted.start.clamp(passed, end).saturating_sub(passed);
        let to = wanted.end.clamp(passed, end).saturating_sub(passed);
        some.push(range.start.saturating_add(from)..range.start.saturating_add(to));
        passed = end;
    }
    some.retain(|range| !range.is_empty());
    some
}

/// Cuts a range into ranges of bounded length.
fn chunks(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(CHUNK_MESSAGES_MAX)
        .map(move |start| start..start.saturating_add(CHUNK_MESSAGES_MAX).min(end))
}

impl Fetch {
    /// Whether it asks for an item of that kind.
    fn asks<I: 'static>(&self) -> bool {
        self.items.iter().any(Item::is::<I>)
    }

    /// Adds the items that are shown without being asked for.
    fn add_items(&mut self, session: &Session<'_>) {
        // RFC 7162, 3.2.4: what sets `\Seen` shows both, since it changes the mod-sequence.
        let sees = session.dialect.shows_modseq() && self.items.iter().any(Item::sets_seen);
        // RFC 9586, 3.3: the answer begins with the UID as it is.
        let needs_uid = (self.by == By::Uid || sees) && !session.dialect.is_uid_only();
        if needs_uid && !self.asks::<items::Uid>() {
            self.items.insert(0, items::Uid.into());
        }
        if (self.changed_since.is_some() || sees) && !self.asks::<items::ModSeq>() {
            self.items.push(items::ModSeq.into());
        }
    }

    /// Tells which of the UIDs vanished since (RFC 7162, 3.2.6).
    fn tell_vanished(&self, session: &mut Session<'_>) -> Result<(), Stop> {
        let view = session.view()?;
        let named = match &self.messages {
            Messages::Set(set) => {
                let last = view.state().uid_next.number().saturating_sub(1);
                let last = view.entries().last().map_or(last, |e| e.uid.number().max(last));
                to_uids(set.resolve(last))
            }
            Messages::Saved => view.saved().clone(),
        };
        let since = self.changed_since.unwrap_or_default();
        // What the client still takes for present is told by VANISHED without EARLIER, when its time comes.
        let vanished = session.opened()?.vanished(view.state(), since, Some(&named))?;
        if let Some(uids) = to_set(&vanished) {
            session.print(&Response::Vanished(VanishedUids { when: When::Earlier, uids }));
        }
        Ok(())
    }

    /// Prints some messages.
    async fn print_chunk(
        &self,
        session: &mut Session<'_>,
        chunk: Range<usize>,
        seen: &mut Seen,
        missed: &mut Missed,
    ) -> Result<(), Stop> {
        let state = Arc::clone(session.view()?.state());
        let wanted = |entry: &Entry| self.changed_since.is_none_or(|since| entry.modseq > since);
        let mut ahead = Ahead::of(&self.items);
        for (index, entry) in state.entries.iter_from(chunk.start).take(chunk.len()) {
            if !wanted(entry) {
                continue;
            }
            if ahead.is_used_up(entry) {
                let next = state.entries.iter_from(index).take(chunk.end.saturating_sub(index));
                let next = next.map(|(_, entry)| *entry);
                let next = next.filter(|entry| wanted(entry) && ahead.reads(entry));
                let next: Vec<Entry> = next.take(EMAILS_AHEAD_MAX).collect();
                // The view of the store is gone again before the client is waited for.
                ahead.read(&session.opened()?.reader()?, state.id, &next)?;
            }
            let known = ahead.next(entry);
            match known.fault {
                Some(fault) if fault.is_damaged() => {
                    missed.damaged(session, entry, &fault.into())?;
                }
                Some(fault) => return Err(fault.into()),
                None => {}
            }
            if known.is_gone {
                missed.gone();
            }
            if known.is_gone || known.is_left_out {
                continue;
            }
            let message = Message {
                number: SequenceNumber::at(index),
                entry,
                email: known.email.as_ref(),
                saved: known.saved,
                keywords: &state.keywords,
                recent: session.view()?.is_recent(entry.uid),
                dialect: session.dialect,
                other: session.view()?.other(),
            };
            let mark = session.channel.mark();
            if let Err(stop) = message.print_all(session, &self.items, seen, missed).await {
                // Its answer is taken back. When some of it is on its way already, nothing can be put right.
                if !session.channel.take_back(mark) {
                    return Err(break_off(stop));
                }
                missed.fault(stop)?;
            }
            session.channel.send_when_full().await?;
        }
        Ok(())
    }
}

//! FETCH: prints what is asked of messages (RFC 9051, 6.4.5). Flags come from the hot state; structure and envelope from
//! the stored outline; octets straight from the store, slice by slice.

mod octets;

use std::ops::Range;
use std::sync::Arc;

use mailbox::operations::{Email, Store};
use mailbox::{Entry, FlagMode, FlagNames, Flags, Keyword, ModSeq, Reader, UidSet};

use self::octets::{Binary, Named, outline};
use super::Run;
use crate::Dialect;
use crate::command::{Access, Fetch, Vanished as Asked};
use crate::fetch::{Extensions, FetchLine, Item, Nul, OldName, Recent, Section, SectionText};
use crate::response::{Code, Response, Vanished, When};
use crate::server::limits::CHUNK_MESSAGES_MAX;
use crate::server::messages::{to_set, to_uids};
use crate::server::session::{Done, Session, Stop};
use crate::view::{Keywords, SequenceNumber};
use crate::wire::{By, Messages};

impl Run for Fetch {
    async fn run(mut self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if self.vanished == Asked::Told && !session.dialect.shows_vanished() {
            return Err(Stop::Bad("ENABLE QRESYNC comes before FETCH with VANISHED".into()));
        }
        if self.changed_since.is_some() || self.items.contains(&Item::ModSeq) {
            session.enable_modseq();
        }
        let indexes = session.find(self.by, &self.messages)?;
        if self.vanished == Asked::Told {
            self.tell_vanished(session)?;
        }
        self.add_items(session);
        let sees =
            self.items.iter().any(Item::sets_seen) && session.view()?.access() == Access::ReadWrite;
        let mut missed = Missed::default();
        for chunk in indexes.into_iter().flat_map(chunks) {
            let seen =
                if sees { session.see(&chunk, self.changed_since).await? } else { UidSet::new() };
            self.print_chunk(session, chunk, &seen, &mut missed).await?;
        }
        missed.end()
    }
}

/// What could not be served.
#[derive(Default)]
struct Missed {
    gone: bool,
    unknown_encoding: bool,
}

impl Missed {
    fn end(&self) -> Result<Done, Stop> {
        if self.unknown_encoding {
            // RFC 9051, 6.4.5 (BINARY)
            let text = "A part has a transfer encoding that this server does not know";
            return Err(Stop::No(Some(Code::UnknownCte), text.into()));
        }
        if self.gone {
            // RFC 2180, 4.1.2
            let text = "Some of the messages are gone";
            return Err(Stop::No(Some(Code::ExpungeIssued), text.into()));
        }
        Ok(Done::new("That is all"))
    }
}

/// Cuts a range into ranges of bounded length.
fn chunks(range: Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range
        .step_by(CHUNK_MESSAGES_MAX)
        .map(move |start| start..start.saturating_add(CHUNK_MESSAGES_MAX).min(end))
}

impl Fetch {
    /// Adds the items that are shown without being asked for.
    fn add_items(&mut self, session: &Session<'_>) {
        // RFC 7162, 3.2.4: what sets `\Seen` shows both, since it changes the mod-sequence.
        let sees = session.dialect.shows_modseq() && self.items.iter().any(Item::sets_seen);
        if (self.by == By::Uid || sees) && !self.items.contains(&Item::Uid) {
            self.items.insert(0, Item::Uid);
        }
        if (self.changed_since.is_some() || sees) && !self.items.contains(&Item::ModSeq) {
            self.items.push(Item::ModSeq);
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
        let vanished = session.account()?.vanished(view.state().id, since, Some(&named))?;
        // What the client still takes for present is told by VANISHED without EARLIER, when its time comes.
        let here = view.uids_at(&view.indexes_of_uids(&vanished));
        let vanished: UidSet = if here.is_empty() { vanished } else { without(&vanished, &here) };
        if let Some(uids) = to_set(&vanished) {
            session.print(&Response::Vanished(Vanished { when: When::Earlier, uids }));
        }
        Ok(())
    }

    /// Prints some messages.
    async fn print_chunk(
        &self,
        session: &mut Session<'_>,
        chunk: Range<usize>,
        seen: &UidSet,
        missed: &mut Missed,
    ) -> Result<(), Stop> {
        let state = Arc::clone(session.view()?.state());
        let hot = self.items.iter().all(is_hot);
        let mut reader: Option<Reader> = None;
        for (index, entry) in state.entries.iter_from(chunk.start).take(chunk.len()) {
            if self.changed_since.is_some_and(|since| entry.modseq <= since) {
                continue;
            }
            let email = if hot {
                None
            } else {
                let reader = match &reader {
                    Some(reader) => reader,
                    None => reader.insert(session.account()?.reader()?),
                };
                let email = reader.email(entry.email)?;
                missed.gone |= email.is_none();
                if email.is_none() {
                    continue;
                }
                email
            };
            let shown = Message {
                number: SequenceNumber::at(index),
                entry,
                email: email.as_ref(),
                keywords: &state.keywords,
                recent: session.view()?.is_recent(entry.uid),
                dialect: session.dialect,
            };
            self.print_message(session, &shown, seen, missed).await?;
            session.channel.send_when_full().await?;
        }
        Ok(())
    }

    async fn print_message(
        &self,
        session: &mut Session<'_>,
        message: &Message<'_>,
        seen: &UidSet,
        missed: &mut Missed,
    ) -> Result<(), Stop> {
        for (index, item) in self.items.iter().enumerate() {
            let place = if index == 0 { Place::First } else { Place::Later };
            match message.email {
                Some(email) if is_octets(item) => {
                    message.send(session, item, email, place, missed).await?;
                }
                Some(_) | None => {
                    message.print(&mut message.line(session.channel.out(), place), item)?;
                }
            }
        }
        let mut line = message.line(session.channel.out(), Place::Later);
        if seen.contains(message.entry.uid) && !self.items.contains(&Item::Flags) {
            message.print(&mut line, &Item::Flags)?;
        }
        line.end();
        Ok(())
    }
}

/// Whether an item is answered from the hot state alone.
fn is_hot(item: &Item) -> bool {
    matches!(item, Item::EmailId | Item::Flags | Item::ModSeq | Item::Size | Item::Uid)
}

/// Whether an item is octets of the message.
fn is_octets(item: &Item) -> bool {
    matches!(
        item,
        Item::Binary { .. }
            | Item::BinarySize(_)
            | Item::BodySection { .. }
            | Item::Rfc822
            | Item::Rfc822Header
            | Item::Rfc822Text
    )
}

/// Where an item stands in the answer for its message.
#[derive(Clone, Copy)]
enum Place {
    First,
    Later,
}

/// One message to be shown.
struct Message<'m> {
    number: SequenceNumber,
    entry: &'m Entry,
    email: Option<&'m Email>,
    keywords: &'m [Keyword],
    recent: Recent,
    dialect: Dialect,
}

impl Message<'_> {
    /// The answer for this message, to be gone on with.
    fn line<'o>(&self, out: &'o mut Vec<u8>, place: Place) -> FetchLine<'o> {
        match place {
            Place::First => FetchLine::begin(out, self.number.number(), self.dialect),
            Place::Later => FetchLine::resume(out, self.dialect),
        }
    }

    /// Prints an item that is not octets of the message.
    fn print(&self, line: &mut FetchLine<'_>, item: &Item) -> Result<(), Stop> {
        match item {
            Item::Flags => line.flags(self.entry.flags, self.keywords, self.recent),
            Item::Uid => line.uid(self.entry.uid),
            Item::ModSeq => line.modseq(self.entry.modseq),
            Item::Size => line.size(u64::from(self.entry.octets)),
            Item::EmailId => line.email_id(self.entry.email),
            Item::ThreadId
            | Item::InternalDate
            | Item::Envelope
            | Item::Body
            | Item::BodyStructure
            | Item::Binary { .. }
            | Item::BinarySize(_)
            | Item::BodySection { .. }
            | Item::Rfc822
            | Item::Rfc822Header
            | Item::Rfc822Text => {
                if let Some(email) = self.email {
                    print_stored(line, item, email)?;
                }
            }
        }
        Ok(())
    }

    /// Prints and sends an item that is octets of the message.
    async fn send(
        &self,
        session: &mut Session<'_>,
        item: &Item,
        email: &Email,
        place: Place,
        missed: &mut Missed,
    ) -> Result<(), Stop> {
        match item {
            Item::BodySection { section, partial, .. } => {
                let origin = partial.map(|partial| partial.from);
                let named = Named::find(session, email, section, *partial)?;
                let mut line = self.line(session.channel.out(), place);
                match named {
                    None => line.no_section(section, origin),
                    Some(named) => {
                        line.section_head(section, origin, named.octets());
                        named.send(session, email).await?;
                    }
                }
            }
            Item::Rfc822 => {
                self.send_old(session, email, OldName::Message, SectionText::All, place).await?;
            }
            Item::Rfc822Header => {
                self.send_old(session, email, OldName::Header, SectionText::Header, place).await?;
            }
            Item::Rfc822Text => {
                self.send_old(session, email, OldName::Text, SectionText::Text, place).await?;
            }
            Item::Binary { part, partial, .. } => {
                let origin = partial.map(|partial| partial.from);
                let binary = Binary::find(email, part)?;
                missed.unknown_encoding |= matches!(binary, Binary::Unknown);
                let Binary::Part(encoded) = binary else {
                    self.line(session.channel.out(), place).no_binary(part, origin);
                    return Ok(());
                };
                let wanted = encoded.wanted(session, email, *partial).await?;
                let octets = wanted.end.saturating_sub(wanted.start);
                let mut line = self.line(session.channel.out(), place);
                line.binary_head(part, origin, octets, Nul::Possible);
                encoded.send(session, email, wanted).await?;
            }
            Item::BinarySize(part) => {
                let binary = Binary::find(email, part)?;
                missed.unknown_encoding |= matches!(binary, Binary::Unknown);
                let octets = match binary {
                    Binary::Part(encoded) => encoded.octets(session, email).await?,
                    Binary::Missing | Binary::Unknown => 0,
                };
                self.line(session.channel.out(), place).binary_size(part, octets);
            }
            Item::Body
            | Item::BodyStructure
            | Item::EmailId
            | Item::Envelope
            | Item::Flags
            | Item::InternalDate
            | Item::ModSeq
            | Item::Size
            | Item::ThreadId
            | Item::Uid => self.print(&mut self.line(session.channel.out(), place), item)?,
        }
        Ok(())
    }

    async fn send_old(
        &self,
        session: &mut Session<'_>,
        email: &Email,
        name: OldName,
        text: SectionText,
        place: Place,
    ) -> Result<(), Stop> {
        let section = Section { text, ..Section::default() };
        if let Some(named) = Named::find(session, email, &section, None)? {
            let mut line = self.line(session.channel.out(), place);
            line.old_name_head(name, named.octets());
            named.send(session, email).await?;
        }
        Ok(())
    }
}

/// Prints an item that what is stored beside the body answers.
fn print_stored(line: &mut FetchLine<'_>, item: &Item, email: &Email) -> Result<(), Stop> {
    match item {
        Item::ThreadId => line.thread_id(email.thread),
        Item::InternalDate => line.internal_date(email.internal_date),
        Item::Envelope => {
            line.envelope(&message::decode_envelope(&email.outline).unwrap_or_default());
        }
        Item::Body => line.structure(&outline(email)?, Extensions::Hidden),
        Item::BodyStructure => line.structure(&outline(email)?, Extensions::Shown),
        Item::Binary { .. }
        | Item::BinarySize(_)
        | Item::BodySection { .. }
        | Item::EmailId
        | Item::Flags
        | Item::ModSeq
        | Item::Rfc822
        | Item::Rfc822Header
        | Item::Rfc822Text
        | Item::Size
        | Item::Uid => {}
    }
    Ok(())
}

/// The UIDs of one set that are not in the other, which is small.
fn without(set: &UidSet, other: &UidSet) -> UidSet {
    let mut ranges = Vec::new();
    for (first, last) in set.ranges() {
        let mut from = Some(*first);
        for gone in other.iter().skip_while(|uid| uid < first).take_while(|uid| uid <= last) {
            let before = mailbox::Uid::new(gone.number().saturating_sub(1));
            ranges.extend(from.zip(before).filter(|(a, b)| a <= b));
            from = gone.next();
        }
        ranges.extend(from.filter(|from| from <= last).map(|from| (from, *last)));
    }
    UidSet::from_ranges(ranges)
}

impl Session<'_> {
    /// Marks messages as `\Seen`, those that are not. Gives them: their flags have to be shown.
    async fn see(
        &mut self,
        indexes: &Range<usize>,
        changed_since: Option<ModSeq>,
    ) -> Result<UidSet, Stop> {
        let view = self.view()?;
        let uids: UidSet = view
            .entries()
            .iter_from(indexes.start)
            .take(indexes.len())
            .filter(|(_, entry)| !entry.flags.contains(Flags::SEEN))
            .filter(|(_, entry)| changed_since.is_none_or(|since| entry.modseq > since))
            .map(|(_, entry)| entry.uid)
            .collect();
        if uids.is_empty() {
            return Ok(uids);
        }
        let store = Store {
            uids: uids.clone(),
            mode: FlagMode::Add,
            flags: FlagNames { system: Flags::SEEN, keywords: Vec::new() },
            unchanged_since: None,
        };
        match self.account()?.store(view.state().id, store).await {
            Ok(_) => {}
            // It can be read all the same: the disk is full, or the mailbox was deleted meanwhile.
            Err(error) => {
                tracing::debug!(%error, "messages could not be marked as seen");
                return Ok(UidSet::new());
            }
        }
        let present = self.present()?;
        if self.view_mut()?.absorb(&present, &uids) == Keywords::New {
            self.print_flags()?;
        }
        Ok(uids)
    }
}

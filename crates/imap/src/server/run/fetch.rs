//! FETCH: prints what is asked of messages (RFC 9051, 6.4.5). Flags come from the hot state; structure and envelope from
//! the stored outline; octets straight from the store, slice by slice.

mod envelope;
mod octets;
mod structure;

use std::ops::Range;
use std::sync::Arc;

use mailbox::operations::{Email, Store};
use mailbox::{Entry, FlagMode, FlagNames, Flags, MailboxState, ModSeq, Reader, UidSet};

use self::octets::{Binary, binary, outline, send_section};
use self::structure::Form;
use super::Run;
use crate::Dialect;
use crate::command::{Access, Fetch, Vanished};
use crate::fetch::{Item, Section, SectionText};
use crate::server::code::{Code, print_uids};
use crate::server::limits::CHUNK_MESSAGES_MAX;
use crate::server::messages::to_uids;
use crate::server::news::print_flag_list;
use crate::server::object_id;
use crate::server::session::{Done, Session, Stop};
use crate::view::{Keywords, SequenceNumber};
use crate::wire::{By, DateTime, Messages, print};

impl Run for Fetch {
    async fn run(mut self, session: &mut Session<'_>) -> Result<Done, Stop> {
        if self.vanished == Vanished::Told && !session.dialect.shows_vanished() {
            return Err(Stop::Bad("ENABLE QRESYNC comes before FETCH with VANISHED".into()));
        }
        if self.changed_since.is_some() || self.items.contains(&Item::ModSeq) {
            session.enable_modseq();
        }
        let indexes = session.find(self.by, &self.messages)?;
        if self.vanished == Vanished::Told {
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
        if !vanished.is_empty() {
            let out = session.channel.out();
            out.extend_from_slice(b"* VANISHED (EARLIER) ");
            print_uids(out, &vanished);
            out.extend_from_slice(b"\r\n");
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
            let shown = Message { index, entry, email: email.as_ref(), state: &state };
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
        let out = session.channel.out();
        out.extend_from_slice(b"* ");
        print::number(out, u64::from(SequenceNumber::at(message.index).number()));
        out.extend_from_slice(b" FETCH (");
        for (index, item) in self.items.iter().enumerate() {
            if index > 0 {
                session.channel.out().push(b' ');
            }
            match message.email {
                None => message.print_hot(session, item)?,
                Some(email) => message.print(session, item, email, missed).await?,
            }
        }
        if seen.contains(message.entry.uid) && !self.items.contains(&Item::Flags) {
            session.channel.out().push(b' ');
            message.print_hot(session, &Item::Flags)?;
        }
        session.channel.out().extend_from_slice(b")\r\n");
        Ok(())
    }
}

/// Whether an item is answered from the hot state alone.
fn is_hot(item: &Item) -> bool {
    match item {
        Item::EmailId | Item::Flags | Item::ModSeq | Item::Size | Item::Uid => true,
        Item::Binary { .. }
        | Item::BinarySize(_)
        | Item::Body
        | Item::BodySection { .. }
        | Item::BodyStructure
        | Item::Envelope
        | Item::InternalDate
        | Item::Rfc822
        | Item::Rfc822Header
        | Item::Rfc822Text
        | Item::ThreadId => false,
    }
}

/// One message to be shown.
struct Message<'m> {
    index: usize,
    entry: &'m Entry,
    email: Option<&'m Email>,
    state: &'m MailboxState,
}

impl Message<'_> {
    /// Prints an item that the hot state answers.
    fn print_hot(&self, session: &mut Session<'_>, item: &Item) -> Result<(), Stop> {
        if *item == Item::Flags {
            let recency = session.view()?.recency(self.entry.uid);
            let out = session.channel.out();
            out.extend_from_slice(b"FLAGS ");
            print_flag_list(out, self.entry.flags, &self.state.keywords, recency);
            return Ok(());
        }
        let out = session.channel.out();
        match item {
            Item::Uid => {
                out.extend_from_slice(b"UID ");
                print::number(out, u64::from(self.entry.uid.number()));
            }
            Item::ModSeq => {
                out.extend_from_slice(b"MODSEQ (");
                print::number(out, self.entry.modseq.0);
                out.push(b')');
            }
            Item::Size => {
                out.extend_from_slice(b"RFC822.SIZE ");
                print::number(out, u64::from(self.entry.octets));
            }
            Item::EmailId => {
                out.extend_from_slice(b"EMAILID (");
                out.extend_from_slice(object_id::of_email(self.entry.email).as_bytes());
                out.push(b')');
            }
            Item::Flags
            | Item::Binary { .. }
            | Item::BinarySize(_)
            | Item::Body
            | Item::BodySection { .. }
            | Item::BodyStructure
            | Item::Envelope
            | Item::InternalDate
            | Item::Rfc822
            | Item::Rfc822Header
            | Item::Rfc822Text
            | Item::ThreadId => {}
        }
        Ok(())
    }

    /// Prints any item.
    async fn print(
        &self,
        session: &mut Session<'_>,
        item: &Item,
        email: &Email,
        missed: &mut Missed,
    ) -> Result<(), Stop> {
        let dialect = session.dialect;
        let out = session.channel.out();
        match item {
            Item::EmailId | Item::Flags | Item::ModSeq | Item::Size | Item::Uid => {
                self.print_hot(session, item)
            }
            Item::ThreadId
            | Item::InternalDate
            | Item::Envelope
            | Item::Body
            | Item::BodyStructure => print_outlined(out, item, email, dialect),
            Item::BodySection { section, partial, .. } => {
                out.extend_from_slice(b"BODY");
                section.print(out);
                print_origin(out, partial.map(|partial| partial.from));
                send_section(session, email, section, *partial).await
            }
            Item::Rfc822 => old(session, email, b"RFC822 ", SectionText::All).await,
            Item::Rfc822Header => old(session, email, b"RFC822.HEADER ", SectionText::Header).await,
            Item::Rfc822Text => old(session, email, b"RFC822.TEXT ", SectionText::Text).await,
            Item::Binary { part, partial, .. } => {
                out.extend_from_slice(b"BINARY");
                part.print_in_brackets(out);
                print_origin(out, partial.map(|partial| partial.from));
                match binary(email, part)? {
                    Binary::Part(encoded) => return encoded.send(session, email, *partial).await,
                    Binary::Missing => {}
                    Binary::Unknown => missed.unknown_encoding = true,
                }
                session.channel.out().extend_from_slice(b"NIL");
                Ok(())
            }
            Item::BinarySize(part) => {
                out.extend_from_slice(b"BINARY.SIZE");
                part.print_in_brackets(out);
                out.push(b' ');
                let octets = match binary(email, part)? {
                    Binary::Part(encoded) => encoded.octets(session, email).await?,
                    Binary::Missing => 0,
                    Binary::Unknown => {
                        missed.unknown_encoding = true;
                        0
                    }
                };
                print::number(session.channel.out(), octets);
                Ok(())
            }
        }
    }
}

/// Prints an item that what is stored beside the body answers.
fn print_outlined(
    out: &mut Vec<u8>,
    item: &Item,
    email: &Email,
    dialect: Dialect,
) -> Result<(), Stop> {
    match item {
        Item::ThreadId => {
            out.extend_from_slice(b"THREADID (");
            out.extend_from_slice(object_id::of_thread(email.thread).as_bytes());
            out.push(b')');
        }
        Item::InternalDate => {
            out.extend_from_slice(b"INTERNALDATE ");
            DateTime::utc(email.internal_date).print(out);
        }
        Item::Envelope => {
            out.extend_from_slice(b"ENVELOPE ");
            let envelope = message::decode_envelope(&email.outline).unwrap_or_default();
            envelope::print(out, &envelope, dialect);
        }
        Item::Body => {
            out.extend_from_slice(b"BODY ");
            structure::print(out, &outline(email)?, Form::Body, dialect);
        }
        Item::BodyStructure => {
            out.extend_from_slice(b"BODYSTRUCTURE ");
            structure::print(out, &outline(email)?, Form::BodyStructure, dialect);
        }
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

/// Prints `<0>` and the space before the octets.
fn print_origin(out: &mut Vec<u8>, from: Option<u64>) {
    if let Some(from) = from {
        out.push(b'<');
        print::number(out, from);
        out.push(b'>');
    }
    out.push(b' ');
}

async fn old(
    session: &mut Session<'_>,
    email: &Email,
    name: &[u8],
    text: SectionText,
) -> Result<(), Stop> {
    session.channel.out().extend_from_slice(name);
    let section = Section { text, ..Section::default() };
    send_section(session, email, &section, None).await
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

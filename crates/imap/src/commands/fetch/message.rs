//! The answer to FETCH for one message.

use mailbox::operations::Email;
use mailbox::{Entry, Keyword, UidSet};

use super::Missed;
use super::octets::{Binary, Named, outline};
use crate::Dialect;
use crate::fetch::{Extensions, FetchLine, Item, Nul, OldName, Recent, Section, SectionText};
use crate::server::outcome::Stop;
use crate::server::session::Session;
use crate::view::SequenceNumber;

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
pub(super) struct Message<'m> {
    pub(super) number: SequenceNumber,
    pub(super) entry: &'m Entry,
    pub(super) email: Option<&'m Email>,
    pub(super) keywords: &'m [Keyword],
    pub(super) recent: Recent,
    pub(super) dialect: Dialect,
}

impl Message<'_> {
    /// Prints the answer for this message; with its flags, if it was marked `\Seen` for it.
    pub(super) async fn print_all(
        &self,
        session: &mut Session<'_>,
        items: &[Item],
        seen: &UidSet,
        missed: &mut Missed,
    ) -> Result<(), Stop> {
        for (index, item) in items.iter().enumerate() {
            let place = if index == 0 { Place::First } else { Place::Later };
            match self.email {
                Some(email) if is_octets(item) => {
                    self.send(session, item, email, place, missed).await?;
                }
                Some(_) | None => {
                    self.print(&mut self.line(session.channel.out(), place), item)?;
                }
            }
        }
        let mut line = self.line(session.channel.out(), Place::Later);
        if seen.contains(self.entry.uid) && !items.contains(&Item::Flags) {
            self.print(&mut line, &Item::Flags)?;
        }
        line.end();
        Ok(())
    }

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

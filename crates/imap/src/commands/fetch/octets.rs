//! BODY[...], RFC822 and BINARY[...]: octets of a message, read and sent slice by slice (RFC 9051, 6.4.5).

use std::borrow::Cow;
use std::io;
use std::ops::Range;

use bytes::Bytes;
use mailbox::operations::Email;
use mailbox::{Fault, Incoming};
use message::{Choice, Decoder, Kind, Outline};

use crate::fetch::{Nul, Part, Partial, Section, SectionText};
use crate::server::limits::{BODY_SLICE_OCTETS_MAX, HEADER_READ_OCTETS_MAX};
use crate::server::outcome::Stop;
use crate::server::session::Session;

/// The octets that a section names, ready to be sent.
pub(crate) struct Named {
    octets: u64,
    source: Source,
}

enum Source {
    /// Octets of the body as it is stored; the first of them are read already.
    Stored { first: Option<Bytes>, left: Range<u64> },
    /// Put together.
    Made(Vec<u8>),
}

impl Named {
    /// Finds them; none where there is no such section. Most faults of the store show here, before the client is
    /// promised anything.
    pub(crate) async fn find(
        session: &mut Session<'_>,
        email: &Email,
        section: &Section,
        partial: Option<Partial>,
    ) -> Result<Option<Named>, Stop> {
        // The whole message needs no outline: by far the most frequent question.
        if section.part.0.is_empty() && section.text == SectionText::All {
            return Named::stored(session, email, &(0..email.octets), partial).await.map(Some);
        }
        let outline = outline(email)?;
        let (what, fields) = match &section.text {
            SectionText::All => (message::Section::Whole, None),
            SectionText::Header => (message::Section::Header, None),
            SectionText::Text => (message::Section::Text, None),
            SectionText::Mime => (message::Section::Mime, None),
            SectionText::HeaderFields(names) => {
                (message::Section::Header, Some((names, Choice::Named)))
            }
            SectionText::HeaderFieldsNot(names) => {
                (message::Section::Header, Some((names, Choice::NotNamed)))
            }
        };
        let Some(range) = outline.section(&section.part.0, what) else { return Ok(None) };
        let Some((names, choice)) = fields else {
            return Named::stored(session, email, &range, partial).await.map(Some);
        };
        let end = range.end.min(range.start.saturating_add(HEADER_READ_OCTETS_MAX));
        let header = session.opened()?.body(email, range.start..end)?;
        let made = message::select(&header, names, choice);
        let made = slice(&made, &cut(&(0..wide(&made)), partial)).to_vec();
        Ok(Some(Named { octets: wide(&made), source: Source::Made(made) }))
    }

    async fn stored(
        session: &mut Session<'_>,
        email: &Email,
        range: &Range<u64>,
        partial: Option<Partial>,
    ) -> Result<Named, Stop> {
        let range = cut(range, partial);
        let octets = range.end.saturating_sub(range.start);
        // A literal that breaks off ends the session. Once it is known that this can happen, all of it is read first.
        if octets > BODY_SLICE_OCTETS_MAX && session.opened()?.is_known_damaged(email) {
            let mut all = Slices { email, left: range.clone() };
            while all.next(session)?.is_some() {
                session.channel.check().await?;
            }
        }
        let mut slices = Slices { email, left: range };
        let first = slices.next(session)?;
        Ok(Named { octets, source: Source::Stored { first, left: slices.left } })
    }

    /// Copies them into a message, as they would be sent (RFC 4469, 3).
    pub(crate) async fn copy(
        self,
        session: &mut Session<'_>,
        email: &Email,
        to: &mut Incoming,
    ) -> Result<(), Stop> {
        match self.source {
            Source::Made(octets) => to.write(&without_nul(&octets)).await?,
            Source::Stored { first, left } => {
                let mut slices = Slices { email, left };
                let mut next = first;
                while let Some(slice) = next {
                    to.write(&without_nul(&slice)).await?;
                    session.channel.check().await?;
                    next = slices.next(session)?;
                }
            }
        }
        Ok(())
    }

    /// How many octets they are.
    pub(crate) fn octets(&self) -> u64 {
        self.octets
    }

    /// Sends them.
    pub(crate) async fn send(self, session: &mut Session<'_>, email: &Email) -> Result<(), Stop> {
        match self.source {
            Source::Made(octets) => {
                // To choose among many fields takes long.
                session.channel.breathe_now().await;
                session.channel.send_octets(&without_nul(&octets)).await?;
            }
            Source::Stored { first, left } => {
                let mut slices = Slices { email, left };
                let mut next = first;
                while let Some(slice) = next {
                    session.channel.send_octets(&without_nul(&slice)).await?;
                    next = slices.next(session).map_err(break_off)?;
                }
            }
        }
        Ok(())
    }
}

/// A literal must not have NUL (RFC 9051, 4.3.1), and old mail may: it is sent as 0x80, so that sizes stay true. BINARY
/// gives what is stored.
fn without_nul(octets: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(0, octets).is_none() {
        return Cow::Borrowed(octets);
    }
    octets.iter().map(|octet| if *octet == 0 { 0x80 } else { *octet }).collect()
}

fn wide(octets: &[u8]) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}

/// The outline of an email.
pub(crate) fn outline(email: &Email) -> Result<Outline<'_>, Stop> {
    let damaged = || Fault::new(format!("the outline of email {} is damaged", email.id));
    Outline::decode(&email.outline).ok_or_else(|| damaged().into())
}

/// The part of a range that is asked for.
fn cut(range: &Range<u64>, partial: Option<Partial>) -> Range<u64> {
    match partial {
        None => range.clone(),
        Some(partial) => {
            let start = range.start.saturating_add(partial.from).min(range.end);
            start..start.saturating_add(partial.octets).min(range.end)
        }
    }
}

fn slice<'o>(octets: &'o [u8], range: &Range<u64>) -> &'o [u8] {
    let index = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    octets.get(index(range.start)..index(range.end)).unwrap_or_default()
}

/// A literal that cannot be ended ends the connection: the client must not take what comes next for its octets.
pub(crate) fn break_off(stop: Stop) -> Stop {
    if matches!(stop, Stop::Gone(_)) {
        return stop;
    }
    tracing::error!(%stop, "a body could not be read to its end");
    Stop::Gone(io::Error::other("a body could not be read to its end"))
}

/// Reads a body slice by slice.
struct Slices<'e> {
    email: &'e Email,
    left: Range<u64>,
}

impl Slices<'_> {
    fn next(&mut self, session: &Session<'_>) -> Result<Option<Bytes>, Stop> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let end = self.left.end.min(self.left.start.saturating_add(BODY_SLICE_OCTETS_MAX));
        let slice = session.opened()?.body(self.email, self.left.start..end)?;
        let wanted = end.saturating_sub(self.left.start);
        if wide(&slice) != wanted {
            return Err(Fault::new(format!("email {} is cut short", self.email.id)).into());
        }
        self.left.start = end;
        Ok(Some(slice))
    }
}

/// A part to be decoded.
pub(crate) struct Encoded {
    encoding: Vec<u8>,
    range: Range<u64>,
    lines: Lines,
}

/// Whether what comes out of the decoding is text, whose lines end with CRLF on the wire (RFC 9051, 6.4.5, BINARY).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    OfText,
    AsTheyAre,
}

/// What BINARY is asked of.
pub(crate) enum Binary {
    /// There is no such part.
    Missing,
    /// Its encoding is not known.
    Unknown,
    /// It can be decoded.
    Part(Encoded),
}

impl Binary {
    /// Finds the part that BINARY names (RFC 9051, 6.4.5). The empty one is the message as it is.
    pub(crate) fn find(email: &Email, part: &Part) -> Result<Binary, Stop> {
        if part.0.is_empty() {
            let range = 0..email.octets;
            let lines = Lines::AsTheyAre;
            return Ok(Binary::Part(Encoded { encoding: b"BINARY".to_vec(), range, lines }));
        }
        let outline = outline(email)?;
        let Some(found) = outline.part(&part.0) else { return Ok(Binary::Missing) };
        // What holds other parts is not encoded itself (RFC 2045, 6.4).
        let encoding = match found.kind {
            Kind::Multipart | Kind::Message => b"BINARY".to_vec(),
            Kind::Text | Kind::Basic => found.encoding.to_vec(),
        };
        Ok(match Decoder::new(&encoding) {
            Some(_) => {
                let text = found.kind == Kind::Text;
                let lines = if text { Lines::OfText } else { Lines::AsTheyAre };
                Binary::Part(Encoded { encoding, range: found.body, lines })
            }
            None => Binary::Unknown,
        })
    }
}

impl Encoded {
    /// How many octets it has when it is decoded. Reads it through, holding a slice at a time.
    pub(crate) async fn octets(
        &self,
        session: &mut Session<'_>,
        email: &Email,
    ) -> Result<u64, Stop> {
        let mut count = 0u64;
        let mut decoding = Decoding::new(self, email);
        while let Some(some) = decoding.next(session)? {
            count = count.saturating_add(wide(&some));
            session.channel.check().await?;
        }
        Ok(count)
    }

    /// Which of its octets are asked for, and whether there is a NUL among them.
    pub(crate) async fn wanted(
        &self,
        session: &mut Session<'_>,
        email: &Email,
        partial: Option<Partial>,
    ) -> Result<(Range<u64>, Nul), Stop> {
        let asked = cut(&(0..u64::MAX), partial);
        let (mut count, mut nul) = (0u64, Nul::Absent);
        let mut decoding = Decoding::new(self, email);
        while let Some(some) = decoding.next(session)? {
            let here = wide(&some);
            let start = asked.start.saturating_sub(count).min(here);
            let end = asked.end.saturating_sub(count).min(here);
            if memchr::memchr(0, slice(&some, &(start..end))).is_some() {
                nul = Nul::Possible;
            }
            count = count.saturating_add(here);
            session.channel.check().await?;
        }
        Ok((cut(&(0..count), partial), nul))
    }

    /// Sends some of its octets. It is read once more for that, so that no more than a slice has to be held.
    pub(crate) async fn send(
        &self,
        session: &mut Session<'_>,
        email: &Email,
        wanted: Range<u64>,
    ) -> Result<(), Stop> {
        let mut decoding = Decoding::new(self, email);
        let mut at = 0u64;
        while at < wanted.end {
            let Some(some) = decoding.next(session).map_err(break_off)? else {
                return Err(break_off(Fault::new("a part changed while it was read").into()));
            };
            let here = wide(&some);
            let start = wanted.start.saturating_sub(at).min(here);
            let end = wanted.end.saturating_sub(at).min(here);
            session.channel.send_octets(slice(&some, &(start..end))).await?;
            at = at.saturating_add(here);
        }
        Ok(())
    }
}

struct Decoding<'e> {
    slices: Slices<'e>,
    decoder: Option<Decoder>,
    lines: Lines,
    /// The last octet that came out.
    last: u8,
}

impl<'e> Decoding<'e> {
    fn new(encoded: &Encoded, email: &'e Email) -> Decoding<'e> {
        let slices = Slices { email, left: encoded.range.clone() };
        let decoder = Decoder::new(&encoded.encoding);
        Decoding { slices, decoder, lines: encoded.lines, last: 0 }
    }

    /// The next decoded octets, maybe none yet.
    fn next(&mut self, session: &Session<'_>) -> Result<Option<Vec<u8>>, Stop> {
        let mut out = Vec::new();
        match self.slices.next(session)? {
            Some(slice) => {
                if let Some(decoder) = &mut self.decoder {
                    decoder.push(&slice, &mut out);
                }
                Ok(Some(self.with_line_ends(out)))
            }
            None => Ok(self.decoder.take().map(|decoder| {
                decoder.finish(&mut out);
                self.with_line_ends(out)
            })),
        }
    }

    /// Puts a CR before each LF of a text that has none.
    fn with_line_ends(&mut self, octets: Vec<u8>) -> Vec<u8> {
        if self.lines == Lines::AsTheyAre || memchr::memchr(b'\n', &octets).is_none() {
            self.last = octets.last().copied().unwrap_or(self.last);
            return octets;
        }
        let mut out = Vec::with_capacity(octets.len().saturating_add(octets.len() / 32));
        for octet in octets {
            if octet == b'\n' && self.last != b'\r' {
                out.push(b'\r');
            }
            out.push(octet);
            self.last = octet;
        }
        out
    }
}

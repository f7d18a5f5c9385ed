//! BODY[...], RFC822 and BINARY[...]: octets of a message, read and sent slice by slice (RFC 9051, 6.4.5).

use std::io;
use std::ops::Range;

use mailbox::Fault;
use mailbox::operations::Email;
use message::{Choice, Decoder, Kind, Outline};

use crate::fetch::{Part, Partial, Section, SectionText};
use crate::server::limits::{BODY_SLICE_OCTETS_MAX, HEADER_READ_OCTETS_MAX};
use crate::server::session::{Session, Stop};
use crate::wire::print;

/// The octets that a section names.
enum Named {
    /// These, of the body as it is stored.
    Stored(Range<u64>),
    /// These, put together.
    Made(Vec<u8>),
}

/// Sends the octets of a section: a literal, or NIL where there is no such section.
pub(super) async fn send_section(
    session: &mut Session<'_>,
    email: &Email,
    section: &Section,
    partial: Option<Partial>,
) -> Result<(), Stop> {
    match named(session, email, section)? {
        None => {
            session.channel.out().extend_from_slice(b"NIL");
            Ok(())
        }
        Some(Named::Stored(range)) => send_stored(session, email, cut(&range, partial)).await,
        Some(Named::Made(octets)) => {
            let all = 0..u64::try_from(octets.len()).unwrap_or(u64::MAX);
            let wanted = slice(&octets, &cut(&all, partial));
            let out = session.channel.out();
            print::literal_size(out, u64::try_from(wanted.len()).unwrap_or(u64::MAX));
            session.channel.send_octets(wanted).await.map_err(Stop::Gone)
        }
    }
}

fn named(session: &Session<'_>, email: &Email, section: &Section) -> Result<Option<Named>, Stop> {
    // The whole message needs no outline: by far the most frequent question.
    if section.part.0.is_empty() && section.text == SectionText::All {
        return Ok(Some(Named::Stored(0..email.octets)));
    }
    let outline = outline(email)?;
    let range = |what| outline.section(&section.part.0, what);
    let fields = |names: &[String], choice| -> Result<Option<Named>, Stop> {
        let Some(header) = range(message::Section::Header) else { return Ok(None) };
        let end = header.end.min(header.start.saturating_add(HEADER_READ_OCTETS_MAX));
        let header = session.account()?.body(email, header.start..end)?;
        Ok(Some(Named::Made(message::select(&header, names, choice))))
    };
    match &section.text {
        SectionText::All => Ok(range(message::Section::Whole).map(Named::Stored)),
        SectionText::Header => Ok(range(message::Section::Header).map(Named::Stored)),
        SectionText::Text => Ok(range(message::Section::Text).map(Named::Stored)),
        SectionText::Mime => Ok(range(message::Section::Mime).map(Named::Stored)),
        SectionText::HeaderFields(names) => fields(names, Choice::Named),
        SectionText::HeaderFieldsNot(names) => fields(names, Choice::NotNamed),
    }
}

/// The outline of an email.
pub(super) fn outline(email: &Email) -> Result<Outline<'_>, Stop> {
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

/// Sends octets of a body as a literal.
async fn send_stored(
    session: &mut Session<'_>,
    email: &Email,
    range: Range<u64>,
) -> Result<(), Stop> {
    let octets = range.end.saturating_sub(range.start);
    let mut slices = Slices::new(email, range);
    // Before the size is promised: most faults show with the first slice.
    let mut next = slices.next(session)?;
    print::literal_size(session.channel.out(), octets);
    while let Some(slice) = next {
        session.channel.send_octets(&slice).await?;
        next = slices.next(session).map_err(break_off)?;
    }
    Ok(())
}

/// A literal that cannot be ended ends the connection: the client must not take what comes next for its octets.
fn break_off(stop: Stop) -> Stop {
    if matches!(stop, Stop::Gone(_)) {
        return stop;
    }
    tracing::error!(?stop, "a body could not be read to its end");
    Stop::Gone(io::Error::other("a body could not be read to its end"))
}

/// Reads a body slice by slice.
struct Slices<'e> {
    email: &'e Email,
    left: Range<u64>,
}

impl<'e> Slices<'e> {
    fn new(email: &'e Email, range: Range<u64>) -> Slices<'e> {
        Slices { email, left: range }
    }

    fn next(&mut self, session: &Session<'_>) -> Result<Option<bytes::Bytes>, Stop> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let end = self.left.end.min(self.left.start.saturating_add(BODY_SLICE_OCTETS_MAX));
        let slice = session.account()?.body(self.email, self.left.start..end)?;
        let wanted = end.saturating_sub(self.left.start);
        if u64::try_from(slice.len()).unwrap_or(u64::MAX) != wanted {
            return Err(Fault::new(format!("email {} is cut short", self.email.id)).into());
        }
        self.left.start = end;
        Ok(Some(slice))
    }
}

/// A part to be decoded.
pub(super) struct Encoded {
    encoding: Vec<u8>,
    range: Range<u64>,
}

/// What BINARY is asked of.
pub(super) enum Binary {
    /// There is no such part.
    Missing,
    /// Its encoding is not known.
    Unknown,
    /// It can be decoded.
    Part(Encoded),
}

/// Finds the part that BINARY names (RFC 9051, 6.4.5). The empty one is the message as it is.
pub(super) fn binary(email: &Email, part: &Part) -> Result<Binary, Stop> {
    if part.0.is_empty() {
        let range = 0..email.octets;
        return Ok(Binary::Part(Encoded { encoding: b"BINARY".to_vec(), range }));
    }
    let outline = outline(email)?;
    let Some(found) = outline.part(&part.0) else { return Ok(Binary::Missing) };
    // What holds other parts is not encoded itself (RFC 2045, 6.4).
    let encoding = match found.kind {
        Kind::Multipart | Kind::Message => b"BINARY".to_vec(),
        Kind::Text | Kind::Basic => found.encoding.to_vec(),
    };
    Ok(match Decoder::new(&encoding) {
        Some(_) => Binary::Part(Encoded { encoding, range: found.body }),
        None => Binary::Unknown,
    })
}

impl Encoded {
    /// How many octets it has when it is decoded. Reads it through, holding a slice at a time.
    pub(super) async fn octets(
        &self,
        session: &mut Session<'_>,
        email: &Email,
    ) -> Result<u64, Stop> {
        let mut count = 0u64;
        let mut decoding = Decoding::new(self, email);
        while let Some(some) = decoding.next(session)? {
            count = count.saturating_add(u64::try_from(some.len()).unwrap_or(u64::MAX));
            session.channel.check().await?;
        }
        Ok(count)
    }

    /// Sends it decoded, as a literal8. It is read twice, so that no more than a slice has to be held.
    pub(super) async fn send(
        &self,
        session: &mut Session<'_>,
        email: &Email,
        partial: Option<Partial>,
    ) -> Result<(), Stop> {
        let octets = self.octets(session, email).await?;
        let wanted = cut(&(0..octets), partial);
        let out = session.channel.out();
        out.push(b'~');
        print::literal_size(out, wanted.end.saturating_sub(wanted.start));
        let mut decoding = Decoding::new(self, email);
        let mut at = 0u64;
        while at < wanted.end {
            let Some(some) = decoding.next(session).map_err(break_off)? else {
                return Err(break_off(Fault::new("a part changed while it was read").into()));
            };
            let here = u64::try_from(some.len()).unwrap_or(u64::MAX);
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
}

impl<'e> Decoding<'e> {
    fn new(encoded: &Encoded, email: &'e Email) -> Decoding<'e> {
        let slices = Slices::new(email, encoded.range.clone());
        Decoding { slices, decoder: Decoder::new(&encoded.encoding) }
    }

    /// The next decoded octets, maybe none yet.
    fn next(&mut self, session: &Session<'_>) -> Result<Option<Vec<u8>>, Stop> {
        let mut out = Vec::new();
        match self.slices.next(session)? {
            Some(slice) => {
                if let Some(decoder) = &mut self.decoder {
                    decoder.push(&slice, &mut out);
                }
                Ok(Some(out))
            }
            None => Ok(self.decoder.take().map(|decoder| {
                decoder.finish(&mut out);
                out
            })),
        }
    }
}

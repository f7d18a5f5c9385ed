//! What FETCH answers, as a client reads it (RFC 9051, 7.5.2).

use mailbox::ModSeq;

use super::{Envelope, Part, Section, SectionText, Structure};
use crate::limits::FETCH_ITEMS_MAX;
use crate::wire::{Args, DateTime, FlagList, Text, flag_list};
use crate::{Dialect, Syntax};

/// The answer for one message; also what a server sends unasked when flags change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The message's sequence number.
    pub number: u32,
    /// What is told of it, in the order sent.
    pub answers: Vec<Answer>,
}

/// One item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// `BINARY[...]`; none: there is no such part.
    Binary {
        /// Which part.
        part: Part,
        /// The index of the first octet, where only some were asked for.
        origin: Option<u64>,
        /// The octets.
        octets: Option<Octets>,
    },
    /// `BINARY.SIZE[...]`
    BinarySize(Part, u64),
    /// `BODY`: the structure without extensions.
    Body(Structure),
    /// `BODY[...]`; the old names come as what they mean. None: there is no such section.
    Section {
        /// Which section.
        section: Section,
        /// The index of the first octet, where only some were asked for.
        origin: Option<u64>,
        /// The octets.
        octets: Option<Octets>,
    },
    /// `BODYSTRUCTURE`
    BodyStructure(Structure),
    /// `EMAILID`
    EmailId(String),
    /// `ENVELOPE`
    Envelope(Box<Envelope>),
    /// `FLAGS`
    Flags(FlagList),
    /// `INTERNALDATE`
    InternalDate(DateTime),
    /// `MODSEQ`
    ModSeq(ModSeq),
    /// `RFC822.SIZE`
    Size(u64),
    /// `THREADID`
    ThreadId(Option<String>),
    /// `UID`
    Uid(u32),
    /// An item we do not know, by its name.
    Other(String),
}

/// Octets of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Octets {
    /// Here they are.
    Here(Vec<u8>),
    /// There were this many; they were handed out as they came.
    Streamed(u64),
}

impl Octets {
    fn of(text: Text<'_>) -> Octets {
        match text {
            Text::Here(octets) => Octets::Here(octets.into_owned()),
            Text::Streamed(octets) => Octets::Streamed(octets),
        }
    }
}

impl Fetched {
    /// The UID, if it was told.
    pub fn uid(&self) -> Option<u32> {
        self.find(|answer| if let Answer::Uid(uid) = answer { Some(*uid) } else { None })
    }

    /// The flags, if they were told.
    pub fn flags(&self) -> Option<&FlagList> {
        self.find(|answer| if let Answer::Flags(flags) = answer { Some(flags) } else { None })
    }

    /// The octets of the first section, if one was told and is here.
    pub fn section(&self) -> Option<&[u8]> {
        self.find(|answer| {
            if let Answer::Section { octets: Some(Octets::Here(octets)), .. } = answer {
                Some(octets.as_slice())
            } else {
                None
            }
        })
    }

    fn find<'a, T>(&'a self, pick: impl Fn(&'a Answer) -> Option<T>) -> Option<T> {
        self.answers.iter().find_map(pick)
    }

    /// Takes what follows `* n FETCH `.
    pub(crate) fn parse(args: &mut Args<'_>, number: u32) -> Result<Fetched, Syntax> {
        let (answers, end) = parse_answers(args)?;
        match end {
            End::Closed => Ok(Fetched { number, answers }),
            End::CutShort => Err(args.expected(")")),
        }
    }

    /// Reads `* n FETCH (` up to an item whose octets are to be streamed next; that item is the last answer.
    pub(crate) fn parse_head(
        octets: &[u8],
        dialect: Dialect,
        streamed: &[usize],
    ) -> Result<Fetched, Syntax> {
        let mut args = Args::with_streamed(octets, dialect, streamed);
        if !args.eat_text("* ") {
            return Err(args.expected("* "));
        }
        let number = args.nz_number()?;
        if !args.eat_text(" FETCH ") {
            return Err(args.expected("FETCH"));
        }
        let (answers, end) = parse_answers(&mut args)?;
        match end {
            End::CutShort => Ok(Fetched { number, answers }),
            End::Closed => Err(args.expected("a literal")),
        }
    }
}

#[derive(PartialEq, Eq)]
enum End {
    /// With `)`.
    Closed,
    /// Where a streamed literal begins.
    CutShort,
}

fn parse_answers(args: &mut Args<'_>) -> Result<(Vec<Answer>, End), Syntax> {
    args.open()?;
    let mut answers = Vec::with_capacity(2);
    if args.eat(b')') {
        return Ok((answers, End::Closed));
    }
    loop {
        if answers.len() >= FETCH_ITEMS_MAX {
            return Err(args.expected("fewer items"));
        }
        answers.push(parse_answer(args)?);
        if args.eat(b')') {
            return Ok((answers, End::Closed));
        }
        if args.is_empty() {
            return Ok((answers, End::CutShort));
        }
        args.take(b' ', "a space or )")?;
        // imap.qq.com sends a space before the end.
        if args.eat(b')') {
            return Ok((answers, End::Closed));
        }
    }
}

fn parse_answer(args: &mut Args<'_>) -> Result<Answer, Syntax> {
    let name = args.word("a FETCH item")?;
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if args.peek() == Some(b'[') {
        return parse_octets(args, name);
    }
    args.space()?;
    if is("FLAGS") {
        return flag_list(args).map(Answer::Flags);
    }
    if is("UID") {
        return args.nz_number().map(Answer::Uid);
    }
    match name.to_ascii_uppercase().as_str() {
        "MODSEQ" => {
            args.open()?;
            let modseq = args.number64()?;
            args.close()?;
            Ok(Answer::ModSeq(ModSeq(modseq)))
        }
        "INTERNALDATE" => DateTime::parse(args).map(Answer::InternalDate),
        "RFC822.SIZE" => args.number64().map(Answer::Size),
        "ENVELOPE" => Envelope::parse(args).map(|envelope| Answer::Envelope(Box::new(envelope))),
        "BODY" => Structure::parse(args).map(Answer::Body),
        "BODYSTRUCTURE" => Structure::parse(args).map(Answer::BodyStructure),
        "RFC822" => old_name(args, SectionText::All),
        "RFC822.HEADER" => old_name(args, SectionText::Header),
        "RFC822.TEXT" => old_name(args, SectionText::Text),
        "EMAILID" => object_id(args).map(Answer::EmailId),
        "THREADID" if args.eat_nil() => Ok(Answer::ThreadId(None)),
        "THREADID" => object_id(args).map(|id| Answer::ThreadId(Some(id))),
        _ => args.skip_value().map(|()| Answer::Other(name.to_owned())),
    }
}

fn parse_octets(args: &mut Args<'_>, name: &str) -> Result<Answer, Syntax> {
    if name.eq_ignore_ascii_case("BODY") {
        let section = Section::parse(args)?;
        let origin = parse_origin(args)?;
        let octets = nstring(args)?;
        return Ok(Answer::Section { section, origin, octets });
    }
    let part = Part::parse_in_brackets(args)?;
    if name.eq_ignore_ascii_case("BINARY.SIZE") {
        args.space()?;
        return Ok(Answer::BinarySize(part, args.number64()?));
    }
    if !name.eq_ignore_ascii_case("BINARY") {
        return Err(args.expected("BODY, BINARY or BINARY.SIZE before ["));
    }
    let origin = parse_origin(args)?;
    let octets = nstring(args)?;
    Ok(Answer::Binary { part, origin, octets })
}

fn parse_origin(args: &mut Args<'_>) -> Result<Option<u64>, Syntax> {
    let mut origin = None;
    if args.eat(b'<') {
        origin = Some(args.number64()?);
        args.take(b'>', ">")?;
    }
    args.space()?;
    Ok(origin)
}

fn nstring(args: &mut Args<'_>) -> Result<Option<Octets>, Syntax> {
    Ok(args.nstring_streamed()?.map(Octets::of))
}

fn old_name(args: &mut Args<'_>, text: SectionText) -> Result<Answer, Syntax> {
    let section = Section { part: Part::default(), text };
    Ok(Answer::Section { section, origin: None, octets: nstring(args)? })
}

fn object_id(args: &mut Args<'_>) -> Result<String, Syntax> {
    args.open()?;
    let id = args.atom("an object identity")?.to_owned();
    args.close()?;
    Ok(id)
}

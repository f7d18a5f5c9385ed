//! What FETCH answers, as a client reads it (RFC 9051, 7.5.2).

use super::Answer;
use super::item::Row;
use crate::limits::FETCH_ITEMS_MAX;
use crate::wire::{Args, By, FlagList, Text};
use crate::{Dialect, Syntax};

/// The answer for one message; also what a server sends unasked when flags change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The message's sequence number; 0 after UIDONLY, when it has only a UID, which is among the answers (RFC 9586, 3.3).
    pub number: u32,
    /// What is told of it, in the order sent.
    pub answers: Vec<Answer>,
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

    /// Takes what follows `* n FETCH ` or `* n UIDFETCH `.
    pub(crate) fn parse(args: &mut Args<'_>, by: By, number: u32) -> Result<Fetched, Syntax> {
        let (answers, end) = parse_answers(args)?;
        match end {
            End::Closed => Ok(Fetched::of(by, number, answers)),
            End::CutShort => Err(args.expected(")")),
        }
    }

    fn of(by: By, number: u32, answers: Vec<Answer>) -> Fetched {
        let mut fetched = Fetched { number, answers };
        if by == By::Uid {
            fetched.number = 0;
            if fetched.uid().is_none() {
                fetched.answers.insert(0, Answer::Uid(number));
            }
        }
        fetched
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
        let by = if args.eat_text(" FETCH ") {
            By::Number
        } else if args.eat_text(" UIDFETCH ") {
            By::Uid
        } else {
            return Err(args.expected("FETCH or UIDFETCH"));
        };
        let (answers, end) = parse_answers(&mut args)?;
        match end {
            End::CutShort => Ok(Fetched::of(by, number, answers)),
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
    let row = Row::find(name, args);
    if args.peek() == Some(b'[') {
        let error = args.expected("BODY, BINARY or BINARY.SIZE before [");
        let parse = row.and_then(|row| row.parse_answer).ok_or(error)?;
        return parse(args);
    }
    args.space()?;
    match row.and_then(|row| row.parse_answer) {
        Some(parse) => parse(args),
        None => args.skip_value().map(|()| Answer::Other(name.to_owned())),
    }
}

/// Takes the index of the first octet, where there is one, and the space behind it.
pub(crate) fn parse_origin(args: &mut Args<'_>) -> Result<Option<u64>, Syntax> {
    let mut origin = None;
    if args.eat(b'<') {
        origin = Some(args.number64()?);
        args.take(b'>', ">")?;
    }
    args.space()?;
    Ok(origin)
}

/// Takes octets of a message, or NIL.
pub(crate) fn nstring(args: &mut Args<'_>) -> Result<Option<Octets>, Syntax> {
    Ok(args.nstring_streamed()?.map(Octets::of))
}

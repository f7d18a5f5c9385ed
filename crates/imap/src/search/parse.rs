//! Reads search keys, without recursion: what is open lies on a stack of bounded depth (RFC 9051, 9: search-key).

use mailbox::ModSeq;

use super::{DateOf, EnvelopeField, Key, Lies, SystemFlag};
use crate::Syntax;
use crate::limits::{NESTING_DEPTH_MAX, SEARCH_KEYS_MAX};
use crate::wire::{Args, Date, Messages};

/// What is open.
enum Open {
    /// The whole program.
    Program(Vec<Key>),
    /// `(`
    Parenthesis(Vec<Key>),
    /// `OR`: so many keys are still to come. An OR within an OR asks for one more, so that a chain of them, which is how
    /// clients write a search in many fields, costs no depth.
    Or { keys: Vec<Key>, missing: usize },
    /// `NOT`
    Not,
}

/// Takes keys up to the end of the command.
pub(crate) fn parse_program(args: &mut Args<'_>, charset: Option<&str>) -> Result<Key, Syntax> {
    let texts = Texts::of(charset);
    let mut open = vec![Open::Program(Vec::new())];
    let mut count = 0usize;
    loop {
        count = count.saturating_add(1);
        if count > SEARCH_KEYS_MAX {
            return Err(args.expected("fewer search keys"));
        }
        if open.len() > NESTING_DEPTH_MAX {
            return Err(args.expected("search keys nested less deeply"));
        }
        if args.eat(b'(') {
            open.push(Open::Parenthesis(Vec::new()));
        } else if args.eat_text("NOT ") {
            open.push(Open::Not);
        } else if args.eat_text("OR ") {
            match open.last_mut() {
                Some(Open::Or { missing, .. }) => *missing = missing.saturating_add(1),
                _ => open.push(Open::Or { keys: Vec::new(), missing: 2 }),
            }
        } else {
            let key = parse_key(args, texts)?;
            if let Some(program) = close(args, &mut open, key)? {
                return Ok(program);
            }
        }
    }
}

/// Puts a key where it belongs, and closes what it completes. The program, if that was its last key.
fn close(args: &mut Args<'_>, open: &mut Vec<Open>, mut key: Key) -> Result<Option<Key>, Syntax> {
    loop {
        match open.pop() {
            None => return Ok(Some(key)),
            Some(Open::Not) => key = key.negate(),
            Some(Open::Or { mut keys, missing }) => {
                if let Key::Or(more) = key {
                    keys.extend(more);
                } else {
                    keys.push(key);
                }
                let missing = missing.saturating_sub(1);
                if missing > 0 {
                    args.space()?;
                    open.push(Open::Or { keys, missing });
                    return Ok(None);
                }
                key = Key::Or(keys);
            }
            Some(Open::Parenthesis(mut keys)) => {
                keys.push(key);
                if !args.eat(b')') {
                    args.take(b' ', "a space or )")?;
                    open.push(Open::Parenthesis(keys));
                    return Ok(None);
                }
                key = Key::and(keys);
            }
            Some(Open::Program(mut keys)) => {
                keys.push(key);
                if args.is_empty() || args.rest() == b" " {
                    return Ok(Some(Key::and(keys)));
                }
                args.space()?;
                open.push(Open::Program(keys));
                return Ok(None);
            }
        }
    }
}

/// How the texts of this search are to be read.
#[derive(Clone, Copy)]
enum Texts {
    /// As UTF-8; ASCII is that too.
    Utf8,
    /// Not at all: the search is going to be refused.
    Unknown,
}

impl Texts {
    fn of(charset: Option<&str>) -> Texts {
        let known = |charset: &str| {
            charset.eq_ignore_ascii_case("UTF-8") || charset.eq_ignore_ascii_case("US-ASCII")
        };
        if charset.is_none_or(known) { Texts::Utf8 } else { Texts::Unknown }
    }

    fn parse(self, args: &mut Args<'_>) -> Result<String, Syntax> {
        args.space()?;
        match self {
            Texts::Utf8 => args.astring_text().map(std::borrow::Cow::into_owned),
            Texts::Unknown => {
                args.astring().map(|octets| String::from_utf8_lossy(&octets).into_owned())
            }
        }
    }
}

fn parse_key(args: &mut Args<'_>, texts: Texts) -> Result<Key, Syntax> {
    if args.peek().is_some_and(|octet| octet.is_ascii_digit() || matches!(octet, b'*' | b'$')) {
        return Messages::parse(args).map(Key::Numbers);
    }
    let error = args.expected("a search key like ALL, FROM or UNSEEN");
    let mut space = [0; 16];
    let name = upper(args.word(error.expected)?, &mut space).ok_or(error)?;
    if let Some(key) = plain_key(name) {
        return Ok(key);
    }
    if let Some(key) = date_key(name) {
        let (of, lies) = key;
        args.space()?;
        return Ok(Key::Date { of, lies, date: Date::parse(args)? });
    }
    let envelope =
        |args: &mut Args<'_>, field| texts.parse(args).map(|text| Key::Envelope { field, text });
    match name {
        "BCC" => envelope(args, EnvelopeField::Bcc),
        "CC" => envelope(args, EnvelopeField::Cc),
        "FROM" => envelope(args, EnvelopeField::From),
        "SUBJECT" => envelope(args, EnvelopeField::Subject),
        "TO" => envelope(args, EnvelopeField::To),
        "BODY" => texts.parse(args).map(Key::Body),
        "TEXT" => texts.parse(args).map(Key::Text),
        "HEADER" => {
            let field = Texts::Utf8.parse(args)?;
            Ok(Key::Header { field, text: texts.parse(args)? })
        }
        "KEYWORD" => keyword(args).map(Key::Keyword),
        "UNKEYWORD" => keyword(args).map(|keyword| Key::Keyword(keyword).negate()),
        "LARGER" => number(args).map(Key::Larger),
        "SMALLER" => number(args).map(Key::Smaller),
        "UID" => {
            args.space()?;
            Messages::parse(args).map(Key::Uids)
        }
        "MODSEQ" => modseq(args),
        "EMAILID" => keyword(args).map(Key::EmailId),
        "THREADID" => keyword(args).map(Key::ThreadId),
        _ => Err(error),
    }
}

/// A word in capitals; none if it is longer than any key.
fn upper<'s>(word: &str, space: &'s mut [u8; 16]) -> Option<&'s str> {
    let space = space.get_mut(..word.len())?;
    space.copy_from_slice(word.as_bytes());
    space.make_ascii_uppercase();
    std::str::from_utf8(space).ok()
}

fn plain_key(name: &str) -> Option<Key> {
    let flag = |name: &str| match name {
        "ANSWERED" => Some(SystemFlag::Answered),
        "DELETED" => Some(SystemFlag::Deleted),
        "DRAFT" => Some(SystemFlag::Draft),
        "FLAGGED" => Some(SystemFlag::Flagged),
        "SEEN" => Some(SystemFlag::Seen),
        _ => None,
    };
    let recent = Key::Flag(SystemFlag::Recent);
    match name {
        "ALL" => Some(Key::All),
        "RECENT" => Some(recent),
        "OLD" => Some(recent.negate()),
        "NEW" => Some(Key::And(vec![recent, Key::Flag(SystemFlag::Seen).negate()])),
        _ => match name.strip_prefix("UN") {
            Some(name) => flag(name).map(|flag| Key::Flag(flag).negate()),
            None => flag(name).map(Key::Flag),
        },
    }
}

fn date_key(name: &str) -> Option<(DateOf, Lies)> {
    let (of, name) = match name.strip_prefix("SENT") {
        Some(name) => (DateOf::Sent, name),
        None => (DateOf::Arrival, name),
    };
    match name {
        "BEFORE" => Some((of, Lies::Before)),
        "ON" => Some((of, Lies::On)),
        "SINCE" => Some((of, Lies::Since)),
        _ => None,
    }
}

fn keyword(args: &mut Args<'_>) -> Result<String, Syntax> {
    args.space()?;
    args.atom("an atom").map(str::to_owned)
}

fn number(args: &mut Args<'_>) -> Result<u64, Syntax> {
    args.space()?;
    args.number64()
}

/// `MODSEQ 620` or `MODSEQ "/flags/\\draft" all 620`. We keep one mod-sequence a message, so the flag is passed over
/// (RFC 7162, 3.1.5).
fn modseq(args: &mut Args<'_>) -> Result<Key, Syntax> {
    args.space()?;
    if args.peek() == Some(b'"') {
        args.quoted()?;
        args.space()?;
        if !["PRIV", "SHARED", "ALL"].into_iter().any(|kind| args.eat_text(kind)) {
            return Err(args.expected("priv, shared or all"));
        }
        args.space()?;
    }
    args.number64().map(|number| Key::ModSeq(ModSeq(number)))
}

//! Reads search keys, without recursion: what is open lies on a stack of bounded depth (RFC 9051, 9: search-key).

use super::Key;
use super::key::Texts;
use super::keys::{Numbers, TABLE};
use crate::limits::{NESTING_DEPTH_MAX, SEARCH_KEYS_MAX};
use crate::wire::{Args, Messages};
use crate::{Dialect, Syntax};

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
    /// `FUZZY` (RFC 6203, 3)
    Fuzzy,
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
        } else if args.eat_text("FUZZY ") {
            open.push(Open::Fuzzy);
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
            Some(Open::Fuzzy) => key = key.fuzzy(),
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

/// The names of filters begin with this (RFC 5466, 3.2).
pub(crate) const FILTERS: &str = "/private/filters/values/";

/// Reads a search that is kept under a name (RFC 5466, 3.2: search-criteria). Texts are in UTF-8.
pub(crate) fn parse_filter(value: &[u8]) -> Result<Key, Syntax> {
    parse_program(&mut Args::new(value, Dialect::REV2), None)
}

fn parse_key(args: &mut Args<'_>, texts: Texts) -> Result<Key, Syntax> {
    if args.peek().is_some_and(|octet| octet.is_ascii_digit() || matches!(octet, b'*' | b'$')) {
        return Messages::parse(args).map(|messages| Numbers(messages).into());
    }
    let error = args.expected("a search key like ALL, FROM or UNSEEN");
    let name = args.word(error.expected)?;
    let row = TABLE.iter().find(|row| row.name.eq_ignore_ascii_case(name)).ok_or(error)?;
    (row.parse)(args, texts)
}

//! Flags and keywords by name (RFC 9051, 2.3.2).

use super::Args;
use super::args::{Class, of_class};
use crate::Syntax;
use crate::limits::FLAGS_MAX;

/// A flag or keyword.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Flag {
    /// `\Seen`
    Seen,
    /// `\Answered`
    Answered,
    /// `\Flagged`
    Flagged,
    /// `\Deleted`
    Deleted,
    /// `\Draft`
    Draft,
    /// `\Recent`, which IMAP4rev1 servers show and nobody can set.
    Recent,
    /// `\*`: new keywords can be made (in PERMANENTFLAGS).
    Any,
    /// Another `\` flag, without the backslash.
    Extension(String),
    /// A keyword, as written. Keywords are the same in any case.
    Keyword(String),
}

static SYSTEM: [(&str, Flag); 6] = [
    ("Seen", Flag::Seen),
    ("Answered", Flag::Answered),
    ("Flagged", Flag::Flagged),
    ("Deleted", Flag::Deleted),
    ("Draft", Flag::Draft),
    ("Recent", Flag::Recent),
];

impl Flag {
    /// Takes a flag.
    pub fn parse(args: &mut Args<'_>) -> Result<Flag, Syntax> {
        if !args.eat(b'\\') {
            // A `]` in a keyword is against the grammar, but servers hold such keywords, and clients give them back.
            return args
                .run_of(Class::Astring, "a flag")
                .map(|keyword| Flag::Keyword(keyword.to_owned()));
        }
        if args.eat(b'*') {
            return Ok(Flag::Any);
        }
        let name = args.atom("the name of a flag after \\")?;
        let system = SYSTEM.iter().find(|(system, _)| system.eq_ignore_ascii_case(name));
        Ok(system.map_or_else(|| Flag::Extension(name.to_owned()), |(_, flag)| flag.clone()))
    }

    /// Appends the flag as written on the wire; octets that no flag may have are left out.
    pub fn print(&self, out: &mut Vec<u8>) {
        let fits = |octet: &u8| of_class(*octet, Class::Astring);
        match self {
            Flag::Seen => out.extend_from_slice(b"\\Seen"),
            Flag::Answered => out.extend_from_slice(b"\\Answered"),
            Flag::Flagged => out.extend_from_slice(b"\\Flagged"),
            Flag::Deleted => out.extend_from_slice(b"\\Deleted"),
            Flag::Draft => out.extend_from_slice(b"\\Draft"),
            Flag::Recent => out.extend_from_slice(b"\\Recent"),
            Flag::Any => out.extend_from_slice(b"\\*"),
            Flag::Extension(name) => {
                out.push(b'\\');
                out.extend(name.bytes().filter(fits));
            }
            Flag::Keyword(name) => out.extend(name.bytes().filter(fits)),
        }
    }
}

/// Flags in the order given.
pub type FlagList = Vec<Flag>;

/// Takes `(` flags `)`.
pub(crate) fn flag_list(args: &mut Args<'_>) -> Result<FlagList, Syntax> {
    args.list_or_empty(FLAGS_MAX, Flag::parse)
}

/// Takes flags with or without parentheses around them (RFC 9051, 9: store-att-flags).
pub(crate) fn flags_bare_or_list(args: &mut Args<'_>) -> Result<FlagList, Syntax> {
    if args.peek() == Some(b'(') {
        return flag_list(args);
    }
    let mut flags = vec![Flag::parse(args)?];
    while args.eat(b' ') {
        if args.is_empty() {
            break;
        }
        if flags.len() >= FLAGS_MAX {
            return Err(args.expected("fewer flags"));
        }
        flags.push(Flag::parse(args)?);
    }
    Ok(flags)
}

/// Appends `(` flags `)`.
pub(crate) fn print_flag_list(out: &mut Vec<u8>, flags: &[Flag]) {
    out.push(b'(');
    for (index, flag) in flags.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        flag.print(out);
    }
    out.push(b')');
}

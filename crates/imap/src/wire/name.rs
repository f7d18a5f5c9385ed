//! Mailbox names and LIST patterns as a peer writes them, decoded to UTF-8 (RFC 9051, 5.1). Whether a name can be a
//! mailbox is the model's to say.

use std::borrow::Cow;

use super::args::{Class, of_class, utf8};
use super::{Args, utf7};
use crate::Syntax;

/// A mailbox name in UTF-8, as the peer gave it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Name(pub String);

impl Name {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a name from a server, whatever it is: one that is not canonical is kept as it came. It may then not be
    /// possible to name it back, but it must not spoil the list of all the others.
    pub(crate) fn parse_any(args: &mut Args<'_>) -> Result<Name, Syntax> {
        let error = args.expected("a mailbox name");
        let octets = args.astring()?;
        let text = String::from_utf8_lossy(&octets).into_owned();
        Ok(Name(decode(args, octets, error).unwrap_or(text)))
    }

    /// Takes what a client wants to have put before patterns. Like them, it need not be a name.
    pub fn parse_reference(args: &mut Args<'_>) -> Result<Name, Syntax> {
        let error = args.expected("a reference name");
        let octets = args.astring()?;
        decode_pattern(args, octets, error).map(Name)
    }

    /// Takes a name from a client.
    pub fn parse(args: &mut Args<'_>) -> Result<Name, Syntax> {
        let error = args.expected("a mailbox name");
        let octets = args
            .astring()
            .map_err(|syntax| if syntax.index == error.index { error } else { syntax })?;
        decode(args, octets, error).map(Name)
    }
}

impl From<&str> for Name {
    fn from(name: &str) -> Name {
        Name(name.to_owned())
    }
}

/// A LIST pattern in UTF-8: `*` stands for anything, `%` for anything within one level (RFC 9051, 6.3.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(pub String);

impl Pattern {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a pattern. It need not be a name: `&` may stand for itself, and a wildcard may cut off a stretch of modified
    /// UTF-7.
    pub fn parse(args: &mut Args<'_>) -> Result<Pattern, Syntax> {
        let error = args.expected("a mailbox pattern");
        let octets = match args.peek() {
            Some(b'"' | b'{') => args.string()?,
            _ => {
                let plain = |octet| of_class(octet, Class::List) || octet >= 0x80;
                let octets = args.run(plain);
                if octets.is_empty() {
                    return Err(error);
                }
                Cow::Borrowed(octets)
            }
        };
        decode_pattern(args, octets, error).map(Pattern)
    }
}

fn decode_pattern(args: &Args<'_>, octets: Cow<'_, [u8]>, error: Syntax) -> Result<String, Syntax> {
    let text = utf8(octets).ok_or(Syntax { expected: "a mailbox pattern in UTF-8", ..error })?;
    let is_utf7 = text.is_ascii() && !args.dialect().is_utf8();
    Ok(if is_utf7 { utf7::decode_pattern(&text) } else { text.into_owned() })
}

fn decode(args: &Args<'_>, octets: Cow<'_, [u8]>, error: Syntax) -> Result<String, Syntax> {
    let text = utf8(octets).ok_or(Syntax { expected: "a mailbox name in UTF-8", ..error })?;
    if args.dialect().is_utf8() {
        return Ok(text.into_owned());
    }
    if text.is_ascii() {
        return utf7::decode(&text)
            .ok_or(Syntax { expected: "a mailbox name in modified UTF-7", ..error });
    }
    // Python's imaplib and curl send what they are given, and people give them UTF-8 without ENABLE. Nothing else can
    // be meant, since modified UTF-7 is ASCII.
    Ok(text.into_owned())
}

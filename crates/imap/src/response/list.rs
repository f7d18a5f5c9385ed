//! LIST and LSUB: one mailbox (RFC 9051, 7.3.1).

use std::borrow::Cow;

use crate::limits::ATTRIBUTES_MAX;
use crate::wire::{Args, Name, print};
use crate::{Dialect, Syntax};

/// One mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListLine {
    /// What it is, without backslashes: `HasNoChildren`, `Sent`, `NonExistent`.
    pub attributes: Vec<Cow<'static, str>>,
    /// What stands between levels; none: names are flat.
    pub separator: Option<char>,
    /// Its name.
    pub mailbox: Name,
    /// `CHILDINFO`: by which selection options mailboxes below it were found (RFC 5258, 3.5). Empty: not told.
    pub child_info: Vec<Cow<'static, str>>,
    /// `OLDNAME`: the name it had (RFC 9051, 6.3.9.7).
    pub old_name: Option<Name>,
}

impl ListLine {
    /// Whether it has an attribute, in any case.
    pub fn has(&self, attribute: &str) -> bool {
        self.attributes.iter().any(|known| known.eq_ignore_ascii_case(attribute))
    }

    /// Appends what follows `LIST `.
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.push(b'(');
        for (index, attribute) in self.attributes.iter().enumerate() {
            out.extend_from_slice(if index > 0 { b" \\" } else { b"\\" });
            out.extend_from_slice(attribute.as_bytes());
        }
        out.extend_from_slice(b") ");
        print_separator(out, self.separator);
        out.push(b' ');
        print::mailbox(out, self.mailbox.as_str(), dialect);
        if !self.child_info.is_empty() || self.old_name.is_some() {
            self.print_extended(out, dialect);
        }
    }

    fn print_extended(&self, out: &mut Vec<u8>, dialect: Dialect) {
        let mut before: &[u8] = b" (";
        if !self.child_info.is_empty() {
            out.extend_from_slice(before);
            out.extend_from_slice(b"CHILDINFO (");
            for (index, option) in self.child_info.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                print::quoted(out, option.as_bytes());
            }
            out.push(b')');
            before = b" ";
        }
        if let Some(name) = &self.old_name {
            out.extend_from_slice(before);
            out.extend_from_slice(b"OLDNAME (");
            print::mailbox(out, name.as_str(), dialect);
            out.push(b')');
        }
        out.push(b')');
    }

    /// Takes what follows `LIST`.
    pub(super) fn parse(args: &mut Args<'_>) -> Result<ListLine, Syntax> {
        args.space()?;
        let attributes = args.list_or_empty(ATTRIBUTES_MAX, |args| {
            args.take(b'\\', "\\")?;
            args.atom("an attribute").map(|name| Cow::Owned(name.to_owned()))
        })?;
        args.space()?;
        let separator = parse_separator(args)?;
        args.space()?;
        let mailbox = Name::parse_any(args)?;
        let child_info = Vec::new();
        let mut line = ListLine { attributes, separator, mailbox, child_info, old_name: None };
        if args.eat(b' ') && args.peek() == Some(b'(') {
            args.list_or_empty(ATTRIBUTES_MAX, |args| line.parse_extended(args))?;
        }
        Ok(line)
    }

    fn parse_extended(&mut self, args: &mut Args<'_>) -> Result<(), Syntax> {
        let name = args.astring()?.to_ascii_uppercase();
        args.space()?;
        match name.as_slice() {
            b"CHILDINFO" => {
                self.child_info = args.list(ATTRIBUTES_MAX, |args| {
                    Ok(Cow::Owned(args.astring_text()?.to_ascii_uppercase()))
                })?;
            }
            b"OLDNAME" => {
                args.open()?;
                self.old_name = Some(Name::parse_any(args)?);
                args.close()?;
            }
            _ => args.skip_value()?,
        }
        Ok(())
    }
}

/// Appends the separator in quotes, or NIL.
pub(super) fn print_separator(out: &mut Vec<u8>, separator: Option<char>) {
    match separator {
        Some(separator) => print::quoted(out, separator.encode_utf8(&mut [0; 4]).as_bytes()),
        None => out.extend_from_slice(b"NIL"),
    }
}

/// Takes the separator in quotes, or NIL.
pub(super) fn parse_separator(args: &mut Args<'_>) -> Result<Option<char>, Syntax> {
    let error = args.expected("a separator of one character, or NIL");
    let Some(text) = args.nstring_text()? else { return Ok(None) };
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (separator, None) => Ok(separator),
        (_, Some(_)) => Err(error),
    }
}

//! METADATA: annotations of a mailbox or of the server, or only the names of those that changed (RFC 5464, 4.4).

use mailbox::AnnotationName;

use crate::limits::ANNOTATIONS_MAX;
use crate::wire::{Args, Name, print};
use crate::{Dialect, Syntax};

/// Annotations of a mailbox, or of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetadataLine {
    /// The mailbox; the empty name stands for the server.
    pub mailbox: Name,
    /// Which.
    pub entries: MetadataEntries,
}

/// What is told of annotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataEntries {
    /// Their values; none: there is no such annotation.
    Values(Vec<(AnnotationName, Option<Vec<u8>>)>),
    /// That they changed.
    Names(Vec<AnnotationName>),
}

/// Takes the name of an annotation (RFC 5464, 5: entry).
pub(crate) fn parse_name(args: &mut Args<'_>) -> Result<AnnotationName, Syntax> {
    let error = args.expected("the name of an annotation like /private/comment or /shared/comment");
    AnnotationName::new(&args.astring_text()?).ok_or(error)
}

/// Takes the value of an annotation: a string, a literal8 or NIL.
pub(crate) fn parse_value(args: &mut Args<'_>) -> Result<Option<Vec<u8>>, Syntax> {
    let error = args.expected("a string or NIL");
    match args.nstring_streamed()? {
        None => Ok(None),
        Some(crate::wire::Text::Here(octets)) => Ok(Some(octets.into_owned())),
        Some(crate::wire::Text::Streamed(_)) => Err(error),
    }
}

impl MetadataLine {
    pub(super) fn print(&self, out: &mut Vec<u8>, dialect: Dialect) {
        out.extend_from_slice(b"METADATA ");
        print::mailbox(out, self.mailbox.as_str(), dialect);
        match &self.entries {
            MetadataEntries::Names(names) => {
                for name in names {
                    out.push(b' ');
                    print::astring(out, name.as_str().as_bytes(), dialect);
                }
            }
            MetadataEntries::Values(values) => {
                for (index, (name, value)) in values.iter().enumerate() {
                    out.extend_from_slice(if index == 0 { b" (" } else { b" " });
                    print::astring(out, name.as_str().as_bytes(), dialect);
                    out.push(b' ');
                    print_value(out, value.as_deref(), dialect);
                }
                out.push(b')');
            }
        }
    }

    pub(super) fn parse(args: &mut Args<'_>) -> Result<MetadataLine, Syntax> {
        args.space()?;
        let mailbox = Name::parse_reference(args)?;
        args.space()?;
        let entries = if args.peek() == Some(b'(') {
            MetadataEntries::Values(args.list(ANNOTATIONS_MAX, |args| {
                let name = parse_name(args)?;
                args.space()?;
                Ok((name, parse_value(args)?))
            })?)
        } else {
            let mut names = vec![parse_name(args)?];
            while args.eat(b' ') && !args.is_empty() {
                if names.len() >= ANNOTATIONS_MAX {
                    return Err(args.expected("fewer names"));
                }
                names.push(parse_name(args)?);
            }
            MetadataEntries::Names(names)
        };
        Ok(MetadataLine { mailbox, entries })
    }
}

/// A value with NUL can stand only in a literal8 (RFC 9051, 9).
fn print_value(out: &mut Vec<u8>, value: Option<&[u8]>, dialect: Dialect) {
    match value {
        Some(octets) if memchr::memchr(0, octets).is_some() => {
            out.push(b'~');
            print::literal_size(out, u64::try_from(octets.len()).unwrap_or(u64::MAX));
            out.extend_from_slice(octets);
        }
        value => print::nstring(out, value, dialect),
    }
}

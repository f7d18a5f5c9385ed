//! Which octets of a message are meant: `[1.2.HEADER.FIELDS (From To)]<0.100>` (RFC 9051, 6.4.5 and 9: section).

use crate::limits::{HEADER_FIELDS_MAX, SECTION_DEPTH_MAX};
use crate::wire::{Args, print};
use crate::{Dialect, Syntax};

/// A part of a message by its numbers, outermost first; the empty one is the message itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part(pub Vec<u32>);

/// A section of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Which part.
    pub part: Part,
    /// What of it.
    pub text: SectionText,
}

/// What of a part is meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SectionText {
    /// All of it: `[]`, `[1]`.
    #[default]
    All,
    /// The header of a message: `[HEADER]`, `[1.HEADER]`.
    Header,
    /// Some header fields of a message: `[HEADER.FIELDS (From To)]`.
    HeaderFields(Vec<String>),
    /// The other header fields: `[HEADER.FIELDS.NOT (Received)]`.
    HeaderFieldsNot(Vec<String>),
    /// The body of a message: `[TEXT]`.
    Text,
    /// The header of a part: `[1.MIME]`.
    Mime,
}

/// Octets of a section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Partial {
    /// The first octet, from 0.
    pub from: u64,
    /// At most how many; at least 1.
    pub octets: u64,
}

impl Part {
    /// Takes `[` numbers `]`.
    pub(crate) fn parse_in_brackets(args: &mut Args<'_>) -> Result<Part, Syntax> {
        args.take(b'[', "[")?;
        let mut part = Part::default();
        while args.peek() != Some(b']') {
            if !part.0.is_empty() {
                args.take(b'.', ". or ]")?;
            }
            part.push(args)?;
        }
        args.take(b']', "]")?;
        Ok(part)
    }

    fn push(&mut self, args: &mut Args<'_>) -> Result<(), Syntax> {
        if self.0.len() >= SECTION_DEPTH_MAX {
            return Err(args.expected("fewer part numbers"));
        }
        self.0.push(args.nz_number()?);
        Ok(())
    }

    pub(crate) fn print_in_brackets(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        self.print(out);
        out.push(b']');
    }

    fn print(&self, out: &mut Vec<u8>) {
        for (index, number) in self.0.iter().enumerate() {
            if index > 0 {
                out.push(b'.');
            }
            print::number(out, u64::from(*number));
        }
    }
}

impl Section {
    /// Takes `[` section `]`.
    pub(crate) fn parse(args: &mut Args<'_>) -> Result<Section, Syntax> {
        args.take(b'[', "[")?;
        let mut part = Part::default();
        let mut text = SectionText::All;
        while args.peek() != Some(b']') {
            if !part.0.is_empty() {
                args.take(b'.', ". or ]")?;
            }
            if args.peek().is_some_and(|octet| octet.is_ascii_digit()) {
                part.push(args)?;
            } else {
                text = SectionText::parse(args, &part)?;
                break;
            }
        }
        args.take(b']', "]")?;
        Ok(Section { part, text })
    }

    /// Appends `[` section `]`.
    pub fn print(&self, out: &mut Vec<u8>) {
        out.push(b'[');
        self.part.print(out);
        if self.text != SectionText::All && !self.part.0.is_empty() {
            out.push(b'.');
        }
        self.text.print(out);
        out.push(b']');
    }
}

impl SectionText {
    fn parse(args: &mut Args<'_>, part: &Part) -> Result<SectionText, Syntax> {
        let error = args.expected("HEADER, HEADER.FIELDS, TEXT or, after a part, MIME");
        match args.word(error.expected)?.to_ascii_uppercase().as_str() {
            "HEADER" => Ok(SectionText::Header),
            "TEXT" => Ok(SectionText::Text),
            "MIME" if !part.0.is_empty() => Ok(SectionText::Mime),
            "HEADER.FIELDS" => fields(args).map(SectionText::HeaderFields),
            "HEADER.FIELDS.NOT" => fields(args).map(SectionText::HeaderFieldsNot),
            _ => Err(error),
        }
    }

    fn print(&self, out: &mut Vec<u8>) {
        match self {
            SectionText::All => {}
            SectionText::Header => out.extend_from_slice(b"HEADER"),
            SectionText::Text => out.extend_from_slice(b"TEXT"),
            SectionText::Mime => out.extend_from_slice(b"MIME"),
            SectionText::HeaderFields(fields) => {
                out.extend_from_slice(b"HEADER.FIELDS (");
                print_fields(fields, out);
            }
            SectionText::HeaderFieldsNot(fields) => {
                out.extend_from_slice(b"HEADER.FIELDS.NOT (");
                print_fields(fields, out);
            }
        }
    }
}

fn fields(args: &mut Args<'_>) -> Result<Vec<String>, Syntax> {
    args.space()?;
    args.list(HEADER_FIELDS_MAX, |args| {
        let error = args.expected("the name of a header field");
        let name = args.astring()?;
        let printable = |octet: &u8| octet.is_ascii_graphic() || *octet == b' ';
        if name.is_empty() || name.len() > 1000 || !name.iter().all(printable) {
            return Err(error);
        }
        Ok(String::from_utf8_lossy(&name).into_owned())
    })
}

fn print_fields(fields: &[String], out: &mut Vec<u8>) {
    for (index, field) in fields.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        print::astring(out, field.as_bytes(), Dialect::REV1);
    }
    out.push(b')');
}

impl Partial {
    /// Takes `<` from `.` octets `>` if it comes next.
    pub(crate) fn parse(args: &mut Args<'_>) -> Result<Option<Partial>, Syntax> {
        if !args.eat(b'<') {
            return Ok(None);
        }
        let from = args.number64()?;
        args.take(b'.', ".")?;
        let error = args.expected("at least 1 octet");
        let octets = args.number64()?;
        if octets == 0 {
            return Err(error);
        }
        args.take(b'>', ">")?;
        Ok(Some(Partial { from, octets }))
    }

    pub(crate) fn print(partial: Option<Partial>, out: &mut Vec<u8>) {
        if let Some(Partial { from, octets }) = partial {
            out.push(b'<');
            print::number(out, from);
            out.push(b'.');
            print::number(out, octets);
            out.push(b'>');
        }
    }
}

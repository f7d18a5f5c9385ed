//! BODYSTRUCTURE and BODY: the parts of a message (RFC 9051, 7.5.2 and 9: body). Printed and read without recursion.

use message::{Disposition, Kind, Languages, Outline, Parameters, Part, Step};

use super::Envelope;
use super::envelope::print_envelope;
use crate::limits::{STRUCTURE_DEPTH_MAX, STRUCTURE_ITEMS_MAX, STRUCTURE_PARTS_MAX};
use crate::wire::{Args, print};
use crate::{Dialect, Syntax};

/// Whether a structure has its extension fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extensions {
    /// BODYSTRUCTURE
    Shown,
    /// BODY
    Hidden,
}

/// Appends the structure of a message.
pub(crate) fn print_structure(
    out: &mut Vec<u8>,
    outline: &Outline<'_>,
    extensions: Extensions,
    dialect: Dialect,
) {
    for step in outline.walk() {
        match step {
            Step::Enter(part) => enter(out, &part, extensions, dialect),
            Step::Leave(part) => leave(out, &part, extensions, dialect),
        }
    }
}

fn enter(out: &mut Vec<u8>, part: &Part<'_>, extensions: Extensions, dialect: Dialect) {
    out.push(b'(');
    if part.kind == Kind::Multipart {
        return;
    }
    print::string(out, part.media_type, dialect);
    out.push(b' ');
    print::string(out, part.subtype, dialect);
    out.push(b' ');
    print_parameters(out, part.parameters, dialect);
    out.push(b' ');
    print::nstring(out, part.id, dialect);
    out.push(b' ');
    print::nstring(out, part.description, dialect);
    out.push(b' ');
    print::string(out, part.encoding, dialect);
    out.push(b' ');
    print::number(out, part.octets());
    match part.kind {
        Kind::Message => {
            out.push(b' ');
            print_envelope(out, &part.envelope.unwrap_or_default(), dialect);
            out.push(b' ');
        }
        Kind::Text => {
            out.push(b' ');
            print::number(out, part.lines);
            close(out, part, extensions, dialect);
        }
        Kind::Basic | Kind::Multipart => close(out, part, extensions, dialect),
    }
}

fn leave(out: &mut Vec<u8>, part: &Part<'_>, extensions: Extensions, dialect: Dialect) {
    out.push(b' ');
    if part.kind == Kind::Message {
        print::number(out, part.lines);
    } else {
        print::string(out, part.subtype, dialect);
    }
    close(out, part, extensions, dialect);
}

fn close(out: &mut Vec<u8>, part: &Part<'_>, extensions: Extensions, dialect: Dialect) {
    if extensions == Extensions::Shown {
        out.push(b' ');
        if part.kind == Kind::Multipart {
            print_parameters(out, part.parameters, dialect);
        } else {
            print::nstring(out, part.md5, dialect);
        }
        out.push(b' ');
        print_disposition(out, part.disposition, dialect);
        out.push(b' ');
        print_languages(out, part.languages, dialect);
        out.push(b' ');
        print::nstring(out, part.location, dialect);
    }
    out.push(b')');
}

fn print_parameters(out: &mut Vec<u8>, parameters: Parameters<'_>, dialect: Dialect) {
    if parameters.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    let mut before = b'(';
    for joined in parameters.joined() {
        out.push(before);
        print::string(out, &joined.name, dialect);
        out.push(b' ');
        print::string(out, &joined.value, dialect);
        before = b' ';
    }
    out.push(b')');
}

fn print_disposition(out: &mut Vec<u8>, shown: Option<Disposition<'_>>, dialect: Dialect) {
    let Some(shown) = shown else { return out.extend_from_slice(b"NIL") };
    out.push(b'(');
    print::string(out, shown.kind, dialect);
    out.push(b' ');
    print_parameters(out, shown.parameters, dialect);
    out.push(b')');
}

fn print_languages(out: &mut Vec<u8>, languages: Option<Languages<'_>>, dialect: Dialect) {
    let mut before = b'(';
    for tag in languages.iter().flat_map(Languages::iter) {
        out.push(before);
        print::string(out, tag, dialect);
        before = b' ';
    }
    out.extend_from_slice(if before == b'(' { b"NIL" } else { b")" });
}

/// The parts of a message as a server sent them, in pre-order; at least the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Structure {
    /// The parts.
    pub parts: Vec<PartStructure>,
}

/// One part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartStructure {
    /// The index of the multipart or message it lies in; none for the root.
    pub parent: Option<usize>,
    /// The media type; `multipart` for one.
    pub media_type: String,
    /// The media subtype.
    pub subtype: String,
    /// The parameters of Content-Type; of a multipart only in BODYSTRUCTURE.
    pub parameters: Vec<(String, String)>,
    /// Content-ID.
    pub id: Option<String>,
    /// Content-Description.
    pub description: Option<String>,
    /// Content-Transfer-Encoding; empty for a multipart.
    pub encoding: String,
    /// Octets of the body; 0 for a multipart.
    pub octets: u64,
    /// Lines, for text and messages.
    pub lines: Option<u64>,
    /// The envelope, for a message.
    pub envelope: Option<Box<Envelope>>,
    /// Content-MD5.
    pub md5: Option<String>,
    /// Content-Disposition and its parameters.
    pub disposition: Option<(String, Vec<(String, String)>)>,
    /// Content-Language.
    pub languages: Vec<String>,
    /// Content-Location.
    pub location: Option<String>,
}

impl PartStructure {
    /// Whether it has other parts in it as a multipart has.
    pub fn is_multipart(&self) -> bool {
        self.media_type == "multipart" && self.encoding.is_empty()
    }
}

impl Structure {
    /// Takes a structure.
    pub(crate) fn parse(args: &mut Args<'_>) -> Result<Structure, Syntax> {
        let mut parts: Vec<PartStructure> = Vec::new();
        let mut open: Vec<usize> = Vec::new();
        loop {
            let index = parts.len();
            if index >= STRUCTURE_PARTS_MAX || open.len() > STRUCTURE_DEPTH_MAX {
                return Err(args.expected("fewer parts"));
            }
            args.open()?;
            let parent = open.last().copied();
            if args.peek() == Some(b'(') {
                let media_type = "multipart".to_owned();
                parts.push(PartStructure { parent, media_type, ..PartStructure::default() });
                open.push(index);
                continue;
            }
            let part = parse_leaf(args, parent)?;
            let is_message = part.envelope.is_some();
            parts.push(part);
            if is_message {
                open.push(index);
                continue;
            }
            if close_open(args, &mut parts, &mut open)? {
                return Ok(Structure { parts });
            }
        }
    }
}

/// After a part has closed: closes those around it that are complete too. Whether all are.
fn close_open(
    args: &mut Args<'_>,
    parts: &mut [PartStructure],
    open: &mut Vec<usize>,
) -> Result<bool, Syntax> {
    loop {
        let Some(part) = open.last().and_then(|index| parts.get_mut(*index)) else {
            return Ok(true);
        };
        if part.envelope.is_some() {
            args.space()?;
            part.lines = Some(args.number64()?);
            if args.eat(b' ') {
                part.md5 = nstring(args)?;
                parse_extensions(args, part)?;
            }
        } else {
            if args.peek() == Some(b'(') || args.rest().starts_with(b" (") {
                args.eat(b' ');
                return Ok(false);
            }
            args.space()?;
            part.subtype = string(args)?;
            if args.eat(b' ') {
                part.parameters = parameters(args)?;
                parse_extensions(args, part)?;
            }
        }
        args.close()?;
        open.pop();
    }
}

fn parse_leaf(args: &mut Args<'_>, parent: Option<usize>) -> Result<PartStructure, Syntax> {
    let media_type = string(args)?;
    args.space()?;
    let subtype = string(args)?;
    args.space()?;
    let parameters = parameters(args)?;
    args.space()?;
    let id = nstring(args)?;
    args.space()?;
    let description = nstring(args)?;
    args.space()?;
    // Some servers say NIL where no encoding was given.
    let encoding = nstring(args)?.unwrap_or_else(|| "7BIT".to_owned());
    args.space()?;
    let octets = args.number64()?;
    let mut part = PartStructure {
        parent,
        media_type,
        subtype,
        parameters,
        id,
        description,
        encoding,
        octets,
        ..PartStructure::default()
    };
    let message = part.media_type.eq_ignore_ascii_case("message")
        && (part.subtype.eq_ignore_ascii_case("rfc822")
            || part.subtype.eq_ignore_ascii_case("global"));
    if message && args.rest().starts_with(b" (") {
        args.space()?;
        part.envelope = Some(Box::new(Envelope::parse(args)?));
        args.space()?;
        return Ok(part);
    }
    if part.media_type.eq_ignore_ascii_case("text") {
        args.space()?;
        part.lines = Some(args.number64()?);
    }
    if args.eat(b' ') {
        part.md5 = nstring(args)?;
        parse_extensions(args, &mut part)?;
    }
    args.close()?;
    Ok(part)
}

/// Takes what follows the first extension field: disposition, languages, location, and what may come to be.
fn parse_extensions(args: &mut Args<'_>, part: &mut PartStructure) -> Result<(), Syntax> {
    if !args.eat(b' ') {
        return Ok(());
    }
    if !args.eat_nil() {
        args.open()?;
        let kind = string(args)?;
        let parameters = if args.eat(b' ') { parameters(args)? } else { Vec::new() };
        args.close()?;
        part.disposition = Some((kind, parameters));
    }
    if !args.eat(b' ') {
        return Ok(());
    }
    part.languages = if args.peek() == Some(b'(') {
        args.list_or_empty(STRUCTURE_ITEMS_MAX, string)?
    } else {
        nstring(args)?.into_iter().collect()
    };
    if !args.eat(b' ') {
        return Ok(());
    }
    part.location = nstring(args)?;
    while args.eat(b' ') {
        args.skip_value()?;
    }
    Ok(())
}

fn parameters(args: &mut Args<'_>) -> Result<Vec<(String, String)>, Syntax> {
    if args.eat_nil() {
        return Ok(Vec::new());
    }
    args.list_or_empty(STRUCTURE_ITEMS_MAX, |args| {
        let name = string(args)?;
        args.space()?;
        // A value that is missing is NIL with some servers, against the grammar.
        Ok((name, nstring(args)?.unwrap_or_default()))
    })
}

fn string(args: &mut Args<'_>) -> Result<String, Syntax> {
    Ok(String::from_utf8_lossy(&args.string()?).into_owned())
}

fn nstring(args: &mut Args<'_>) -> Result<Option<String>, Syntax> {
    Ok(args.nstring()?.map(|octets| String::from_utf8_lossy(&octets).into_owned()))
}

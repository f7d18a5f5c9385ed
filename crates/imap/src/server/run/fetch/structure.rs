//! BODY and BODYSTRUCTURE: printed from the stored outline, without recursion (RFC 9051, 7.5.2).

use message::{Kind, Outline, Parameters, Part, Step};

use super::envelope;
use crate::Dialect;
use crate::wire::print::{nstring, number, string};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// BODY: without extension data.
    Body,
    /// BODYSTRUCTURE
    BodyStructure,
}

/// Prints the structure of a message.
pub(super) fn print(out: &mut Vec<u8>, outline: &Outline<'_>, form: Form, dialect: Dialect) {
    for step in outline.walk() {
        match step {
            Step::Enter(part) => match part.kind {
                Kind::Multipart => out.push(b'('),
                Kind::Text | Kind::Basic => {
                    print_fields(out, &part, dialect);
                    if part.kind == Kind::Text {
                        out.push(b' ');
                        number(out, part.lines);
                    }
                    print_end(out, &part, form, dialect);
                }
                Kind::Message => {
                    print_fields(out, &part, dialect);
                    out.push(b' ');
                    envelope::print(out, &part.envelope.unwrap_or_default(), dialect);
                    out.push(b' ');
                }
            },
            Step::Leave(part) if part.kind == Kind::Multipart => {
                out.push(b' ');
                string(out, part.subtype, dialect);
                if form == Form::BodyStructure {
                    out.push(b' ');
                    print_parameters(out, part.parameters, dialect);
                    print_extension(out, &part, dialect);
                }
                out.push(b')');
            }
            Step::Leave(part) => {
                out.push(b' ');
                number(out, part.lines);
                print_end(out, &part, form, dialect);
            }
        }
    }
}

/// Prints `(` and what every part that is no multipart has.
fn print_fields(out: &mut Vec<u8>, part: &Part<'_>, dialect: Dialect) {
    out.push(b'(');
    string(out, part.media_type, dialect);
    out.push(b' ');
    string(out, part.subtype, dialect);
    out.push(b' ');
    print_parameters(out, part.parameters, dialect);
    out.push(b' ');
    nstring(out, part.id, dialect);
    out.push(b' ');
    nstring(out, part.description, dialect);
    out.push(b' ');
    string(out, part.encoding, dialect);
    out.push(b' ');
    number(out, part.octets());
}

/// Prints the extension data of a part that is no multipart, and `)`.
fn print_end(out: &mut Vec<u8>, part: &Part<'_>, form: Form, dialect: Dialect) {
    if form == Form::BodyStructure {
        out.push(b' ');
        nstring(out, part.md5, dialect);
        print_extension(out, part, dialect);
    }
    out.push(b')');
}

/// Prints disposition, languages and location.
fn print_extension(out: &mut Vec<u8>, part: &Part<'_>, dialect: Dialect) {
    match &part.disposition {
        None => out.extend_from_slice(b" NIL "),
        Some(disposition) => {
            out.extend_from_slice(b" (");
            string(out, disposition.kind, dialect);
            out.push(b' ');
            print_parameters(out, disposition.parameters, dialect);
            out.extend_from_slice(b") ");
        }
    }
    match &part.languages {
        None => out.extend_from_slice(b"NIL"),
        Some(languages) => {
            out.push(b'(');
            for (index, language) in languages.iter().enumerate() {
                if index > 0 {
                    out.push(b' ');
                }
                string(out, language, dialect);
            }
            out.push(b')');
        }
    }
    out.push(b' ');
    nstring(out, part.location, dialect);
}

fn print_parameters(out: &mut Vec<u8>, parameters: Parameters<'_>, dialect: Dialect) {
    if parameters.is_empty() {
        return out.extend_from_slice(b"NIL");
    }
    out.push(b'(');
    for (index, parameter) in parameters.iter().enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        string(out, parameter.name, dialect);
        out.push(b' ');
        string(out, parameter.value, dialect);
    }
    out.push(b')');
}

//! BCC, CC, FROM, SUBJECT and TO: text in a field as the envelope has it (RFC 9051, 6.4.4).

use mailbox::search::Query;

use crate::commands::search::Look;
use crate::search::Key;
use crate::search::key::{Row, Term};
use crate::server::outcome::Stop;
use crate::view::View;
use crate::wire::CommandWriter;

pub(super) const BCC: Row =
    Row::new("BCC", |args, texts| Ok(envelope(Field::Bcc, texts.parse(args)?)));

pub(super) const CC: Row =
    Row::new("CC", |args, texts| Ok(envelope(Field::Cc, texts.parse(args)?)));

pub(super) const FROM: Row =
    Row::new("FROM", |args, texts| Ok(envelope(Field::From, texts.parse(args)?)));

pub(super) const SUBJECT: Row =
    Row::new("SUBJECT", |args, texts| Ok(envelope(Field::Subject, texts.parse(args)?)));

pub(super) const TO: Row =
    Row::new("TO", |args, texts| Ok(envelope(Field::To, texts.parse(args)?)));

/// The text is in the field as the envelope has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    /// The field.
    pub field: Field,
    /// The text.
    pub text: String,
}

/// A header field that has a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the names of the fields")]
pub enum Field {
    Bcc,
    Cc,
    From,
    Subject,
    To,
}

fn envelope(field: Field, text: String) -> Key {
    Envelope { field, text }.into()
}

impl Term for Envelope {
    fn print(&self, out: &mut CommandWriter) {
        out.raw(match self.field {
            Field::Bcc => "BCC ",
            Field::Cc => "CC ",
            Field::From => "FROM ",
            Field::Subject => "SUBJECT ",
            Field::To => "TO ",
        });
        out.astring(self.text.as_bytes());
    }
}

impl Look for Envelope {
    fn query(&self, _view: &View) -> Result<Query, Stop> {
        let text = self.text.clone();
        Ok(match self.field {
            Field::Bcc => Query::Bcc(text),
            Field::Cc => Query::Cc(text),
            Field::From => Query::From(text),
            Field::Subject => Query::Subject(text),
            Field::To => Query::To(text),
        })
    }
}

//! What people mean by a text (RFC 6203): its words, in any form, wherever they stand. How strongly a message has a word is
//! a small number: by the fields it stands in, and by whether it is the word itself or another form of it.

use words::{Close, Term};

use super::Query;
use crate::Collation;
use crate::index::Field;

/// A text that is meant.
#[derive(Clone, Debug)]
pub(super) struct Meant {
    /// All of these have to be there.
    pub(super) terms: Vec<Term>,
    /// In one of these fields.
    pub(super) fields: &'static [Field],
    /// Whether a message is the more relevant for it.
    pub(super) ranks: Ranks,
}

/// Whether a key says how relevant a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ranks {
    /// It does.
    Yes,
    /// It says what a message must not have.
    No,
}

/// Where people look for a text: not in what programs write into headers.
const ANYWHERE: &[Field] =
    &[Field::Subject, Field::From, Field::To, Field::Cc, Field::Bcc, Field::Body];

impl Meant {
    /// What a key means. None: it has no text, or none with words; it is matched as it is.
    pub(super) fn by(query: &Query, ranks: Ranks) -> Option<Meant> {
        #[expect(clippy::wildcard_enum_match_arm, reason = "all others have no text that is meant")]
        let (text, fields): (_, &'static [Field]) = match query {
            Query::From(text) => (text, &[Field::From]),
            Query::To(text) => (text, &[Field::To]),
            Query::Cc(text) => (text, &[Field::Cc]),
            Query::Bcc(text) => (text, &[Field::Bcc]),
            Query::Subject(text) => (text, &[Field::Subject]),
            Query::Body(text) => (text, &[Field::Body]),
            Query::Text(text) => (text, ANYWHERE),
            _ => return None,
        };
        let terms = Term::all(&Collation::UnicodeCasemap.fold(text));
        (!terms.is_empty()).then_some(Meant { terms, fields, ranks })
    }

    pub(super) fn is_about_body(&self) -> bool {
        self.fields.contains(&Field::Body)
    }
}

/// How much a word in a field says. The sum over all fields fits an octet.
pub(super) fn strength(field: Field, close: Close) -> u8 {
    let (same, form) = match field {
        Field::Subject => (60, 40),
        Field::From => (30, 20),
        Field::To => (15, 10),
        Field::Cc | Field::Bcc => (9, 6),
        Field::Body | Field::Header | Field::HeaderMore => (12, 8),
    };
    if close == Close::Same { same } else { form }
}

/// Whether a message has all words, by how strongly it has each.
pub(super) fn has_all(strengths: &[u8]) -> bool {
    strengths.iter().all(|strength| *strength > 0)
}

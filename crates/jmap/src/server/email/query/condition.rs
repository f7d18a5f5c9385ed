//! What has to be of an email (RFC 8621, 4.4.1).

use mailbox::MailboxId;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::super::keywords::{self, Named};
use crate::arguments::invalid;
use crate::error::MethodError;
use crate::id::Id;
use crate::limits::SEARCH_WORDS_MAX;
use crate::mail::read_utc_date;
use crate::server::{ids, sought};

/// Things all of which have to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) struct Condition(pub(super) Vec<Term>);

/// One thing that has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Term {
    /// None: a mailbox that cannot be.
    InMailbox(Option<MailboxId>),
    InOtherThan(Vec<MailboxId>),
    /// Came in at this second or later.
    Since(i64),
    /// Came in before this second.
    Before(i64),
    MinSize(u64),
    MaxSize(u64),
    AllInThreadHave(Named),
    SomeInThreadHave(Named),
    NoneInThreadHave(Named),
    Has(Named),
    HasNot(Named),
    HasAttachment(bool),
    Text(Field, Vec<String>),
}

/// Where a text is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Anywhere,
    From,
    To,
    Cc,
    Bcc,
    Subject,
    Body,
    Header(String),
}

/// Reads a condition.
pub(in crate::server) fn condition(object: Map<String, Value>) -> Result<Condition, MethodError> {
    let mut terms = Vec::with_capacity(object.len());
    for (name, value) in object {
        terms.push(term(&name, value)?);
    }
    Ok(Condition(terms))
}

fn term(name: &str, value: Value) -> Result<Term, MethodError> {
    let field = match name {
        "inMailbox" => return Ok(Term::InMailbox(ids::mailbox_of(&read::<Id>(name, value)?))),
        "inMailboxOtherThan" => {
            let ids: Vec<Id> = read(name, value)?;
            return Ok(Term::InOtherThan(ids.iter().filter_map(ids::mailbox_of).collect()));
        }
        "after" => {
            let (second, has_fraction) = date(name, value)?;
            return Ok(Term::Since(second.saturating_add(i64::from(has_fraction))));
        }
        "before" => {
            let (second, has_fraction) = date(name, value)?;
            return Ok(Term::Before(second.saturating_add(i64::from(has_fraction))));
        }
        "minSize" => return Ok(Term::MinSize(read(name, value)?)),
        "maxSize" => return Ok(Term::MaxSize(read(name, value)?)),
        "allInThreadHaveKeyword" => return keyword(name, value).map(Term::AllInThreadHave),
        "someInThreadHaveKeyword" => return keyword(name, value).map(Term::SomeInThreadHave),
        "noneInThreadHaveKeyword" => return keyword(name, value).map(Term::NoneInThreadHave),
        "hasKeyword" => return keyword(name, value).map(Term::Has),
        "notKeyword" => return keyword(name, value).map(Term::HasNot),
        "hasAttachment" => return Ok(Term::HasAttachment(read(name, value)?)),
        "header" => return header(value),
        "text" => Field::Anywhere,
        "from" => Field::From,
        "to" => Field::To,
        "cc" => Field::Cc,
        "bcc" => Field::Bcc,
        "subject" => Field::Subject,
        "body" => Field::Body,
        _ => return Err(MethodError::UnsupportedFilter { description: name.to_owned() }),
    };
    Ok(Term::Text(field, words(&read::<String>(name, value)?)?))
}

fn read<T: DeserializeOwned>(name: &str, value: Value) -> Result<T, MethodError> {
    serde_json::from_value(value).map_err(|error| invalid("filter", &format!("{name}: {error}")))
}

/// The second, and whether the date is later than it begins.
fn date(name: &str, value: Value) -> Result<(i64, bool), MethodError> {
    let text: String = read(name, value)?;
    let second = read_utc_date(&text)
        .ok_or_else(|| invalid("filter", &format!("{name}: {text} is no UTCDate")))?;
    let fraction = text.split_once('.').map_or("", |(_, fraction)| fraction);
    Ok((second, fraction.chars().any(|c| matches!(c, '1'..='9'))))
}

fn keyword(name: &str, value: Value) -> Result<Named, MethodError> {
    let text: String = read(name, value)?;
    keywords::named(&text)
        .ok_or_else(|| invalid("filter", &format!("{name}: {text} cannot be a keyword")))
}

fn header(value: Value) -> Result<Term, MethodError> {
    let wrong = || invalid("filter", "header: it is not the name of a field and perhaps a text");
    let mut parts = read::<Vec<String>>("header", value)?.into_iter();
    let name = parts.next().ok_or_else(wrong)?;
    let is_name = |c: u8| c.is_ascii_graphic() && c != b':';
    if name.is_empty() || !name.bytes().all(is_name) {
        return Err(wrong());
    }
    let text = parts.next();
    if parts.next().is_some() {
        return Err(wrong());
    }
    // Without a text, the field has to be there.
    let words = words(text.as_deref().unwrap_or_default())?;
    let words = if words.is_empty() { vec![String::new()] } else { words };
    Ok(Term::Text(Field::Header(name), words))
}

fn words(text: &str) -> Result<Vec<String>, MethodError> {
    let words = sought::parts(text);
    if words.len() > SEARCH_WORDS_MAX {
        let description = format!("more than {SEARCH_WORDS_MAX} words");
        return Err(MethodError::UnsupportedFilter { description });
    }
    Ok(words)
}

impl Condition {
    /// Whether it depends on other emails of the thread.
    pub(super) fn is_of_threads(&self) -> bool {
        let is = |term: &Term| {
            matches!(
                term,
                Term::AllInThreadHave(_) | Term::SomeInThreadHave(_) | Term::NoneInThreadHave(_)
            )
        };
        self.0.iter().any(is)
    }

    /// The words and phrases that are looked for in subjects, and those in bodies.
    pub(in crate::server) fn words(&self) -> impl Iterator<Item = (Place, &str)> {
        let texts = self.0.iter().filter_map(|term| match term {
            Term::Text(field, words) => Some((field.place()?, words)),
            Term::InMailbox(_)
            | Term::InOtherThan(_)
            | Term::Since(_)
            | Term::Before(_)
            | Term::MinSize(_)
            | Term::MaxSize(_)
            | Term::AllInThreadHave(_)
            | Term::SomeInThreadHave(_)
            | Term::NoneInThreadHave(_)
            | Term::Has(_)
            | Term::HasNot(_)
            | Term::HasAttachment(_) => None,
        });
        texts.flat_map(|(place, words)| words.iter().map(move |word| (place, word.as_str())))
    }
}

/// Where a text may be found that snippets show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Place {
    Subject,
    Body,
    Either,
}

impl Field {
    fn place(&self) -> Option<Place> {
        match self {
            Field::Anywhere => Some(Place::Either),
            Field::Subject => Some(Place::Subject),
            Field::Body => Some(Place::Body),
            Field::Header(name) if name.eq_ignore_ascii_case("Subject") => Some(Place::Subject),
            Field::From | Field::To | Field::Cc | Field::Bcc | Field::Header(_) => None,
        }
    }
}

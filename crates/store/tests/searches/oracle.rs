//! What a search finds by the letter: each message is taken apart once, and each key looks through its texts, without an
//! index and without any plan.

use icu_casemap::CaseMapper;
use icu_normalizer::DecomposingNormalizer;
use mailbox::Entry;
use mailbox::search::Query;
use message::{Kind, Outline};

/// The texts of a message, folded.
pub(crate) struct Texts {
    pub(crate) from: String,
    to: String,
    cc: String,
    pub(crate) subject: Option<String>,
    pub(crate) header: String,
    /// Names and values.
    fields: Vec<(String, String)>,
    pub(crate) bodies: Vec<String>,
}

/// The key of i;unicode-casemap by the letter: each character in title case, then decomposed (RFC 5051, 2).
pub(crate) fn fold(text: &str) -> String {
    let titled: String =
        text.chars().map(|character| CaseMapper::new().simple_titlecase(character)).collect();
    DecomposingNormalizer::new_nfkd().normalize(&titled).into_owned()
}

/// `Name <mailbox@host>, ...`
fn addresses(list: message::Addresses<'_>) -> String {
    let address = |address: message::Address<'_>| {
        let lossy = |octets: &[u8]| String::from_utf8_lossy(octets).into_owned();
        let name = address.name.map(|name| message::decode_words(name) + " ");
        let place = match (address.mailbox, address.host) {
            (None, _) => String::new(),
            (Some(mailbox), None) => lossy(mailbox),
            (Some(mailbox), Some(host)) => format!("<{}@{}>", lossy(mailbox), lossy(host)),
        };
        name.unwrap_or_default() + &place
    };
    list.into_iter().map(address).collect::<Vec<_>>().join(", ")
}

impl Texts {
    pub(crate) fn of(octets: &[u8]) -> Texts {
        let outline = Outline::of(octets);
        let slice = |range: std::ops::Range<u64>| &octets[range.start as usize..range.end as usize];
        let header = slice(outline.header());
        let envelope = outline.envelope();
        let mut fields: Vec<(String, String)> = message::fields(header)
            .map(|field| {
                let name = String::from_utf8_lossy(field.name).to_ascii_lowercase();
                (name, fold(&message::decode_words(&field.unfolded())))
            })
            .collect();
        fields.retain(|(name, _)| name != "message-id");
        fields.extend(
            envelope
                .message_id
                .map(|id| ("message-id".to_owned(), fold(&message::decode_words(id)))),
        );
        let mut bodies = Vec::new();
        let mut above = None;
        for part in outline.parts() {
            if above == Some(Kind::Message) {
                bodies.push(fold(&message::header_text(slice(part.header.clone()))));
            }
            if part.kind == Kind::Text {
                bodies.push(fold(&message::part_text(&part, octets)));
            }
            above = Some(part.kind);
        }
        Texts {
            from: fold(&addresses(envelope.from)),
            to: fold(&addresses(envelope.to)),
            cc: fold(&addresses(envelope.cc)),
            subject: envelope.subject.map(|subject| fold(&message::decode_words(subject))),
            header: fold(&message::header_text(header)),
            fields,
            bodies,
        }
    }

    /// Whether the message matches a query whose texts are folded.
    pub(crate) fn match_of(&self, entry: &Entry, query: &Query) -> bool {
        let list = |list: &String, text: &String| !list.is_empty() && list.contains(text.as_str());
        let body = |text: &String| {
            text.is_empty() || self.bodies.iter().any(|b| b.contains(text.as_str()))
        };
        match query {
            Query::And(all) => all.iter().all(|query| self.match_of(entry, query)),
            Query::Or(all) => all.iter().any(|query| self.match_of(entry, query)),
            Query::Not(query) => !self.match_of(entry, query),
            Query::From(text) => list(&self.from, text),
            Query::To(text) => list(&self.to, text),
            Query::Cc(text) => list(&self.cc, text),
            Query::Subject(text) => {
                self.subject.as_ref().is_some_and(|it| it.contains(text.as_str()))
            }
            Query::Header(name, text) => self
                .fields
                .iter()
                .any(|(known, value)| known == name && value.contains(text.as_str())),
            Query::Body(text) => body(text),
            Query::Text(text) => {
                text.is_empty() || self.header.contains(text.as_str()) || body(text)
            }
            Query::Larger(octets) => u64::from(entry.octets) > *octets,
            Query::Uids(uids) => uids.contains(entry.uid),
            other => panic!("the oracle was not asked for this: {other:?}"),
        }
    }
}

/// A query with its texts folded.
pub(crate) fn folded(query: &Query) -> Query {
    let all = |all: &[Query]| all.iter().map(folded).collect();
    match query {
        Query::And(several) => Query::And(all(several)),
        Query::Or(several) => Query::Or(all(several)),
        Query::Not(query) => Query::Not(Box::new(folded(query))),
        Query::From(text) => Query::From(fold(text)),
        Query::To(text) => Query::To(fold(text)),
        Query::Cc(text) => Query::Cc(fold(text)),
        Query::Subject(text) => Query::Subject(fold(text)),
        Query::Header(name, text) => Query::Header(name.clone(), fold(text)),
        Query::Body(text) => Query::Body(fold(text)),
        Query::Text(text) => Query::Text(fold(text)),
        other => other.clone(),
    }
}

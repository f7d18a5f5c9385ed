//! A message as an Email object shows it, but for what is not in the message (RFC 8621, 4.1.2 to 4.1.4).
//!
//! What its outline tells is told without reading the message.

use std::ops::Range;

use bytes::Bytes;
use message::{Decoder, Kind, Outline, Part};
use serde_json::{Map, Value, json};

use super::body::{Bodies, media_type};
use super::header::{HeaderProperty, headers};
use super::value::{BodyValue, ValueLimit};
use crate::id::Id;
use crate::limits::{READ_OCTETS_MAX, SHOWN_OCTETS_MAX};
use crate::reference::octets_of;

/// The octets of a message.
pub trait Octets {
    /// Why they cannot be read.
    type Fault;

    /// Reads a range. What is past the end is left out.
    fn read(&self, range: Range<u64>) -> Result<Bytes, Self::Fault>;
}

/// How many octets were read for one call, and how many of them, and of what is said of parts, are shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Spent {
    read: u64,
    shown: u64,
}

/// What is said of a part takes about so many octets, beside what is copied from it.
const PART_OCTETS: usize = 1024;

impl Spent {
    fn read<F>(&mut self, octets: u64) -> Result<(), NotShown<F>> {
        self.read = self.read.saturating_add(octets);
        if self.read > READ_OCTETS_MAX { Err(NotShown::TooMuch) } else { Ok(()) }
    }

    /// Counts what is shown.
    pub(crate) fn show<F>(&mut self, octets: usize) -> Result<(), NotShown<F>> {
        self.shown = self.shown.saturating_add(u64::try_from(octets).unwrap_or(u64::MAX));
        if self.shown > SHOWN_OCTETS_MAX { Err(NotShown::TooMuch) } else { Ok(()) }
    }
}

/// Why a message is not shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotShown<F> {
    /// It cannot be read.
    Fault(F),
    /// Too much would have to be read for one call.
    TooMuch,
}

/// Which text parts are shown with their texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// Those of `textBody`.
    pub of_text: bool,
    /// Those of `htmlBody`.
    pub of_html: bool,
    /// All.
    pub all: bool,
}

/// What is shown of parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BodyProperties(Vec<(String, BodyProperty)>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum BodyProperty {
    Own(Own),
    Header(HeaderProperty),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    PartId,
    BlobId,
    Size,
    Headers,
    Name,
    Type,
    Charset,
    Disposition,
    Cid,
    Language,
    Location,
    /// Always there where it has any.
    SubParts,
}

const OWN: [(&str, Own); 12] = [
    ("partId", Own::PartId),
    ("blobId", Own::BlobId),
    ("size", Own::Size),
    ("name", Own::Name),
    ("type", Own::Type),
    ("charset", Own::Charset),
    ("disposition", Own::Disposition),
    ("cid", Own::Cid),
    ("language", Own::Language),
    ("location", Own::Location),
    ("headers", Own::Headers),
    ("subParts", Own::SubParts),
];

/// How many of those above are shown where nothing is said (RFC 8621, 4.2).
const USUAL: usize = 10;

impl Default for BodyProperties {
    fn default() -> BodyProperties {
        let usual = OWN.iter().take(USUAL);
        BodyProperties(
            usual.map(|(name, own)| ((*name).to_owned(), BodyProperty::Own(*own))).collect(),
        )
    }
}

impl BodyProperties {
    /// Takes the names of properties. The error is one that is none.
    pub fn named(names: Vec<String>) -> Result<BodyProperties, String> {
        let mut properties = Vec::with_capacity(names.len());
        for name in names {
            let own = OWN.iter().find(|(known, _)| *known == name).map(|(_, own)| *own);
            let property = match (own, HeaderProperty::named(&name)) {
                (Some(own), _) => BodyProperty::Own(own),
                (None, Some(header)) if name.starts_with("header:") => BodyProperty::Header(header),
                (None, _) => return Err(name),
            };
            properties.push((name, property));
        }
        Ok(BodyProperties(properties))
    }
}

/// A message to be shown.
pub struct Shown<'m, O> {
    parts: Vec<Part<'m>>,
    /// The number of each part as IMAP has it (RFC 9051, 6.4.5.1). None: a multipart, or a part of a message in the message.
    numbers: Vec<Option<String>>,
    octets: &'m O,
    blob: Id,
    properties: &'m BodyProperties,
}

impl<'m, O: Octets> Shown<'m, O> {
    /// Of an outline. The blob is that of the whole message.
    pub fn of(
        outline: &'m Outline<'_>,
        octets: &'m O,
        blob: Id,
        properties: &'m BodyProperties,
    ) -> Shown<'m, O> {
        let parts: Vec<Part<'_>> = outline.parts().collect();
        let numbers = numbers(&parts);
        Shown { parts, numbers, octets, blob, properties }
    }

    /// All parts, without those of messages in the message.
    pub fn structure(&self, spent: &mut Spent) -> Result<Value, NotShown<O::Fault>> {
        let mut children: Vec<Vec<Value>> = vec![Vec::new(); self.parts.len()];
        let mut whole = Value::Null;
        // From the last to the first, each has all that lies in it before it is put into its parent.
        for (index, part) in self.parts.iter().enumerate().rev() {
            if !self.is_listed(index) {
                continue;
            }
            let mut object = self.object(index, spent)?;
            if part.kind == Kind::Multipart {
                let mut inside = children.get_mut(index).map(std::mem::take).unwrap_or_default();
                inside.reverse();
                object.insert("subParts".to_owned(), inside.into());
            }
            match part.parent {
                None => whole = object.into(),
                Some(parent) => {
                    if let Some(list) = children.get_mut(parent) {
                        list.push(object.into());
                    }
                }
            }
        }
        Ok(whole)
    }

    /// Some parts, by their indexes.
    pub fn list(&self, indexes: &[usize], spent: &mut Spent) -> Result<Value, NotShown<O::Fault>> {
        let objects = indexes.iter().map(|index| self.object(*index, spent).map(Value::Object));
        objects.collect()
    }

    /// The texts of parts, by partId.
    pub fn values(
        &self,
        bodies: &Bodies,
        wanted: Values,
        limit: ValueLimit,
        spent: &mut Spent,
    ) -> Result<Value, NotShown<O::Fault>> {
        let mut values = Map::new();
        for (index, part) in self.parts.iter().enumerate() {
            let is_wanted = wanted.all
                || (wanted.of_text && bodies.text.contains(&index))
                || (wanted.of_html && bodies.html.contains(&index));
            let number = self.numbers.get(index).and_then(Option::as_ref);
            let Some(number) = number.filter(|_| is_wanted && part.kind == Kind::Text) else {
                continue;
            };
            let end = part.body.start.saturating_add(limit.octets_read()).min(part.body.end);
            let octets = self.read(part.body.start..end, spent)?;
            let value = BodyValue::of(part, &octets, limit);
            spent.show(value.text.len())?;
            values.insert(number.clone(), value.value());
        }
        Ok(values.into())
    }

    /// Whether a part is one of this message, and not of one within it.
    fn is_listed(&self, index: usize) -> bool {
        self.numbers.get(index).is_some_and(Option::is_some)
    }

    /// Reads octets, and counts them.
    pub fn read(&self, range: Range<u64>, spent: &mut Spent) -> Result<Bytes, NotShown<O::Fault>> {
        spent.read(range.end.saturating_sub(range.start))?;
        self.octets.read(range).map_err(NotShown::Fault)
    }

    fn object(
        &self,
        index: usize,
        spent: &mut Spent,
    ) -> Result<Map<String, Value>, NotShown<O::Fault>> {
        let Some(part) = self.parts.get(index) else { return Ok(Map::new()) };
        spent.show(PART_OCTETS)?;
        let mut header = None;
        let mut object = Map::new();
        for (name, property) in &self.properties.0 {
            let is_of_header =
                matches!(property, BodyProperty::Header(_) | BodyProperty::Own(Own::Headers));
            if is_of_header && header.is_none() {
                header = Some(self.read(part.header.clone(), spent)?);
            }
            let fields = header.as_deref().unwrap_or_default();
            let value = match property {
                BodyProperty::Header(header) => header.value(fields),
                BodyProperty::Own(Own::Headers) => headers(fields),
                BodyProperty::Own(Own::Size) => json!(self.size(part, spent)?),
                BodyProperty::Own(Own::SubParts) => Value::Null,
                BodyProperty::Own(own) => self.own(index, part, *own),
            };
            if is_of_header {
                spent.show(octets_of(&value))?;
            }
            object.insert(name.clone(), value);
        }
        Ok(object)
    }

    /// What the outline tells.
    fn own(&self, index: usize, part: &Part<'_>, own: Own) -> Value {
        let number = self.numbers.get(index).and_then(Option::as_ref);
        let number = number.filter(|number| !number.is_empty());
        match own {
            Own::PartId => json!(number),
            Own::BlobId => json!(number.map(|number| self.blob.of_part(number))),
            Own::Name => json!(part.file_name()),
            Own::Type => json!(media_type(part)),
            Own::Charset => json!(charset(part)),
            Own::Disposition => {
                json!(part.disposition.map(|it| lossy(it.kind).to_ascii_lowercase()))
            }
            Own::Cid => json!(part.id.map(|id| {
                let id = lossy(id);
                id.trim().trim_start_matches('<').trim_end_matches('>').trim().to_owned()
            })),
            Own::Language => {
                let tags = part.languages.map(|tags| tags.iter().map(lossy).collect::<Vec<_>>());
                json!(tags)
            }
            Own::Location => json!(part.location.map(lossy)),
            Own::Size | Own::Headers | Own::SubParts => Value::Null,
        }
    }

    /// How many octets there are without the transfer encoding.
    fn size(&self, part: &Part<'_>, spent: &mut Spent) -> Result<u64, NotShown<O::Fault>> {
        const PIECE_OCTETS: u64 = 256 << 10;
        let is_as_it_is = ["7bit", "8bit", "binary", ""]
            .iter()
            .any(|plain| part.encoding.eq_ignore_ascii_case(plain.as_bytes()));
        let decoder = Decoder::new(part.encoding);
        let Some(mut decoder) = decoder.filter(|_| !is_as_it_is && part.kind != Kind::Multipart)
        else {
            return Ok(part.octets());
        };
        let mut total = 0_u64;
        let mut out = Vec::new();
        let mut at = part.body.start;
        while at < part.body.end {
            let end = at.saturating_add(PIECE_OCTETS).min(part.body.end);
            decoder.push(&self.read(at..end, spent)?, &mut out);
            total = total.saturating_add(u64::try_from(out.len()).unwrap_or(u64::MAX));
            out.clear();
            at = end;
        }
        decoder.finish(&mut out);
        Ok(total.saturating_add(u64::try_from(out.len()).unwrap_or(u64::MAX)))
    }
}

fn lossy(octets: &[u8]) -> String {
    String::from_utf8_lossy(octets).into_owned()
}

/// RFC 8621, 4.1.4.
fn charset(part: &Part<'_>) -> Option<String> {
    let is_text = part.media_type.eq_ignore_ascii_case(b"text");
    let named = part.parameters.find("charset").map(lossy);
    // An outline says so in capitals where there is no Content-Type.
    let is_implicit = named.as_ref().is_none_or(|name| name.eq_ignore_ascii_case("us-ascii"));
    if is_implicit { is_text.then(|| "us-ascii".to_owned()) } else { named }
}

/// The number of each part. Empty for multiparts; none in messages within the message.
pub(crate) fn numbers(parts: &[Part<'_>]) -> Vec<Option<String>> {
    // Beside each, what the numbers of its parts begin with.
    let mut numbers: Vec<Option<String>> = Vec::with_capacity(parts.len());
    let mut prefixes: Vec<String> = Vec::with_capacity(parts.len());
    let mut counts = vec![0_u32; parts.len()];
    for part in parts {
        let above = part.parent.and_then(|parent| {
            let kind = parts.get(parent)?.kind;
            let count = counts.get_mut(parent)?;
            *count = count.saturating_add(1);
            let is_listed = kind == Kind::Multipart && numbers.get(parent)?.is_some();
            Some((is_listed, format!("{}{count}", prefixes.get(parent)?)))
        });
        let (is_listed, number) = above.unwrap_or((true, String::new()));
        let is_multipart = part.kind == Kind::Multipart;
        let prefix = if number.is_empty() { String::new() } else { format!("{number}.") };
        let own = match (is_multipart, number.is_empty()) {
            (true, _) => String::new(),
            // What is no multipart has one part: its own body.
            (false, true) => "1".to_owned(),
            (false, false) => number,
        };
        numbers.push(is_listed.then_some(own));
        prefixes.push(prefix);
    }
    numbers
}

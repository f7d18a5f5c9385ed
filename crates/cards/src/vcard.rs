//! vCards: 4.0 (RFC 6350) and 3.0 (RFC 2426), and what they are as JSContact (RFC 9555). Reading and writing never panic and cost no more
//! than linear time.
//!
//! [`VCard::read`] takes a text apart, [`VCard::object`] says it as JSContact, [`VCard::of`] goes the other way, [`VCard::print`] makes
//! a text again, and [`merged`] keeps of a card what a vCard could not say.

mod date;
mod line;
mod merge;
mod name;
mod print;
mod read;
mod rows;
mod text;
mod write;

#[cfg(test)]
mod tests;

pub use merge::merged;

/// The version of a vCard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// 3.0 (RFC 2426), which all programs of address books read.
    V3,
    /// 4.0 (RFC 6350).
    V4,
}

impl Version {
    /// As it stands in the vCard.
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V3 => "3.0",
            Version::V4 => "4.0",
        }
    }

    /// As it was written; none: we do not speak it.
    pub fn read(text: &str) -> Option<Version> {
        match text.trim() {
            "3.0" => Some(Version::V3),
            "4.0" => Some(Version::V4),
            _ => None,
        }
    }
}

/// Why a text is no vCard that we take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotVcard {
    /// It does not begin with `BEGIN:VCARD`, or does not end with `END:VCARD`.
    #[error("a vCard begins with BEGIN:VCARD and ends with END:VCARD")]
    Frame,
    /// There are several.
    #[error("there is more than one vCard")]
    Several,
    /// Another version, or none.
    #[error("the version is not 3.0 or 4.0")]
    Version,
    /// A line that is no property.
    #[error("line {0} is no property")]
    Line(usize),
}

/// One vCard, as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VCard {
    version: Version,
    properties: Vec<Property>,
}

/// One property of a vCard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Property {
    group: Option<String>,
    /// In capitals.
    name: String,
    /// The names in capitals.
    params: Vec<(String, Vec<String>)>,
    /// With its escapes.
    value: String,
}

impl VCard {
    /// Its version.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Its properties but for `BEGIN`, `VERSION` and `END`, as they stand.
    pub fn properties(&self) -> &[Property] {
        &self.properties
    }

    /// The properties of a name, which is in capitals.
    pub fn named<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Property> {
        self.properties.iter().filter(move |property| property.name == name)
    }

    /// The uid; none: it says none.
    pub fn uid(&self) -> Option<String> {
        let uid = self.named("UID").next()?.text();
        Some(uid.trim().to_owned()).filter(|uid| !uid.is_empty())
    }
}

impl Property {
    fn new(name: &str, value: String) -> Property {
        Property { name: name.to_owned(), value, ..Property::default() }
    }

    /// The name, in capitals.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The group that it stands in.
    pub fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }

    /// The value without escapes.
    pub fn text(&self) -> String {
        text::unescape(&self.value)
    }

    /// The values of a parameter, whose name is in capitals; none: it is not there.
    pub fn param(&self, name: &str) -> Option<&[String]> {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map(|(_, values)| values.as_slice())
    }

    fn with(mut self, name: &str, value: impl Into<String>) -> Property {
        let value = value.into();
        match self.params.iter_mut().find(|(known, _)| known == name) {
            Some((_, values)) if !values.contains(&value) => values.push(value),
            Some(_) => {}
            None => self.params.push((name.to_owned(), vec![value])),
        }
        self
    }
}

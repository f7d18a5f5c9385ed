//! Fields of a header in the making, one after another. Octets from outside cannot break out of the field they are put in.

use super::fold::{Folded, is_field_name, parameter, quoted_string};

/// RFC 5322, 2.1.1.
const LINE_OCTETS_MAX: usize = 998;

/// The fields so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header(String);

/// Addresses that stand together (RFC 5322, 3.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group<'a> {
    /// What the group is called; none: the addresses are in no group.
    pub name: Option<&'a str>,
    /// Each a display name, perhaps empty, and the address itself.
    pub members: Vec<(&'a str, &'a str)>,
}

/// A value that cannot stand in a header as it is: it holds a control character, a line end that is not the beginning of a line
/// that goes on, something that is not ASCII, or a line that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAValue;

impl Header {
    /// Adds an unstructured field, such as Subject: encodes words where needed (RFC 2047) and folds.
    pub fn text(&mut self, name: &str, text: &str) {
        Folded::field(&mut self.0, name).text(text).end();
    }

    /// Adds a structured field whose value is ready, such as Date or Message-ID: folds at its spaces.
    pub fn tokens(&mut self, name: &str, value: &str) {
        Folded::field(&mut self.0, name).tokens(value).end();
    }

    /// Adds a field of addresses.
    pub fn addresses(&mut self, name: &str, groups: &[Group<'_>]) {
        let mut folded = Folded::field(&mut self.0, name);
        for (at, group) in groups.iter().enumerate() {
            let is_last_group = at.saturating_add(1) == groups.len();
            let behind = match (group.name, is_last_group) {
                (Some(_), true) => ";",
                (Some(_), false) => ";,",
                (None, true) => "",
                (None, false) => ",",
            };
            if let Some(name) = group.name {
                // An encoded word is set apart from the colon (RFC 2047, 5).
                folded = folded.phrase(name).tokens(":");
                if group.members.is_empty() {
                    folded = folded.tokens(behind);
                }
            }
            for (at, (display, address)) in group.members.iter().enumerate() {
                let is_last = at.saturating_add(1) == group.members.len();
                let behind = if is_last { behind } else { "," };
                folded = if display.is_empty() {
                    folded.tokens(&format!("{address}{behind}"))
                } else {
                    folded.phrase(display).tokens(&format!("<{address}>{behind}"))
                };
            }
        }
        folded.end();
    }

    /// Adds a field with parameters, such as Content-Disposition. The value and the names are tokens; values may be any text.
    pub fn parameters(&mut self, name: &str, value: &str, parameters: &[(&str, &str)]) {
        let mut all = value.to_owned();
        for (name, value) in parameters {
            all.push_str("; ");
            all.push_str(&parameter(name, value));
        }
        Folded::field(&mut self.0, name).tokens(&all).end();
    }

    /// Adds a multipart's Content-Type.
    pub(super) fn multipart(&mut self, content_type: &str, boundary: &str) {
        self.tokens(
            "Content-Type",
            &format!("{content_type}; boundary={}", quoted_string(boundary)),
        );
    }

    /// Adds a field just as it is, folding included. On error nothing is added.
    pub fn verbatim(&mut self, name: &str, value: &str) -> Result<(), NotAValue> {
        let mut lines = value.split("\r\n");
        let is_text = |line: &str| line.bytes().all(|o| matches!(o, b'\t' | b' '..=b'~'));
        let first = lines.next().unwrap_or_default();
        let first_octets = first.len().saturating_add(name.len()).saturating_add(1);
        // RFC 5322, 3.2.2: a line that goes on begins with space, and is not space alone.
        let goes_on = |line: &str| {
            line.starts_with([' ', '\t']) && !line.trim_matches([' ', '\t']).is_empty()
        };
        let is_right = is_field_name(name)
            && is_text(first)
            && first_octets <= LINE_OCTETS_MAX
            && lines.all(|line| goes_on(line) && is_text(line) && line.len() <= LINE_OCTETS_MAX);
        if !is_right {
            return Err(NotAValue);
        }
        for part in [name, ":", value, "\r\n"] {
            self.0.push_str(part);
        }
        Ok(())
    }

    /// Adds the fields of another.
    pub fn extend(&mut self, other: &Header) {
        self.0.push_str(&other.0);
    }

    /// The fields, each with its line end.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

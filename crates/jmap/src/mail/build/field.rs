//! The fields of one header, in the making: each said by one property at most (RFC 8621, 4.6).

use std::collections::BTreeSet;

use message::Header;
use serde_json::Value;

use super::fault::Faults;
use super::value;
use crate::mail::HeaderProperty;

/// The fields so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields {
    /// The names of all, in lower case, those included that are said and empty.
    said: BTreeSet<String>,
    list: Vec<(String, Header)>,
}

/// In which order people are used to see fields. What is not here comes behind them and before MIME's.
const ORDER: [&str; 12] = [
    "return-path",
    "received",
    "date",
    "from",
    "sender",
    "reply-to",
    "to",
    "cc",
    "bcc",
    "message-id",
    "in-reply-to",
    "references",
];

/// The fields of a message that say how to read it come last.
const LAST: [&str; 1] = ["mime-version"];

fn rank(name: &str) -> usize {
    let at = ORDER.iter().position(|known| *known == name);
    let behind = if LAST.contains(&name) { 1 } else { 0 };
    at.unwrap_or(ORDER.len().saturating_add(behind))
}

impl Fields {
    /// Whether there is a field of that name, in lower case.
    pub(super) fn has(&self, name: &str) -> bool {
        self.list.iter().any(|(known, _)| known == name)
    }

    /// How long they are together.
    pub(super) fn octets(&self) -> usize {
        self.list.iter().map(|(_, header)| header.as_str().len()).sum()
    }

    /// Notes that a property says a field. A second one is a fault.
    pub(super) fn claim(&mut self, path: &str, name: &str, faults: &mut Faults) {
        if !self.said.insert(name.to_ascii_lowercase()) {
            faults.note(path, "another property says the same field");
        }
    }

    /// Takes a field from a property. Null is none.
    pub(super) fn take(
        &mut self,
        path: &str,
        property: &HeaderProperty,
        value: &Value,
        faults: &mut Faults,
    ) {
        if value.is_null() {
            return;
        }
        self.claim(path, &property.field, faults);
        let mut header = Header::default();
        match value::write(&mut header, property, value) {
            Err(why) => faults.note(path, why),
            Ok(()) if header.as_str().is_empty() => {}
            Ok(()) => self.list.push((property.field.to_ascii_lowercase(), header)),
        }
    }

    /// Adds a field whose value is ready.
    pub(super) fn add(&mut self, name: &str, value: &str) {
        let mut header = Header::default();
        header.tokens(name, value);
        self.list.push((name.to_ascii_lowercase(), header));
    }

    /// Adds a field with a parameter.
    pub(super) fn add_with(&mut self, name: &str, value: &str, parameters: &[(&str, &str)]) {
        let mut header = Header::default();
        header.parameters(name, value, parameters);
        self.list.push((name.to_ascii_lowercase(), header));
    }

    /// Takes all fields of another header.
    pub(super) fn append(&mut self, other: &mut Fields, path: &str, faults: &mut Faults) {
        for name in std::mem::take(&mut other.said) {
            self.claim(&format!("{path}/header:{name}"), &name, faults);
        }
        self.list.append(&mut other.list);
    }

    /// Writes them.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let mut in_order: Vec<_> = self.list.iter().collect();
        in_order.sort_by_key(|(name, _)| rank(name));
        for (_, header) in in_order {
            out.extend_from_slice(header.as_str().as_bytes());
        }
    }
}

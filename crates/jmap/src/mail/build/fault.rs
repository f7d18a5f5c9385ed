//! What is wrong with an object: all of it, so that a client hears it at once.

use crate::error::SetError;

/// What was found so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    properties: Vec<String>,
    reasons: Vec<String>,
}

/// How many are told with their reasons.
const REASONS_MAX: usize = 8;

impl Faults {
    /// Notes a property, by its path, and why it is wrong.
    pub(super) fn note(&mut self, path: &str, why: &str) {
        if self.properties.iter().any(|known| known == path) {
            return;
        }
        if self.reasons.len() < REASONS_MAX {
            self.reasons.push(format!("{path}: {why}"));
        }
        self.properties.push(path.to_owned());
    }

    /// Notes all of another.
    pub(super) fn extend(&mut self, other: Faults) {
        let Faults { properties, reasons } = other;
        self.properties.extend(properties);
        self.reasons.extend(reasons);
    }

    /// Refuses the object if anything was noted.
    pub(super) fn end(self) -> Result<(), SetError> {
        if self.properties.is_empty() {
            return Ok(());
        }
        let names: Vec<&str> = self.properties.iter().map(String::as_str).collect();
        Err(SetError::properties(&names, self.reasons.join("; ")))
    }
}

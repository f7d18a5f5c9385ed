//! What a check is: the rule it stands for, and the function that tries it.

use super::rule::{Level, Outcome};
use super::target::Target;

/// One rule and how to see whether a server keeps it.
pub struct Check {
    /// Its name, for people and scripts.
    pub id: &'static str,
    /// The number of the RFC.
    pub rfc: u16,
    /// The section, and a word for where in it: `5 (STAT)`.
    pub section: &'static str,
    /// How strongly it is asked.
    pub level: Level,
    /// The rule, in our words.
    pub rule: &'static str,
    /// Tries it.
    pub(crate) run: fn(&Target) -> Outcome,
}

impl Check {
    /// Whether it is of this document (`1939`) or section (`1939-5`), or its name begins like this.
    pub fn is_of(&self, only: &str) -> bool {
        let rfc = self.rfc.to_string();
        let section = format!("{rfc}-{}", self.section);
        only == rfc
            || self.id.starts_with(only)
            || section.strip_prefix(only).is_some_and(|rest| {
                only.contains('-') && !rest.starts_with(|c: char| c.is_ascii_digit())
            })
    }
}

//! Ids of records (RFC 8620, 1.2).

use std::fmt;

use serde::{Deserialize, Serialize};

const OCTETS_MAX: usize = 255;

/// An id: 1 to 255 letters, digits, hyphens and underscores of ASCII.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Id(String);

/// A text that is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 255 characters of A-Z, a-z, 0-9, - and _")]
pub struct NotAnId;

impl Id {
    /// Makes an id of what is one by how it is made: a letter, and numbers with hyphens and underscores between them.
    pub(crate) fn made(text: String) -> Id {
        debug_assert!(Id::try_from(text.clone()).is_ok(), "an id was made wrong");
        Id(text)
    }

    /// The id of the blob that is a part of this one, by its number as IMAP has it (RFC 9051, 6.4.5.1).
    pub(crate) fn of_part(&self, number: &str) -> Id {
        let number = number.replace('.', "_");
        let separator = if self.0.contains('-') { '_' } else { '-' };
        Id::made(format!("{}{separator}{number}", self.0))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Id {
    type Error = NotAnId;

    fn try_from(text: String) -> Result<Id, NotAnId> {
        let is_right = (1..=OCTETS_MAX).contains(&text.len())
            && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet));
        if is_right { Ok(Id(text)) } else { Err(NotAnId) }
    }
}

impl From<Id> for String {
    fn from(id: Id) -> String {
        id.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Id;

    #[test]
    fn ids_are_told_from_other_texts() {
        for right in ["M1", "a-b_C9", &"x".repeat(255)] {
            assert_eq!(Id::try_from(right.to_owned()).unwrap().as_str(), right);
        }
        for wrong in ["", "a b", "é", "#k1", "a=", &"x".repeat(256)] {
            assert!(Id::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}

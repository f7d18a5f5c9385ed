//! Mailbox names: valid by construction (RFC 9051, 5.1). Levels are joined by `/`; the Inbox is `INBOX` however
//! it was written.

use std::fmt;

use icu_normalizer::ComposingNormalizer;

use crate::limits::{MAILBOX_DEPTH_MAX, MAILBOX_LEVEL_OCTETS_MAX, MAILBOX_NAME_OCTETS_MAX};

/// A whole mailbox name: 1 to 32 levels, each not empty, without control characters, in Unicode NFC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MailboxName(Box<str>);

/// Why a text is no mailbox name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// The name or one of its levels is empty.
    #[error("a mailbox name and each of its levels need at least one character")]
    Empty,
    /// It has a control character, or one of `%` and `*`, which LIST could not name (RFC 9051, 5.1).
    #[error("a mailbox name cannot have control characters, % or *")]
    Character,
    /// It is too long.
    #[error("a mailbox name can have 255 octets a level and 1000 in all")]
    TooLong,
    /// It is too deep.
    #[error("mailboxes can lie at most 32 levels deep")]
    TooDeep,
}

impl MailboxName {
    /// What stands between levels.
    pub const SEPARATOR: char = '/';

    /// The Inbox.
    pub fn inbox() -> MailboxName {
        MailboxName("INBOX".into())
    }

    /// Takes a name in UTF-8. It is put into NFC; a first level `inbox` in any case becomes `INBOX`.
    pub fn new(text: &str) -> Result<MailboxName, NameFault> {
        if text.len() > MAILBOX_NAME_OCTETS_MAX {
            return Err(NameFault::TooLong);
        }
        let text = ComposingNormalizer::new_nfc().normalize(text);
        // The Unicode line and paragraph separators are barred by RFC 5198, 2, to which RFC 9051, 5.1 points.
        let barred = |c: char| {
            c.is_control() || matches!(c, '%' | '*' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        };
        if text.chars().any(barred) {
            return Err(NameFault::Character);
        }
        let mut name = String::with_capacity(text.len());
        for (index, level) in text.split(Self::SEPARATOR).enumerate() {
            if level.is_empty() {
                return Err(NameFault::Empty);
            }
            if level.len() > MAILBOX_LEVEL_OCTETS_MAX {
                return Err(NameFault::TooLong);
            }
            if index >= MAILBOX_DEPTH_MAX {
                return Err(NameFault::TooDeep);
            }
            if index > 0 {
                name.push(Self::SEPARATOR);
            }
            let inbox = index == 0 && level.eq_ignore_ascii_case("inbox");
            name.push_str(if inbox { "INBOX" } else { level });
        }
        Ok(MailboxName(name.into()))
    }

    /// Joins levels that were parts of names before. None if there are none.
    pub(crate) fn of_levels<'a>(levels: impl Iterator<Item = &'a str>) -> Option<MailboxName> {
        let mut name = String::new();
        for (index, level) in levels.enumerate() {
            if index > 0 {
                name.push(Self::SEPARATOR);
            }
            name.push_str(level);
        }
        (!name.is_empty()).then(|| MailboxName(name.into()))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the Inbox itself.
    pub fn is_inbox(&self) -> bool {
        &*self.0 == "INBOX"
    }

    /// The levels, outermost first.
    pub fn levels(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split(Self::SEPARATOR)
    }

    /// The mailbox above, and the last level.
    pub fn split(&self) -> (Option<MailboxName>, &str) {
        match self.0.rsplit_once(Self::SEPARATOR) {
            Some((parent, last)) => (Some(MailboxName(parent.into())), last),
            None => (None, &self.0),
        }
    }

    /// Whether this lies below `other`, at any depth.
    pub fn is_below(&self, other: &MailboxName) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.starts_with(Self::SEPARATOR))
    }

    /// The name that a level below this one has.
    pub fn child(&self, level: &str) -> Result<MailboxName, NameFault> {
        if level.contains(Self::SEPARATOR) {
            return Err(NameFault::Character);
        }
        MailboxName::new(&format!("{}{}{level}", self.0, Self::SEPARATOR))
    }
}

impl fmt::Display for MailboxName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{MailboxName, NameFault};

    #[test]
    fn names_are_valid_or_refused_with_the_reason() {
        let long = "a".repeat(256);
        let deep = vec!["a"; 33].join("/");
        for (text, want) in [
            ("inbox", Ok("INBOX")),
            ("iNbOx/Sub", Ok("INBOX/Sub")),
            ("Sub/inbox", Ok("Sub/inbox")),
            ("\u{130}NBOX", Ok("\u{130}NBOX")),
            ("Cafe\u{301}", Ok("Caf\u{e9}")),
            ("../../x", Ok("../../x")),
            ("", Err(NameFault::Empty)),
            ("a//b", Err(NameFault::Empty)),
            ("/a", Err(NameFault::Empty)),
            ("a/", Err(NameFault::Empty)),
            ("a\0b", Err(NameFault::Character)),
            ("a*", Err(NameFault::Character)),
            (&long, Err(NameFault::TooLong)),
            (&deep, Err(NameFault::TooDeep)),
        ] {
            assert_eq!(
                MailboxName::new(text).as_ref().map(MailboxName::as_str),
                want.as_ref().map(|w| *w),
                "{text}"
            );
        }
    }
}

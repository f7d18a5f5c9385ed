//! Comparing text: substrings, by the collation of the search (RFC 9051, 6.4.4; RFC 5255, 4.6).

use memchr::memmem::Finder;
use message::Addresses;

use crate::Collation;

/// A text to look for.
pub(super) struct Needle {
    finder: Finder<'static>,
    collation: Collation,
    /// The text as the kept words have it; none: they say nothing about it.
    in_words: Option<String>,
}

impl Needle {
    pub(super) fn new(text: &str, collation: Collation) -> Needle {
        let folded = collation.fold(text);
        // Words are kept for one collation. What another finds of ASCII that one finds, too.
        let in_words = match collation {
            Collation::UnicodeCasemap => Some(folded.clone().into_owned()),
            Collation::AsciiCasemap | Collation::Octet => {
                text.is_ascii().then(|| Collation::UnicodeCasemap.fold(text).into_owned())
            }
        };
        Needle { finder: Finder::new(folded.as_bytes()).into_owned(), collation, in_words }
    }

    /// The text as the kept words have it; none: they say nothing about it.
    pub(super) fn in_words(&self) -> Option<&str> {
        self.in_words.as_deref()
    }

    /// Whether a text that the kept words hold is one in which this is.
    pub(super) fn is_sure_in_words(&self) -> bool {
        self.collation == Collation::UnicodeCasemap
    }

    pub(super) fn is_empty(&self) -> bool {
        self.finder.needle().is_empty()
    }

    /// Whether a text holds it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.is_empty() || self.is_in_folded(&self.collation.fold(text))
    }

    /// Whether a text that was folded already holds it.
    pub(super) fn is_in_folded(&self, text: &str) -> bool {
        self.finder.find(text.as_bytes()).is_some()
    }
}

/// A list of addresses as people write it: `Ana Lima <ana@example.org>, ...`.
pub(crate) fn address_text(addresses: Addresses<'_>) -> String {
    let mut text = String::new();
    for address in addresses {
        if !text.is_empty() {
            text.push_str(", ");
        }
        if let Some(name) = address.name {
            text.push_str(&message::decode_words(name));
            text.push(' ');
        }
        let Some(mailbox) = address.mailbox else { continue };
        let mailbox = String::from_utf8_lossy(mailbox);
        match address.host {
            // The name of a group.
            None => text.push_str(&mailbox),
            Some(host) => {
                text.push('<');
                text.push_str(&mailbox);
                text.push('@');
                text.push_str(&String::from_utf8_lossy(host));
                text.push('>');
            }
        }
    }
    text
}

//! Comparing text: substrings, without regard to case, in Unicode (RFC 9051, 6.4.4). Composed and decomposed
//! characters are the same.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizer;
use memchr::memmem::Finder;
use message::Addresses;

/// A text to look for.
pub(super) struct Needle {
    finder: Finder<'static>,
}

impl Needle {
    pub(super) fn new(text: &str) -> Needle {
        Needle { finder: Finder::new(fold(text).as_bytes()).into_owned() }
    }

    /// The folded text.
    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(self.finder.needle()).unwrap_or_default()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.finder.needle().is_empty()
    }

    /// Whether a text holds it.
    pub(super) fn is_in(&self, text: &str) -> bool {
        self.is_empty() || self.is_in_folded(&fold(text))
    }

    /// Whether a text that was folded already holds it.
    pub(super) fn is_in_folded(&self, text: &str) -> bool {
        self.finder.find(text.as_bytes()).is_some()
    }
}

/// Folds a text, so that what is the same but for case and composition becomes the same octets.
pub(super) fn fold(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|octet| octet.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    let composed = ComposingNormalizer::new_nfc().normalize(text);
    Cow::Owned(CaseMapper::new().fold_string(&composed).into_owned())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_found_without_regard_to_case_and_composition() {
        for (needle, text, want) in [
            ("ABC", "xxabcxx", true),
            ("straße", "Die STRASSE", true),
            ("CAFÉ", "cafe\u{301}", true),
            ("ΣΊΣΥΦΟΣ", "σίσυφος", true),
            ("", "", true),
            ("ab", "a b", false),
        ] {
            assert_eq!(Needle::new(needle).is_in(text), want, "{needle} in {text}");
        }
    }
}

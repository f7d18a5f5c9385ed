//! The languages in which the server's texts can be had, and how a client names them (RFC 6856, 3; RFC 4647).

/// A language of the server's texts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English: what every session begins with, for it needs nothing but ASCII.
    #[default]
    English,
    /// `pt`.
    Portuguese,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 2] = [Language::English, Language::Portuguese];

    /// Its tag (RFC 5646).
    pub const fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::Portuguese => "pt",
        }
    }

    /// What its speakers call it.
    pub const fn own_name(self) -> &'static str {
        match self {
            Language::English => "English",
            Language::Portuguese => "Português",
        }
    }

    /// Finds the language for a basic language range: the range is shortened from its end until it is a tag of ours
    /// (RFC 4647, 3.4), so that `pt-BR` finds Portuguese.
    pub fn lookup(range: &[u8]) -> Option<Language> {
        let mut subtags = range.split(|octet| *octet == b'-');
        let fits = |subtag: &[u8]| {
            (1..=8).contains(&subtag.len()) && subtag.iter().all(u8::is_ascii_alphanumeric)
        };
        let primary = subtags.next()?;
        let tag = |language: &Language| language.tag().as_bytes().eq_ignore_ascii_case(primary);
        Language::ALL.into_iter().find(tag).filter(|_| subtags.all(fits))
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn ranges_find_the_language_that_they_begin_with() {
        for (range, want) in [
            ("en", Some(Language::English)),
            ("PT", Some(Language::Portuguese)),
            ("pt-BR", Some(Language::Portuguese)),
            ("pt-br-x-carioca", Some(Language::Portuguese)),
            ("EN-gb-oed", Some(Language::English)),
            ("por", None),
            ("p", None),
            ("", None),
            ("MUL", None),
            ("pt-", None),
            ("pt--BR", None),
            ("pt-toolongsubtag", None),
            ("pt_BR", None),
        ] {
            assert_eq!(Language::lookup(range.as_bytes()), want, "{range}");
        }
    }
}

//! The language of a page: the one of ours that a browser likes best.

use axum::http::{HeaderMap, header};

/// A language of our pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    English,
    Portuguese,
}

impl Language {
    /// The same as methods of JMAP know it.
    pub(crate) fn in_jmap(self) -> jmap::server::Language {
        match self {
            Language::English => jmap::server::Language::English,
            Language::Portuguese => jmap::server::Language::Portuguese,
        }
    }

    /// The one that a browser likes best (RFC 9110, 12.5.4).
    pub(crate) fn of(headers: &HeaderMap) -> Language {
        let values = headers.get_all(header::ACCEPT_LANGUAGE).into_iter();
        let mut best = (0.0, Language::English);
        for element in
            values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','))
        {
            let (range, weight) = element.split_once(';').unwrap_or((element, ""));
            let weight = weight.trim().strip_prefix("q=").unwrap_or("1").parse().unwrap_or(0.0_f32);
            let language = match range.trim().to_ascii_lowercase().split('-').next() {
                Some("pt") => Language::Portuguese,
                Some("en") => Language::English,
                _ => continue,
            };
            if weight > best.0 {
                best = (weight, language);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::Language;

    #[test]
    fn the_language_is_the_one_a_browser_likes_best() {
        for (accepted, want) in [
            ("pt-PT,pt;q=0.9,en;q=0.8", Language::Portuguese),
            ("en-GB, pt;q=0.5", Language::English),
            ("de, pt-BR;q=0.3, en;q=0.2", Language::Portuguese),
            ("de", Language::English),
            ("", Language::English),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(accepted));
            assert_eq!(Language::of(&headers), want, "{accepted}");
        }
    }
}

//! Parts of a download (RFC 9110, 14), and downloads that the client has already.

use std::ops::Range;

use axum::http::{HeaderMap, header};

/// Which part somebody asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// All of it. Also where several parts are asked for, or something that is not understood.
    All,
    /// These octets.
    Part(Range<u64>),
    /// Octets that there are not.
    Beyond,
}

impl Asked {
    /// What the fields of a request ask of something with this tag and so many octets.
    pub(crate) fn of(headers: &HeaderMap, tag: &str, octets: u64) -> Asked {
        let field = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let same = field(header::IF_RANGE).is_none_or(|it| it.trim() == tag);
        let Some(range) = field(header::RANGE).filter(|_| same) else { return Asked::All };
        let Some(range) = range.trim().strip_prefix("bytes=") else { return Asked::All };
        let Some((first, last)) = range.split_once('-') else { return Asked::All };
        let number = |text: &str| text.trim().parse::<u64>().ok();
        let part = match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(octets),
            (Some(first), None) if last.trim().is_empty() => first..octets,
            (None, Some(count)) if first.trim().is_empty() => octets.saturating_sub(count)..octets,
            _ => return Asked::All,
        };
        if part.is_empty() { Asked::Beyond } else { Asked::Part(part) }
    }
}

/// Whether the client has it already (RFC 9110, 13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).into_iter();
    let mut tags =
        values.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(','));
    tags.any(|known| matches!(known.trim(), "*") || known.trim().trim_start_matches("W/") == tag)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue, header};

    use super::{Asked, is_known};

    #[test]
    fn one_part_is_given_and_what_is_odd_is_all() {
        for (range, want) in [
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=2-", Asked::Part(2..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-30", Asked::Part(0..10)),
            ("bytes=5-99", Asked::Part(5..10)),
            ("bytes=10-", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=5-4", Asked::All),
            ("bytes=0-1,3-4", Asked::All),
            ("bytes=18446744073709551615-18446744073709551615", Asked::Beyond),
            ("lines=1-2", Asked::All),
            ("bytes=a-b", Asked::All),
            ("bytes=-", Asked::All),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::RANGE, HeaderValue::from_static(range));
            assert_eq!(Asked::of(&headers, "\"B1\"", 10), want, "{range}");
            headers.insert(header::IF_RANGE, HeaderValue::from_static("\"B2\""));
            assert_eq!(Asked::of(&headers, "\"B1\"", 10), Asked::All);
        }
    }

    #[test]
    fn what_is_known_is_not_sent_again() {
        for (tags, want) in [
            ("\"B1\"", true),
            ("W/\"B1\"", true),
            ("\"B2\", \"B1\"", true),
            ("*", true),
            ("\"B2\"", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(tags));
            assert_eq!(is_known(&headers, "\"B1\""), want, "{tags}");
        }
    }
}

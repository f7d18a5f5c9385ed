//! Entity tags of cards, and the conditions that requests make of them (RFC 9110, 8.8.3 and 13.1).

use axum::http::{HeaderMap, HeaderName, header};
use mailbox::CardId;

/// The tag of a card: another one after each change, also of the address books that it lies in.
pub(super) fn etag(card: CardId, changed: u64) -> String {
    format!("\"{}-{changed}\"", card.0)
}

/// What has to hold for a request to be done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Conditions {
    one_of: Option<Tags>,
    none_of: Option<Tags>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Tags {
    Any,
    These(Vec<String>),
}

impl Conditions {
    pub(super) fn of(headers: &HeaderMap) -> Conditions {
        let tags = |name| Tags::of(headers, &name);
        Conditions { one_of: tags(header::IF_MATCH), none_of: tags(header::IF_NONE_MATCH) }
    }

    /// Whether they hold of what is there, by its tag; none: nothing is there.
    pub(super) fn hold(&self, there: Option<&str>) -> bool {
        let is_in = |tags: &Tags| there.is_some_and(|tag| tags.has(tag));
        self.one_of.as_ref().is_none_or(is_in) && !self.none_of.as_ref().is_some_and(is_in)
    }
}

impl Tags {
    fn of(headers: &HeaderMap, name: &HeaderName) -> Option<Tags> {
        let mut these = Vec::new();
        for value in headers.get_all(name) {
            for tag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
                if tag == "*" {
                    return Some(Tags::Any);
                }
                // Proxies that compress an answer make its tag a weak one, and clients send that back.
                these.push(tag.strip_prefix("W/").unwrap_or(tag).to_owned());
            }
        }
        headers.contains_key(name).then_some(Tags::These(these))
    }

    fn has(&self, tag: &str) -> bool {
        match self {
            Tags::Any => true,
            Tags::These(these) => these.iter().any(|it| it == tag),
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

    use super::Conditions;

    #[test]
    fn conditions_hold_of_what_is_there() {
        let one = |name: HeaderName, value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(name, HeaderValue::from_str(value).unwrap());
            Conditions::of(&headers)
        };
        let (tag, none) = (Some("\"1-2\""), None);
        for (conditions, there, want) in [
            (Conditions::default(), tag, true),
            (Conditions::default(), none, true),
            (one(header::IF_MATCH, "\"1-2\""), tag, true),
            (one(header::IF_MATCH, "\"0\", W/\"1-2\""), tag, true),
            (one(header::IF_MATCH, "\"1-1\""), tag, false),
            (one(header::IF_MATCH, "*"), tag, true),
            (one(header::IF_MATCH, "*"), none, false),
            (one(header::IF_NONE_MATCH, "*"), tag, false),
            (one(header::IF_NONE_MATCH, "*"), none, true),
            (one(header::IF_NONE_MATCH, "\"1-1\""), tag, true),
            (one(header::IF_NONE_MATCH, "\"1-2\""), tag, false),
        ] {
            assert_eq!(conditions.hold(there), want, "{conditions:?} {there:?}");
        }
    }
}

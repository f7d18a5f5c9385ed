//! What JSContact says of the properties of a card (RFC 9553, 2). Properties that it does not name are left as they are (RFC 9553, 1.7).

use serde_json::{Map, Value};

mod types;

use types::{CARD, Kind, Need, Schema};

/// What is wrong with a card.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {why}")]
pub struct Wrong {
    /// Where, as a path without a slash at its beginning.
    pub path: String,
    /// What.
    pub why: &'static str,
}

impl Wrong {
    /// The property of the card.
    pub fn property(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }
}

/// What a check says.
pub type Checked = Result<(), Wrong>;

/// Checks the properties of a card that `is_asked` names; others were there before, and may be what another program made of them.
pub fn check(card: &Map<String, Value>, is_asked: impl Fn(&str) -> bool) -> Checked {
    for (name, value) in card {
        if let Some((kind, _)) = CARD.find(name).filter(|_| is_asked(name)) {
            kind.check(value, name)?;
        }
    }
    Ok(())
}

fn wrong(path: &str, why: &'static str) -> Checked {
    Err(Wrong { path: path.to_owned(), why })
}

impl Schema {
    fn find(&self, name: &str) -> Option<(&'static Kind, Need)> {
        let found = self.properties.iter().find(|(known, ..)| *known == name);
        found.map(|(_, kind, need)| (kind, *need))
    }

    fn check(&self, value: &Value, path: &str) -> Checked {
        let Value::Object(object) = value else { return wrong(path, "it is not an object") };
        if let Some(said) = object.get("@type")
            && !self.names.iter().any(|name| said == name)
        {
            return wrong(&format!("{path}/@type"), "it is of another type");
        }
        for (name, _, need) in self.properties {
            if *need == Need::Must && !object.contains_key(*name) {
                return wrong(&format!("{path}/{name}"), "it is missing");
            }
        }
        for (name, value) in object {
            if let Some((kind, _)) = self.find(name) {
                kind.check(value, &format!("{path}/{name}"))?;
            }
        }
        Ok(())
    }
}

impl Kind {
    fn check(&self, value: &Value, path: &str) -> Checked {
        let is = |holds: bool, why: &'static str| if holds { Ok(()) } else { wrong(path, why) };
        match self {
            Kind::Text => is(value.is_string(), "it is not a text"),
            Kind::Truth => is(value.is_boolean(), "it is not true or false"),
            Kind::Number(most) => {
                let fits = value.as_u64().is_some_and(|number| number <= *most);
                is(fits, "it is not a number, or too large")
            }
            Kind::Preference => {
                let fits = value.as_u64().is_some_and(|number| (1..=100).contains(&number));
                is(fits, "it is not a number from 1 to 100")
            }
            Kind::Date => is(
                value.as_str().is_some_and(|text| date_s(text).is_some()),
                "it is no UTCDateTime",
            ),
            Kind::Set => {
                let Value::Object(set) = value else { return wrong(path, "it is not a set") };
                is(set.values().all(|value| *value == true), "a value of a set is not true")
            }
            Kind::Texts => {
                let Value::Object(texts) = value else { return wrong(path, "it is not an object") };
                is(texts.values().all(Value::is_string), "a value is not a text")
            }
            Kind::One(schema) => schema.check(value, path),
            Kind::List(schema) => {
                let Value::Array(list) = value else { return wrong(path, "it is not a list") };
                let mut each = list.iter().enumerate();
                each.try_for_each(|(at, value)| schema.check(value, &format!("{path}/{at}")))
            }
            Kind::ById(schema) | Kind::ByText(schema) => {
                let Value::Object(map) = value else { return wrong(path, "it is not an object") };
                if matches!(self, Kind::ById(_)) && !map.keys().all(|key| is_id(key)) {
                    return wrong(path, "a key of it is no id");
                }
                let mut each = map.iter();
                each.try_for_each(|(key, value)| schema.check(value, &format!("{path}/{key}")))
            }
        }
    }
}

/// RFC 9553, 1.4.1.
fn is_id(key: &str) -> bool {
    let is_of = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
    (1..=255).contains(&key.len()) && key.bytes().all(is_of)
}

/// The second of a UTCDateTime (RFC 9553, 1.4.5).
pub(crate) fn date_s(text: &str) -> Option<i64> {
    let date: jiff::Timestamp = text.parse().ok()?;
    let is_plain = text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    is_plain.then(|| date.as_second())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::check;

    fn checked(card: Value) -> Result<(), String> {
        let Value::Object(card) = card else { panic!() };
        check(&card, |_| true).map_err(|wrong| wrong.to_string())
    }

    #[test]
    fn what_a_card_may_say_is_let_through() {
        let card = json!({
            "@type": "Card", "version": "1.0", "uid": "u", "kind": "individual", "created": "2024-01-01T00:00:00Z",
            "name": {"@type": "Name", "components": [{"kind": "given", "value": "Ana"}], "isOrdered": true, "sortAs": {"given": "ana"}},
            "emails": {"e1": {"address": "a@b", "contexts": {"work": true}, "pref": 1, "example.com:x": [1]}},
            "anniversaries": {"a": {"kind": "birth", "date": {"@type": "PartialDate", "month": 2, "day": 29}},
                              "b": {"kind": "wedding", "date": {"@type": "Timestamp", "utc": "2020-01-01T10:00:00Z"}}},
            "addresses": {"h": {"components": [{"kind": "locality", "value": "Lisboa"}], "countryCode": "PT"}},
            "media": {"p": {"kind": "photo", "blobId": "U7"}, "q": {"kind": "logo", "uri": "https://example.org/l.png"}},
            "keywords": {"friends": true}, "localizations": {"pt": {"name/full": "Ana"}}, "example.com:own": 7,
        });
        assert_eq!(checked(card), Ok(()));
    }

    #[test]
    fn what_it_may_not_say_is_named() {
        for (card, want) in [
            (json!({"name": "Ana"}), "name: it is not an object"),
            (
                json!({"name": {"components": [{"kind": "given"}]}}),
                "name/components/0/value: it is missing",
            ),
            (json!({"emails": {"e 1": {"address": "a"}}}), "emails: a key of it is no id"),
            (json!({"emails": {"e": {"address": 7}}}), "emails/e/address: it is not a text"),
            (
                json!({"emails": {"e": {"address": "a", "pref": 0}}}),
                "emails/e/pref: it is not a number from 1 to 100",
            ),
            (
                json!({"emails": {"e": {"@type": "Phone", "address": "a"}}}),
                "emails/e/@type: it is of another type",
            ),
            (json!({"created": "2024-01-01"}), "created: it is no UTCDateTime"),
            (json!({"created": "2024-01-01 00:00:00Z"}), "created: it is no UTCDateTime"),
            (json!({"keywords": {"x": false}}), "keywords: a value of a set is not true"),
            (
                json!({"anniversaries": {"a": {"kind": "birth"}}}),
                "anniversaries/a/date: it is missing",
            ),
            (json!({"phones": []}), "phones: it is not an object"),
            (json!({"localizations": {"pt": 1}}), "localizations/pt: it is not an object"),
        ] {
            assert_eq!(checked(card), Err(want.to_owned()));
        }
    }

    #[test]
    fn only_what_is_asked_about_is_checked() {
        let Value::Object(card) = json!({"emails": [], "phones": []}) else { panic!() };
        assert_eq!(check(&card, |name| name == "phones").unwrap_err().property(), "phones");
        assert_eq!(check(&card, |_| false), Ok(()));
    }
}

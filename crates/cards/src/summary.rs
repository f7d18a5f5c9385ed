//! What a list of cards knows of each: by what it is found and put in order (RFC 9610, 3.3).

use memchr::memmem::Finder;
use serde_json::{Map, Value};

use crate::fold;
use crate::schema::date_s;

/// Which property a text is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are those of RFC 9610, 3.3.1")]
pub enum Field {
    Given,
    Surname,
    Surname2,
    /// The other parts of the name, and the whole of it.
    Name,
    Nickname,
    Organization,
    Email,
    Phone,
    OnlineService,
    Address,
    Note,
    /// Whatever else is looked for by `text`.
    Other,
}

/// What is known of a card.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// The uid.
    pub uid: String,
    /// The kind; `individual` where none is said (RFC 9553, 2.1.4).
    pub kind: String,
    /// When it was made, in seconds since 1970.
    pub created_s: Option<i64>,
    /// When it was last changed.
    pub updated_s: Option<i64>,
    /// The first given name, surname and second surname, as they stand.
    pub names: [String; 3],
    /// The uids of the members of a group.
    pub members: Vec<String>,
    /// All texts, folded, each with a mark behind it.
    texts: String,
    /// Of which field each is, and where it ends.
    ends: Vec<(Field, usize)>,
}

/// Stands behind each text, so that nothing is found across two of them.
const MARK: char = '\u{1f}';

/// A word or phrase that is looked for.
#[derive(Clone, Debug)]
pub struct Sought(Finder<'static>);

impl Sought {
    /// In any case, with or without accents.
    pub fn of(text: &str) -> Sought {
        Sought(Finder::new(fold(text).as_bytes()).into_owned())
    }
}

impl Summary {
    /// Of a card.
    pub fn of(card: &Map<String, Value>) -> Summary {
        let text = |name: &str| card.get(name).and_then(Value::as_str).map(str::to_owned);
        let mut summary = Summary {
            uid: text("uid").unwrap_or_default(),
            kind: text("kind").unwrap_or_else(|| "individual".to_owned()),
            created_s: text("created").as_deref().and_then(date_s),
            updated_s: text("updated").as_deref().and_then(date_s),
            members: keys(card.get("members")).map(str::to_owned).collect(),
            ..Summary::default()
        };
        summary.take_name(card.get("name"));
        for (property, names, field) in BY_ID {
            for object in objects(card.get(*property)) {
                for name in *names {
                    summary.add(*field, object.get(*name));
                }
            }
        }
        for phone in objects(card.get("phones")) {
            if let Some(number) = phone.get("number").and_then(Value::as_str) {
                // People look for a number without its blanks.
                let digits: String = number.chars().filter(char::is_ascii_digit).collect();
                summary.push(Field::Phone, &digits);
            }
        }
        for address in objects(card.get("addresses")) {
            for component in list(address.get("components")) {
                summary.add(Field::Address, component.get("value"));
            }
        }
        for organization in objects(card.get("organizations")) {
            for unit in list(organization.get("units")) {
                summary.add(Field::Other, unit.get("name"));
            }
        }
        for keyword in keys(card.get("keywords")) {
            summary.push(Field::Other, keyword);
        }
        summary
    }

    fn take_name(&mut self, name: Option<&Value>) {
        let Some(name) = name else { return };
        self.add(Field::Name, name.get("full"));
        for component in list(name.get("components")) {
            let kind = component.get("kind").and_then(Value::as_str).unwrap_or_default();
            let (field, first) = match kind {
                "given" => (Field::Given, self.names.first_mut()),
                "surname" => (Field::Surname, self.names.get_mut(1)),
                "surname2" => (Field::Surname2, self.names.get_mut(2)),
                "separator" => continue,
                _ => (Field::Name, None),
            };
            let value = component.get("value").and_then(Value::as_str).unwrap_or_default();
            if let Some(first) = first.filter(|first| first.is_empty()) {
                value.clone_into(first);
            }
            self.push(field, value);
        }
    }

    fn add(&mut self, field: Field, value: Option<&Value>) {
        if let Some(text) = value.and_then(Value::as_str) {
            self.push(field, text);
        }
    }

    fn push(&mut self, field: Field, text: &str) {
        if !text.is_empty() {
            self.texts.push_str(&fold(text));
            self.texts.push(MARK);
            self.ends.push((field, self.texts.len()));
        }
    }

    /// Whether some text of these fields has what is looked for in it; of all fields where none is named.
    pub fn has(&self, fields: &[Field], sought: &Sought) -> bool {
        let is_in = |text: &str| sought.0.find(text.as_bytes()).is_some();
        if fields.is_empty() {
            return is_in(&self.texts);
        }
        let mut start = 0;
        self.ends.iter().any(|(field, end)| {
            let text = self.texts.get(start..*end).unwrap_or_default();
            start = *end;
            fields.contains(field) && is_in(text)
        })
    }

    /// About how many octets of memory it takes.
    pub fn octets(&self) -> usize {
        let lists =
            self.members.iter().chain(&self.names).map(|text| text.len().saturating_add(24));
        let ends = self.ends.len().saturating_mul(16);
        let all = lists.fold(200, usize::saturating_add);
        let all = all.saturating_add(self.texts.len()).saturating_add(ends);
        all.saturating_add(self.uid.len())
    }
}

/// Properties that are objects by ids, which of theirs are looked for, and as what.
const BY_ID: &[(&str, &[&str], Field)] = &[
    ("nicknames", &["name"], Field::Nickname),
    ("organizations", &["name"], Field::Organization),
    ("emails", &["address", "label"], Field::Email),
    ("phones", &["number", "label"], Field::Phone),
    ("onlineServices", &["service", "uri", "user", "label"], Field::OnlineService),
    ("addresses", &["full"], Field::Address),
    ("notes", &["note"], Field::Note),
    ("titles", &["name"], Field::Other),
    ("links", &["uri", "label"], Field::Other),
    ("personalInfo", &["value"], Field::Other),
];

fn objects(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_object).into_iter().flat_map(|map| map.values())
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn keys(value: Option<&Value>) -> impl Iterator<Item = &str> {
    value.and_then(Value::as_object).into_iter().flat_map(|map| map.keys()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Field, Sought, Summary};

    #[test]
    fn a_card_is_found_by_what_stands_in_its_fields() {
        let Value::Object(card) = json!({
            "uid": "u1", "created": "1970-01-01T00:00:10Z", "members": {"a": true},
            "name": {"full": "Dr. José Silva", "components": [{"kind": "given", "value": "José"}, {"kind": "given", "value": "Maria"}, {"kind": "surname", "value": "Silva"}]},
            "emails": {"e": {"address": "Jose@Example.org", "label": "Office"}},
            "phones": {"p": {"number": "+351 912 345 678"}},
            "addresses": {"h": {"components": [{"kind": "locality", "value": "Lisboa"}]}},
            "organizations": {"o": {"name": "Acme", "units": [{"name": "Sales"}]}},
            "keywords": {"friends": true}, "titles": {"t": {"name": "Baker"}},
        }) else {
            panic!()
        };
        let summary = Summary::of(&card);
        assert_eq!((&*summary.uid, &*summary.kind), ("u1", "individual"));
        assert_eq!((summary.created_s, summary.updated_s), (Some(10), None));
        assert_eq!(summary.names, ["José", "Silva", ""]);
        assert_eq!(summary.members, ["a"]);
        for (fields, part, want) in [
            (&[Field::Given][..], "jose", true),
            (&[Field::Given], "silva", false),
            (&[Field::Name], "dr. jose", true),
            (&[Field::Email], "@example", true),
            (&[Field::Email], "office", true),
            (&[Field::Phone], "912345", true),
            (&[Field::Address], "lisb", true),
            (&[Field::Organization], "sales", false),
            (&[], "sales", true),
            (&[], "baker", true),
            (&[], "friends", true),
            (&[], "nobody", false),
            (&[Field::Email], "exam", true),
            (&[Field::Phone], "office", false),
        ] {
            assert_eq!(summary.has(fields, &Sought::of(part)), want, "{fields:?} {part}");
        }
    }
}

//! A vCard as JSContact (RFC 9555, 2). What JSContact has no property for stands in `vCardProps` and `vCardParams` (RFC 9555, 3.1), so that
//! it is there when it becomes a vCard again.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use serde_json::{Map, Value, json};

use super::rows::{CONTEXTS, FEATURES, ROWS, Row, Says, Shape};
use super::{Property, VCard, date, name, text};
use crate::image_type;

/// What Apple calls a property of the same group.
const LABEL: &str = "X-ABLABEL";

impl VCard {
    /// What it says as JSContact. Photos stand in it as `data:` addresses. It has a uid only where the vCard has one.
    pub fn object(&self) -> Map<String, Value> {
        let mut reading = Reading { card: self, object: Map::new(), labelled: Vec::new() };
        reading.object.insert("@type".to_owned(), "Card".into());
        reading.object.insert("version".to_owned(), "1.0".into());
        let is_label = |property: &&Property| property.name == LABEL;
        for property in self.properties.iter().filter(|it| !is_label(it)) {
            if reading.take(property).is_none() {
                reading.keep(property);
            }
        }
        for label in self.properties.iter().filter(is_label) {
            let is_taken = label.group.as_deref().is_some_and(|it| reading.labelled.contains(&it));
            if !is_taken {
                reading.keep(label);
            }
        }
        reading.object
    }
}

struct Reading<'c> {
    card: &'c VCard,
    object: Map<String, Value>,
    /// Groups whose label was taken.
    labelled: Vec<&'c str>,
}

/// The parameters of a property that nobody took yet.
struct Params(Vec<(String, Vec<String>)>);

impl Params {
    fn of(property: &Property) -> Params {
        // What a value is follows from it.
        let left = property.params.iter().filter(|(name, _)| name != "VALUE");
        Params(left.cloned().collect())
    }

    fn take(&mut self, name: &str) -> Option<Vec<String>> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.remove(at).1)
    }

    fn take_one(&mut self, name: &str) -> Option<String> {
        self.take(name)?.into_iter().next()
    }

    /// Takes the types that a table knows, as a set.
    fn take_types(&mut self, table: &[(&str, &str)]) -> Map<String, Value> {
        let Some(types) = self.take("TYPE") else { return Map::new() };
        let mut set = Map::new();
        let mut left = Vec::new();
        for kind in types {
            match table.iter().find(|(_, known)| known.eq_ignore_ascii_case(&kind)) {
                Some((said, _)) => drop(set.insert((*said).to_owned(), true.into())),
                None => left.push(kind),
            }
        }
        if !left.is_empty() {
            self.0.push(("TYPE".to_owned(), left));
        }
        set
    }

    /// Puts the rest into an entry.
    fn keep(self, group: Option<&str>, entry: &mut Map<String, Value>) {
        let mut kept = Map::new();
        if let Some(group) = group {
            kept.insert("group".to_owned(), group.into());
        }
        for (name, values) in self.0 {
            let value = match <[String; 1]>::try_from(values) {
                Ok([one]) => Value::String(one),
                Err(values) => values.into(),
            };
            kept.insert(name.to_ascii_lowercase(), value);
        }
        if !kept.is_empty() {
            entry.insert("vCardParams".to_owned(), kept.into());
        }
    }
}

impl<'c> Reading<'c> {
    /// Takes a property; none: JSContact has no place for it, or its place is taken.
    fn take(&mut self, property: &'c Property) -> Option<()> {
        if let Some(row) = ROWS.iter().find(|row| row.name == property.name) {
            return self.entry(row, property);
        }
        match property.name.as_str() {
            "UID" => self.one("uid", property.text().trim()),
            "PRODID" => self.one("prodId", &property.text()),
            "LANGUAGE" => self.one("language", &property.text()),
            "KIND" | "X-ADDRESSBOOKSERVER-KIND" => {
                self.one("kind", &property.text().trim().to_ascii_lowercase())
            }
            "REV" => self.one("updated", &date::moment(&property.value)?),
            "CREATED" => self.one("created", &date::moment(&property.value)?),
            "FN" => self.full_name(property),
            "N" => self.name(property),
            "ORG" => self.organization(property),
            "ADR" => self.address(property),
            "BDAY" | "ANNIVERSARY" | "DEATHDATE" => {
                let anniversary = date::anniversary(property)?;
                let mut params = Params::of(property);
                params.take("X-APPLE-OMIT-YEAR");
                self.put("anniversaries", anniversary, params, property)
            }
            "SOCIALPROFILE" | "X-SOCIALPROFILE" => self.social_profile(property),
            "CATEGORIES" => self.set("keywords", text::list(&property.value)),
            "MEMBER" => self.set("members", vec![property.text()]),
            "X-ADDRESSBOOKSERVER-MEMBER" => {
                // Apple puts this before the uid, whatever that is.
                let uid = property.text();
                self.set("members", vec![uid.strip_prefix("urn:uuid:").unwrap_or(&uid).to_owned()])
            }
            "RELATED" => self.related(property),
            _ => None,
        }
    }

    fn one(&mut self, name: &str, value: &str) -> Option<()> {
        if self.object.contains_key(name) || value.is_empty() {
            return None;
        }
        self.object.insert(name.to_owned(), value.into());
        Some(())
    }

    fn map(&mut self, name: &str) -> Option<&mut Map<String, Value>> {
        self.object.entry(name).or_insert_with(|| json!({})).as_object_mut()
    }

    fn set(&mut self, name: &str, texts: Vec<String>) -> Option<()> {
        if texts.iter().all(String::is_empty) {
            return None;
        }
        let set = self.map(name)?;
        set.extend(texts.into_iter().map(|text| (text, Value::Bool(true))));
        Some(())
    }

    /// Puts an entry into a list, with what is left of the parameters.
    fn put(
        &mut self,
        list: &str,
        mut entry: Map<String, Value>,
        params: Params,
        property: &Property,
    ) -> Option<()> {
        let group = property.group.as_deref().filter(|group| !self.labelled.contains(group));
        params.keep(group, &mut entry);
        let map = self.map(list)?;
        let id = format!("k{}", map.len().saturating_add(1));
        map.insert(id, entry.into());
        Some(())
    }

    /// Puts down what JSContact has no place for, as jCard would (RFC 9555, 3.1; RFC 7095, 5.1: the type is not known).
    fn keep(&mut self, property: &Property) {
        let mut entry = Map::new();
        Params(property.params.clone()).keep(property.group.as_deref(), &mut entry);
        let params = entry.remove("vCardParams").unwrap_or_else(|| json!({}));
        let name = property.name.to_ascii_lowercase();
        let kept = self.object.entry("vCardProps").or_insert_with(|| json!([]));
        if let Some(kept) = kept.as_array_mut() {
            kept.push(json!([name, params, "unknown", property.value]));
        }
    }

    // ---- lists

    fn entry(&mut self, row: &Row, property: &'c Property) -> Option<()> {
        let mut params = Params::of(property);
        let mut entry = Map::new();
        let values = match row.shape {
            Shape::Text | Shape::Uri => vec![property.text()],
            Shape::Texts => text::list(&property.value),
            Shape::Octets => vec![octets(property, &mut params, &mut entry)?],
        };
        if values.iter().all(|value| value.trim().is_empty()) {
            return None;
        }
        if let Some(kind) = row.kind {
            entry.insert("kind".to_owned(), kind.into());
        }
        if row.name == "IMPP" {
            entry.insert("vCardName".to_owned(), "impp".into());
        }
        if row.name == "TEL" {
            put_set(&mut entry, "features", params.take_types(&FEATURES));
        }
        if row.name == "EMAIL" {
            // RFC 2426, 3.3.2: it is what is meant where nothing is said.
            params.take_types(&[("internet", "internet")]);
        }
        self.take_use(row.says, &mut params, &mut entry, property);
        for value in values {
            let mut entry = entry.clone();
            let value = if row.shape == Shape::Uri { value.trim() } else { &value };
            entry.insert(row.field.to_owned(), value.into());
            self.put(row.list, entry, Params(params.0.clone()), property)?;
        }
        Some(())
    }

    /// Takes where an entry is used, whether it is preferred, and what people call it.
    fn take_use(
        &mut self,
        says: Says,
        params: &mut Params,
        entry: &mut Map<String, Value>,
        property: &'c Property,
    ) {
        if says == Says::Nothing {
            return;
        }
        put_set(entry, "contexts", params.take_types(&CONTEXTS[..2]));
        take_pref(params, entry);
        let Some(group) = property.group.as_deref().filter(|_| says == Says::UseAndLabel) else {
            return;
        };
        let mut labels = self.card.named(LABEL);
        if let Some(label) = labels.find(|label| label.group.as_deref() == Some(group)) {
            let label = label.text();
            let plain = label.strip_prefix("_$!<").and_then(|label| label.strip_suffix(">!$_"));
            entry.insert("label".to_owned(), plain.unwrap_or(&label).into());
            if !self.labelled.contains(&group) {
                self.labelled.push(group);
            }
        }
    }

    // ---- properties of their own

    fn full_name(&mut self, property: &Property) -> Option<()> {
        let full = property.text();
        let name = self.map("name")?;
        if name.contains_key("full") {
            return None;
        }
        name.insert("full".to_owned(), full.into());
        Some(())
    }

    fn name(&mut self, property: &Property) -> Option<()> {
        let components = name::read_name(&property.value);
        if components.is_empty() {
            return Some(());
        }
        let name = self.map("name")?;
        if name.contains_key("components") {
            return None;
        }
        name.insert("components".to_owned(), components.into());
        let mut kept = Map::new();
        Params::of(property).keep(property.group.as_deref(), &mut kept);
        name.extend(kept);
        Some(())
    }

    fn organization(&mut self, property: &Property) -> Option<()> {
        let mut params = Params::of(property);
        let mut texts = text::split(&property.value, ';').into_iter().map(text::unescape);
        let name = texts.next().unwrap_or_default();
        let units: Vec<Value> =
            texts.filter(|unit| !unit.is_empty()).map(|unit| json!({"name": unit})).collect();
        let mut entry = Map::new();
        if !name.is_empty() {
            entry.insert("name".to_owned(), name.into());
        }
        if !units.is_empty() {
            entry.insert("units".to_owned(), units.into());
        }
        if entry.is_empty() {
            return None;
        }
        put_set(&mut entry, "contexts", params.take_types(&CONTEXTS[..2]));
        self.put("organizations", entry, params, property)
    }

    fn address(&mut self, property: &Property) -> Option<()> {
        let mut params = Params::of(property);
        let mut entry = Map::new();
        let components = name::read_address(&property.value);
        if !components.is_empty() {
            entry.insert("components".to_owned(), components.into());
        }
        for (param, field) in
            [("LABEL", "full"), ("GEO", "coordinates"), ("TZ", "timeZone"), ("CC", "countryCode")]
        {
            if let Some(value) = params.take_one(param) {
                entry.insert(field.to_owned(), value.into());
            }
        }
        if entry.is_empty() {
            return None;
        }
        put_set(&mut entry, "contexts", params.take_types(&CONTEXTS));
        take_pref(&mut params, &mut entry);
        self.put("addresses", entry, params, property)
    }

    /// RFC 9554, 4.9; Apple's own says the service as a type.
    fn social_profile(&mut self, property: &'c Property) -> Option<()> {
        let mut params = Params::of(property);
        let mut entry = Map::new();
        self.take_use(Says::UseAndLabel, &mut params, &mut entry, property);
        let is_apple = property.name.starts_with("X-");
        let (service, user) =
            if is_apple { ("TYPE", "X-USER") } else { ("SERVICE-TYPE", "USERNAME") };
        for (param, field) in [(service, "service"), (user, "user")] {
            if let Some(value) = params.take_one(param) {
                entry.insert(field.to_owned(), value.into());
            }
        }
        let value = property.text();
        let is_text =
            property.param("VALUE").is_some_and(|kind| kind.iter().any(|it| it == "text"));
        let field = if is_text { "user" } else { "uri" };
        if value.trim().is_empty() || entry.contains_key(field) {
            return None;
        }
        entry.insert(field.to_owned(), value.trim().into());
        self.put("onlineServices", entry, params, property)
    }

    fn related(&mut self, property: &Property) -> Option<()> {
        let mut params = Params::of(property);
        let to = property.text();
        if to.is_empty() {
            return None;
        }
        let kinds = params.take("TYPE").unwrap_or_default();
        let kinds = kinds.into_iter().map(|kind| (kind.to_ascii_lowercase(), Value::Bool(true)));
        let mut entry = Map::from_iter([("relation".to_owned(), Value::Object(kinds.collect()))]);
        params.keep(property.group.as_deref(), &mut entry);
        let related = self.map("relatedTo")?;
        if related.contains_key(&to) {
            return None;
        }
        related.insert(to, entry.into());
        Some(())
    }
}

fn put_set(entry: &mut Map<String, Value>, name: &str, set: Map<String, Value>) {
    if !set.is_empty() {
        entry.insert(name.to_owned(), set.into());
    }
}

/// Takes which is preferred: a number from 1 (RFC 6350, 5.3), or the type of 3.0.
fn take_pref(params: &mut Params, entry: &mut Map<String, Value>) {
    let is_pref = !params.take_types(&[("pref", "pref")]).is_empty();
    let number = params.take_one("PREF").and_then(|number| number.trim().parse::<u64>().ok());
    let number = number.or(is_pref.then_some(1)).filter(|number| (1..=100).contains(number));
    if let Some(number) = number {
        entry.insert("pref".to_owned(), number.into());
    }
}

/// An address of something, or octets as a `data:` address (RFC 2397), whatever the version.
fn octets(
    property: &Property,
    params: &mut Params,
    entry: &mut Map<String, Value>,
) -> Option<String> {
    if let Some(kind) = params.take_one("MEDIATYPE") {
        entry.insert("mediaType".to_owned(), kind.into());
    }
    let is_base64 = params.take_one("ENCODING").is_some_and(|encoding| {
        encoding.eq_ignore_ascii_case("b") || encoding.eq_ignore_ascii_case("base64")
    });
    if !is_base64 {
        let uri = property.text().trim().to_owned();
        // A key may be a text; it is none that JSContact has a place for.
        return uri.contains(':').then_some(uri);
    }
    let plain: String = property.value.chars().filter(|it| !it.is_ascii_whitespace()).collect();
    let octets = STANDARD.decode(&plain).or_else(|_| STANDARD_NO_PAD.decode(&plain));
    let octets = octets.ok()?;
    let family = match property.name.as_str() {
        "SOUND" => "audio",
        "KEY" => "application",
        _ => "image",
    };
    let uses = ["home", "work", "pref"];
    let types = params.take("TYPE").unwrap_or_default();
    let (types, uses): (Vec<String>, Vec<String>) =
        types.into_iter().partition(|kind| !uses.iter().any(|it| it.eq_ignore_ascii_case(kind)));
    if !uses.is_empty() {
        params.0.push(("TYPE".to_owned(), uses));
    }
    let said = types.into_iter().next().filter(|kind| {
        !kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphanumeric() || "+-./".contains(c))
    });
    let kind = match (image_type(&octets), said) {
        (Some(kind), _) => kind.to_owned(),
        (None, Some(kind)) if kind.contains('/') => kind.to_ascii_lowercase(),
        (None, Some(kind)) => format!("{family}/{}", kind.to_ascii_lowercase()),
        (None, None) => "application/octet-stream".to_owned(),
    };
    Some(format!("data:{kind};base64,{}", STANDARD.encode(octets)))
}

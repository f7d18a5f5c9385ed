//! A card as a vCard (RFC 9555, 3). What a vCard cannot say is left out; [`super::merged`] keeps it when a program writes the vCard back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::{Map, Value};

use super::rows::{APPLE_LABELS, CONTEXTS, FEATURES, ROWS, Row, Says, Shape};
use super::text::escape;
use super::{Property, VCard, Version, date, name};
use crate::PhotoName;

impl VCard {
    /// A vCard of this version that says what a card says. `photo` has the octets of its photos; those that are not there are left out.
    /// The same card always makes the same vCard.
    pub fn of(
        object: &Map<String, Value>,
        version: Version,
        photo: impl Fn(&PhotoName) -> Option<Bytes>,
    ) -> VCard {
        let groups = groups(object);
        let mut writing = Writing { version, properties: Vec::new(), groups, labels: 0 };
        writing.head(object);
        writing.names(object);
        for row in ROWS {
            for entry in entries(object, row.list).filter(|entry| row.is_of(entry)) {
                writing.entry(row, entry, &photo);
            }
        }
        writing.own_lists(object);
        writing.sets(object);
        writing.kept(object);
        VCard { version, properties: writing.properties }
    }
}

struct Writing {
    version: Version,
    properties: Vec<Property>,
    /// The groups that have a name already.
    groups: Vec<String>,
    /// How many labels there are.
    labels: u32,
}

fn said<'v>(entry: &'v Map<String, Value>, name: &str) -> Option<&'v str> {
    entry.get(name)?.as_str().filter(|text| !text.is_empty())
}

fn entries<'v>(
    object: &'v Map<String, Value>,
    list: &str,
) -> impl Iterator<Item = &'v Map<String, Value>> {
    let entries = object.get(list).and_then(Value::as_object);
    entries.into_iter().flat_map(|entries| entries.values()).filter_map(Value::as_object)
}

/// The texts of a set.
fn members<'v>(entry: &'v Map<String, Value>, name: &str) -> impl Iterator<Item = &'v str> {
    let set = entry.get(name).and_then(Value::as_object);
    set.into_iter().flat_map(|set| set.keys()).map(String::as_str)
}

/// All groups that entries and kept properties name.
fn groups(object: &Map<String, Value>) -> Vec<String> {
    let lists = object.values().filter_map(Value::as_object).flat_map(|list| list.values());
    let params = lists.filter_map(|entry| entry.get("vCardParams"));
    let kept = object.get("vCardProps").and_then(Value::as_array).into_iter().flatten();
    let params = params.chain(kept.filter_map(|kept| kept.get(1)));
    params.filter_map(|params| Some(params.get("group")?.as_str()?.to_owned())).collect()
}

impl Row {
    /// Whether an entry of its list is of this kind.
    fn is_of(&self, entry: &Map<String, Value>) -> bool {
        if self.name == "IMPP" {
            return said(entry, "vCardName") == Some("impp");
        }
        let kind = said(entry, "kind");
        match self.kind {
            Some(own) => kind == Some(own),
            None => !ROWS
                .iter()
                .any(|row| row.list == self.list && row.kind.is_some() && row.kind == kind),
        }
    }
}

impl Writing {
    /// Puts a property down, with the parameters that were kept for it.
    fn put(&mut self, mut property: Property, entry: &Map<String, Value>) {
        let kept = entry.get("vCardParams").and_then(Value::as_object);
        for (name, value) in kept.into_iter().flatten() {
            if name == "group" {
                property.group = value.as_str().map(str::to_owned);
                continue;
            }
            let name = name.to_ascii_uppercase();
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for value in values.iter().filter_map(Value::as_str) {
                property = property.with(&name, value);
            }
        }
        self.properties.push(property);
    }

    fn plain(&mut self, name: &str, value: String) {
        self.properties.push(Property::new(name, value));
    }

    fn head(&mut self, object: &Map<String, Value>) {
        for (field, name) in [("uid", "UID"), ("prodId", "PRODID"), ("language", "LANGUAGE")] {
            if let Some(value) = said(object, field) {
                self.plain(name, escape(value));
            }
        }
        match (said(object, "kind"), self.version) {
            (None | Some("individual"), _) => {}
            (Some("group"), Version::V3) => {
                self.plain("X-ADDRESSBOOKSERVER-KIND", "group".to_owned());
            }
            (Some(kind), _) => self.plain("KIND", escape(kind)),
        }
        for (field, name) in [("updated", "REV"), ("created", "CREATED")] {
            let moment = said(object, field);
            if let Some(moment) = moment.and_then(|it| date::write_moment(it, self.version)) {
                self.plain(name, moment);
            }
        }
    }

    /// FN, which has to be there (RFC 6350, 6.2.1), and N, which 3.0 wants (RFC 2426, 3.1.2).
    fn names(&mut self, object: &Map<String, Value>) {
        let none = Map::new();
        let own = object.get("name").and_then(Value::as_object).unwrap_or(&none);
        let full = said(own, "full").map_or_else(|| name::full(own), str::to_owned);
        let first = |list: &str, field: &str| {
            let mut entries = entries(object, list);
            entries.find_map(|entry| said(entry, field)).map(str::to_owned)
        };
        let full = Some(full).filter(|full| !full.trim().is_empty());
        let full = full.or_else(|| first("organizations", "name"));
        let full = full.or_else(|| first("nicknames", "name"));
        let full = full.or_else(|| first("emails", "address")).unwrap_or_default();
        self.plain("FN", escape(&full));
        let value = name::write_name(own, self.version);
        match (value.is_empty(), self.version) {
            (true, Version::V4) => {}
            (true, Version::V3) => self.plain("N", ";;;;".to_owned()),
            (false, _) => self.put(Property::new("N", value), own),
        }
    }

    fn entry(
        &mut self,
        row: &Row,
        entry: &Map<String, Value>,
        photo: &impl Fn(&PhotoName) -> Option<Bytes>,
    ) {
        let property = match row.shape {
            Shape::Octets => octets(row.name, entry, self.version, photo),
            Shape::Text | Shape::Texts => said(entry, row.field).map(|value| {
                let property = Property::new(row.name, escape(value));
                let is_tel = row.name == "TEL" && value.starts_with("tel:");
                if is_tel && self.version == Version::V4 {
                    return Property { value: uri(value), ..property }.with("VALUE", "uri");
                }
                property
            }),
            Shape::Uri => said(entry, row.field).map(|at| Property::new(row.name, uri(at))),
        };
        let Some(mut property) = property else { return };
        if row.name == "TEL" {
            property = with_types(property, entry, "features", &FEATURES);
        }
        if row.says != Says::Nothing {
            property = self.with_use(with_types(property, entry, "contexts", &CONTEXTS), entry);
        }
        if row.says == Says::UseAndLabel {
            self.put_labelled(property, entry);
        } else {
            self.put(property, entry);
        }
    }

    fn with_use(&self, property: Property, entry: &Map<String, Value>) -> Property {
        match (entry.get("pref").and_then(Value::as_u64), self.version) {
            (Some(pref @ 1..=100), Version::V4) => property.with("PREF", pref.to_string()),
            (Some(1), Version::V3) => property.with("TYPE", "pref"),
            (Some(_) | None, _) => property,
        }
    }

    /// Puts a property down, with what people call it as Apple does (a property of the same group).
    fn put_labelled(&mut self, property: Property, entry: &Map<String, Value>) {
        self.put(property, entry);
        let Some(label) = said(entry, "label") else { return };
        let kept = self.properties.last().and_then(|property| property.group.clone());
        let group = kept.unwrap_or_else(|| {
            loop {
                self.labels = self.labels.saturating_add(1);
                let group = format!("item{}", self.labels);
                if !self.groups.contains(&group) {
                    break group;
                }
            }
        });
        let is_known = APPLE_LABELS.contains(&label) && self.version == Version::V3;
        let label = if is_known { format!("_$!<{label}>!$_") } else { escape(label) };
        if let Some(property) = self.properties.last_mut() {
            property.group = Some(group.clone());
        }
        let labelled = Property { group: Some(group), ..Property::new("X-ABLabel", label) };
        self.properties.push(labelled);
    }

    /// Lists whose entries are more than one value.
    fn own_lists(&mut self, object: &Map<String, Value>) {
        for entry in entries(object, "organizations") {
            let units = entry.get("units").and_then(Value::as_array).into_iter().flatten();
            let units = units.filter_map(|unit| unit.get("name")?.as_str());
            let texts = std::iter::once(said(entry, "name").unwrap_or_default()).chain(units);
            let value = texts.map(escape).collect::<Vec<_>>().join(";");
            let property = Property::new("ORG", value);
            self.put(with_types(property, entry, "contexts", &CONTEXTS), entry);
        }
        for entry in entries(object, "addresses") {
            let value = name::write_address(entry);
            let value = if value.is_empty() { ";;;;;;".to_owned() } else { value };
            let mut property = Property::new("ADR", value);
            for (field, param) in [
                ("full", "LABEL"),
                ("coordinates", "GEO"),
                ("timeZone", "TZ"),
                ("countryCode", "CC"),
            ] {
                if let Some(value) = said(entry, field) {
                    property = property.with(param, value);
                }
            }
            let property = with_types(property, entry, "contexts", &CONTEXTS);
            self.put(self.with_use(property, entry), entry);
        }
        for entry in entries(object, "anniversaries") {
            let kind = date::KINDS.into_iter().find(|(_, kind)| said(entry, "kind") == Some(kind));
            let date = entry.get("date");
            let property =
                kind.zip(date).and_then(|((name, _), it)| date::write(name, it, self.version));
            if let Some(property) = property {
                self.put(property, entry);
            }
        }
        let is_impp = |entry: &&Map<String, Value>| said(entry, "vCardName") == Some("impp");
        for entry in entries(object, "onlineServices").filter(|entry| !is_impp(entry)) {
            self.social_profile(entry);
        }
        let related = object.get("relatedTo").and_then(Value::as_object);
        for (to, entry) in related.into_iter().flatten() {
            let Some(entry) = entry.as_object() else { continue };
            let mut property = Property::new("RELATED", escape(to));
            if !to.contains(':') && self.version == Version::V4 {
                property = property.with("VALUE", "text");
            }
            for kind in members(entry, "relation") {
                property = property.with("TYPE", kind);
            }
            self.put(property, entry);
        }
    }

    fn social_profile(&mut self, entry: &Map<String, Value>) {
        let (name, service, user) = match self.version {
            Version::V3 => ("X-SOCIALPROFILE", "TYPE", "X-USER"),
            Version::V4 => ("SOCIALPROFILE", "SERVICE-TYPE", "USERNAME"),
        };
        let mut property = match (said(entry, "uri"), said(entry, "user")) {
            (Some(at), None) => Property::new(name, uri(at)),
            (Some(at), Some(own)) => Property::new(name, uri(at)).with(user, own),
            (None, Some(own)) => Property::new(name, escape(own)).with("VALUE", "text"),
            (None, None) => return,
        };
        if let Some(said) = said(entry, "service") {
            property = property.with(service, said);
        }
        let property = with_types(property, entry, "contexts", &CONTEXTS);
        self.put_labelled(self.with_use(property, entry), entry);
    }

    fn sets(&mut self, object: &Map<String, Value>) {
        let keywords: Vec<String> = members(object, "keywords").map(escape).collect();
        if !keywords.is_empty() {
            self.plain("CATEGORIES", keywords.join(","));
        }
        for uid in members(object, "members") {
            match self.version {
                Version::V3 => {
                    self.plain("X-ADDRESSBOOKSERVER-MEMBER", escape(&format!("urn:uuid:{uid}")));
                }
                Version::V4 => self.plain("MEMBER", escape(uid)),
            }
        }
    }

    /// What came of a vCard and has no place in JSContact.
    fn kept(&mut self, object: &Map<String, Value>) {
        for kept in object.get("vCardProps").and_then(Value::as_array).into_iter().flatten() {
            let part = |at: usize| kept.get(at);
            let name = part(0).and_then(Value::as_str).unwrap_or_default().to_ascii_uppercase();
            let value = part(3).and_then(Value::as_str);
            // These frame a vCard, and are ours to say.
            if let Some(value) = value.filter(|_| !["BEGIN", "END", "VERSION"].contains(&&*name)) {
                let params = part(1).cloned().unwrap_or_default();
                let entry = Map::from_iter([("vCardParams".to_owned(), params)]);
                self.put(Property::new(&name, value.to_owned()), &entry);
            }
        }
    }
}

fn with_types(
    mut property: Property,
    entry: &Map<String, Value>,
    field: &str,
    table: &[(&str, &str)],
) -> Property {
    for said in members(entry, field) {
        if let Some((_, kind)) = table.iter().find(|(known, _)| *known == said) {
            property = property.with("TYPE", *kind);
        }
    }
    property
}

/// An address as it stands in a vCard: without escapes, so that it has nothing that would be taken for one.
fn uri(at: &str) -> String {
    at.replace('\\', "%5C")
}

/// A photo, or whatever else has octets or an address.
fn octets(
    name: &str,
    entry: &Map<String, Value>,
    version: Version,
    photo: &impl Fn(&PhotoName) -> Option<Bytes>,
) -> Option<Property> {
    let kind = said(entry, "mediaType");
    if let Some(at) = said(entry, "uri") {
        let property = Property::new(name, uri(at));
        return Some(match (version, kind) {
            (Version::V3, _) => property.with("VALUE", "uri"),
            (Version::V4, Some(kind)) => property.with("MEDIATYPE", kind),
            (Version::V4, None) => property,
        });
    }
    let octets = photo(&PhotoName::read(said(entry, "blobId")?)?)?;
    let octets = STANDARD.encode(octets);
    let is_type =
        |kind: &&str| kind.chars().all(|c| c.is_ascii_alphanumeric() || "+-./_".contains(c));
    let kind = kind.filter(is_type).unwrap_or("application/octet-stream");
    Some(match version {
        Version::V3 => {
            let (_, short) = kind.split_once('/').unwrap_or(("", kind));
            let property = Property::new(name, octets).with("ENCODING", "b");
            property.with("TYPE", short.to_ascii_uppercase())
        }
        Version::V4 => Property::new(name, format!("data:{kind};base64,{octets}")),
    })
}

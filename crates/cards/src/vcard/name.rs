//! Names and postal addresses: values of components in a fixed order (RFC 6350, 6.2.2 and 6.3.1; RFC 9554, 2.1 and 2.2).

use serde_json::{Map, Value, json};

use super::{Version, text};

/// The components of `N`. The last two are of RFC 9554, 2.2, whose values stand in the first and the fifth as well.
const NAME: [&str; 7] =
    ["surname", "given", "given2", "title", "credential", "surname2", "generation"];

/// The components of `ADR`. Those behind the seventh are of RFC 9554, 2.1, whose values stand in the second and third as well.
const ADDRESS: [&str; 18] = [
    "postOfficeBox",
    "apartment",
    "name",
    "locality",
    "region",
    "postcode",
    "country",
    "room",
    "apartment",
    "floor",
    "number",
    "name",
    "building",
    "block",
    "subdistrict",
    "district",
    "landmark",
    "direction",
];

type Lists = Vec<Vec<String>>;

/// Components as JSContact has them.
fn components(lists: &[Vec<String>], kinds: &[&str]) -> Vec<Value> {
    let each = kinds.iter().zip(lists);
    let each = each.flat_map(|(kind, texts)| texts.iter().map(move |text| (kind, text)));
    each.map(|(kind, text)| json!({"kind": kind, "value": text})).collect()
}

/// The value of `N`.
pub(super) fn read_name(raw: &str) -> Vec<Value> {
    let mut lists = text::components(raw);
    for (old, new) in [(0, 5), (4, 6)] {
        let more = lists.get(new).cloned().unwrap_or_default();
        if let Some(list) = lists.get_mut(old) {
            list.retain(|text| !more.contains(text));
        }
    }
    components(&lists, &NAME)
}

/// The value of `ADR`.
pub(super) fn read_address(raw: &str) -> Vec<Value> {
    let mut lists = text::components(raw);
    if lists.iter().skip(7).any(|list| !list.is_empty()) {
        lists.iter_mut().skip(1).take(2).for_each(Vec::clear);
    }
    components(&lists, &ADDRESS)
}

/// What components say of each kind.
fn said(components: &Value) -> impl Iterator<Item = (&str, &str)> {
    let each = components.as_array().into_iter().flatten();
    each.filter_map(|it| Some((it.get("kind")?.as_str()?, it.get("value")?.as_str()?)))
}

/// The value of `N`; empty: nothing is said.
pub(super) fn write_name(name: &Map<String, Value>, version: Version) -> String {
    let mut lists: Lists = vec![Vec::new(); 7];
    for (kind, value) in name.get("components").into_iter().flat_map(said) {
        // RFC 9554, 2.2: programs that do not know the last two find them where they always were.
        let places: &[usize] = match kind {
            "surname2" => &[0, 5],
            "generation" => &[4, 6],
            kind => match NAME.iter().position(|known| *known == kind) {
                Some(0) => &[0],
                Some(1) => &[1],
                Some(2) => &[2],
                Some(3) => &[3],
                Some(4) => &[4],
                _ => &[],
            },
        };
        for place in places {
            if let Some(list) = lists.get_mut(*place) {
                list.push(value.to_owned());
            }
        }
    }
    let has_new = lists.iter().skip(5).any(|list| !list.is_empty());
    lists.truncate(if has_new && version == Version::V4 { 7 } else { 5 });
    if lists.iter().all(Vec::is_empty) { String::new() } else { text::structured(&lists) }
}

/// The value of `ADR`, of seven components, which all programs know; empty: nothing is said.
pub(super) fn write_address(address: &Map<String, Value>) -> String {
    let mut lists: Lists = vec![Vec::new(); 7];
    for (kind, value) in address.get("components").into_iter().flat_map(said) {
        let place = match kind {
            "postOfficeBox" => 0,
            "room" | "apartment" | "floor" | "building" => 1,
            "name" | "number" | "block" | "direction" | "landmark" => 2,
            "locality" | "district" | "subdistrict" => 3,
            "region" => 4,
            "postcode" => 5,
            "country" => 6,
            _ => continue,
        };
        if let Some(list) = lists.get_mut(place) {
            list.push(value.to_owned());
        }
    }
    if lists.iter().all(Vec::is_empty) { String::new() } else { text::structured(&lists) }
}

/// A name in one text, for who has said its components only.
pub(super) fn full(name: &Map<String, Value>) -> String {
    let order = ["title", "given", "given2", "surname", "surname2", "generation", "credential"];
    let components = name.get("components");
    let is_ordered = name.get("isOrdered") == Some(&Value::Bool(true));
    let all = || components.into_iter().flat_map(said);
    let texts: Vec<&str> = if is_ordered {
        all().filter(|(kind, _)| *kind != "separator").map(|(_, value)| value).collect()
    } else {
        order
            .iter()
            .flat_map(|kind| all().filter(move |(of, _)| of == kind))
            .map(|(_, v)| v)
            .collect()
    };
    texts.join(" ")
}

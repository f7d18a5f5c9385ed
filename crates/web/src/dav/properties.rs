//! The properties of each resource (RFC 4918, 15; RFC 5397; RFC 6352, 6.2; RFC 6578, 4).

use cards::vcard::Version;
use dav::{CALENDARSERVER, CARDDAV, DAV, Name, PropStat, Propfind, escape, href};
use mailbox::{Book, CardId};

use super::etag::etag;
use super::place::Addresses;
use crate::limits::VCARD_OCTETS_MAX;

/// Something that has properties.
#[derive(Clone, Copy)]
pub(super) enum Resource<'r> {
    Root,
    /// The name of whoever is logged in.
    Principal(&'r str),
    Home,
    /// With the counter of the contacts.
    Book(&'r Book, u64),
    /// A card, when it last changed, and its text where that is wanted.
    Card(CardId, u64, Option<&'r str>),
}

/// The type of cards.
pub(super) const VCARD: &str = "text/vcard; charset=utf-8";

/// What stands before the counter in a sync token, which has to be a URI (RFC 6578, 4).
const TOKEN: &str = "https://correio.example/dav/sync/";

/// All properties that anything has, for who wants all that there are.
const KNOWN: [(&str, &str); 17] = [
    (DAV, "resourcetype"),
    (DAV, "displayname"),
    (DAV, "getetag"),
    (DAV, "getcontenttype"),
    (DAV, "current-user-principal"),
    (DAV, "principal-URL"),
    (DAV, "owner"),
    (DAV, "principal-collection-set"),
    (DAV, "current-user-privilege-set"),
    (DAV, "supported-report-set"),
    (DAV, "sync-token"),
    (CARDDAV, "addressbook-home-set"),
    (CARDDAV, "addressbook-description"),
    (CARDDAV, "supported-address-data"),
    (CARDDAV, "supported-collation-set"),
    (CARDDAV, "max-resource-size"),
    (CALENDARSERVER, "getctag"),
];

/// Those of them that WebDAV names, so that `allprop` tells them (RFC 4918, 9.1; RFC 6352, 6.2: the others only by name).
const ALL: usize = 4;

/// The sync token of a state of the contacts.
pub(super) fn sync_token(step: u64) -> String {
    format!("{TOKEN}{step}")
}

/// The state that a sync token is of; none: it is none of ours.
pub(super) fn step_of(token: &str) -> Option<u64> {
    token.strip_prefix(TOKEN)?.parse().ok()
}

/// Says what is wanted of a resource.
pub(super) fn stats(resource: Resource<'_>, at: &Addresses, wanted: &Propfind) -> Vec<PropStat> {
    let mut found = PropStat { status: 200, properties: Vec::new() };
    let mut missing = PropStat { status: 404, properties: Vec::new() };
    let known = |most| KNOWN.iter().take(most).map(|(space, local)| Name::new(space, local));
    let (names, is_asked): (Vec<Name>, _) = match wanted {
        Propfind::These(names) => (names.clone(), true),
        Propfind::All(more) => (known(ALL).chain(more.iter().cloned()).collect(), false),
        Propfind::Names => (known(KNOWN.len()).collect(), false),
    };
    for name in names {
        match value(resource, at, &name) {
            Some(_) if *wanted == Propfind::Names => found.properties.push((name, String::new())),
            Some(value) => found.properties.push((name, value)),
            None if is_asked => missing.properties.push((name, String::new())),
            None => {}
        }
    }
    [found, missing].into_iter().filter(|stat| !stat.properties.is_empty()).collect()
}

fn value(resource: Resource<'_>, at: &Addresses, name: &Name) -> Option<String> {
    match name.space.as_str() {
        DAV => of_dav(resource, at, &name.local),
        CARDDAV => of_carddav(resource, at, &name.local),
        CALENDARSERVER if name.local == "getctag" => token(resource),
        _ => None,
    }
}

fn token(resource: Resource<'_>) -> Option<String> {
    match resource {
        Resource::Book(_, step) => Some(escape(&sync_token(step))),
        Resource::Root | Resource::Principal(_) | Resource::Home | Resource::Card(..) => None,
    }
}

fn of_dav(resource: Resource<'_>, at: &Addresses, name: &str) -> Option<String> {
    match (name, resource) {
        ("resourcetype", Resource::Root | Resource::Home) => Some("<d:collection/>".to_owned()),
        ("resourcetype", Resource::Principal(_)) => {
            Some("<d:collection/><d:principal/>".to_owned())
        }
        ("resourcetype", Resource::Book(..)) => {
            Some("<d:collection/><card:addressbook/>".to_owned())
        }
        ("resourcetype", Resource::Card(..)) => Some(String::new()),
        ("displayname", Resource::Principal(address)) => Some(escape(address)),
        ("displayname", Resource::Book(book, _)) => Some(escape(&book.fields.name)),
        ("getetag", Resource::Card(card, changed, _)) => Some(escape(&etag(card, changed))),
        ("getcontenttype", Resource::Card(..)) => Some(VCARD.to_owned()),
        ("current-user-principal" | "owner", _) => Some(href(&at.principal())),
        ("principal-URL", Resource::Principal(_)) => Some(href(&at.principal())),
        ("principal-collection-set", _) => Some(href(&at.root())),
        (
            "current-user-privilege-set",
            Resource::Home | Resource::Book(..) | Resource::Card(..),
        ) => Some(privileges(&[
            "read",
            "write",
            "write-properties",
            "write-content",
            "bind",
            "unbind",
            "read-current-user-privilege-set",
        ])),
        ("current-user-privilege-set", Resource::Root | Resource::Principal(_)) => {
            Some(privileges(&["read", "read-current-user-privilege-set"]))
        }
        ("supported-report-set", Resource::Book(..)) => {
            let reports =
                ["card:addressbook-query", "card:addressbook-multiget", "d:sync-collection"];
            let each = reports.map(|report| {
                format!("<d:supported-report><d:report><{report}/></d:report></d:supported-report>")
            });
            Some(each.concat())
        }
        ("supported-report-set", _) => Some(String::new()),
        ("sync-token", _) => token(resource),
        _ => None,
    }
}

fn privileges(names: &[&str]) -> String {
    names.iter().map(|name| format!("<d:privilege><d:{name}/></d:privilege>")).collect()
}

fn of_carddav(resource: Resource<'_>, at: &Addresses, name: &str) -> Option<String> {
    match (name, resource) {
        ("addressbook-home-set", Resource::Principal(_)) => Some(href(&at.home())),
        ("addressbook-description", Resource::Book(book, _)) => {
            book.fields.description.as_deref().map(escape)
        }
        ("supported-address-data", Resource::Book(..)) => {
            let each = [Version::V3, Version::V4].map(|version| {
                let version = version.as_str();
                format!(
                    "<card:address-data-type content-type=\"text/vcard\" version=\"{version}\"/>"
                )
            });
            Some(each.concat())
        }
        ("supported-collation-set", Resource::Book(..)) => {
            let each = ["i;ascii-casemap", "i;unicode-casemap", "i;octet"];
            Some(
                each.map(|it| format!("<card:supported-collation>{it}</card:supported-collation>"))
                    .concat(),
            )
        }
        ("max-resource-size", Resource::Book(..)) => Some(VCARD_OCTETS_MAX.to_string()),
        ("address-data", Resource::Card(_, _, Some(text))) => Some(escape(text)),
        _ => None,
    }
}

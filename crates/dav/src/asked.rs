//! What PROPFIND (RFC 4918, 9.1), PROPPATCH (9.2) and MKCOL (RFC 5689) ask.

use crate::Syntax;
use crate::limits::PROPERTIES_MAX;
use crate::name::{CARDDAV, DAV, Name};
use crate::xml::Element;

/// Which properties are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Propfind {
    /// Those that WebDAV names, and these.
    All(Vec<Name>),
    /// The names of all that there are.
    Names,
    /// These.
    These(Vec<Name>),
}

/// What the owner may change of an address book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// Its name.
    DisplayName,
    /// What it is for.
    Description,
}

/// A change of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BookChange {
    /// The property, as it was named.
    pub name: Name,
    /// Which it is; none: one that nobody can change.
    pub field: Option<Field>,
    /// The new value; none: it goes.
    pub value: Option<String>,
}

/// Reads the body of a PROPFIND; an empty one asks for all (RFC 4918, 9.1).
pub fn read_propfind(octets: &[u8]) -> Result<Propfind, Syntax> {
    if octets.is_empty() {
        return Ok(Propfind::All(Vec::new()));
    }
    let asked = Element::read(octets)?;
    if !asked.name.is(DAV, "propfind") {
        return Err(Syntax::Expected("propfind"));
    }
    wanted(&asked)?.ok_or(Syntax::Expected("prop, allprop or propname"))
}

/// Which properties an element asks for; none: it says nothing of them.
pub(crate) fn wanted(asked: &Element) -> Result<Option<Propfind>, Syntax> {
    if let Some(these) = asked.first(DAV, "prop") {
        return Ok(Some(Propfind::These(names(these)?)));
    }
    if asked.first(DAV, "allprop").is_some() {
        let more = asked.first(DAV, "include").map(names).transpose()?;
        return Ok(Some(Propfind::All(more.unwrap_or_default())));
    }
    Ok(asked.first(DAV, "propname").map(|_| Propfind::Names))
}

fn names(of: &Element) -> Result<Vec<Name>, Syntax> {
    let mut names: Vec<Name> = Vec::new();
    for child in &of.children {
        if names.len() >= PROPERTIES_MAX {
            return Err(crate::NotXml::TooMuch.into());
        }
        if !names.contains(&child.name) {
            names.push(child.name.clone());
        }
    }
    Ok(names)
}

/// Reads the body of a PROPPATCH: changes in their order.
pub fn read_proppatch(octets: &[u8]) -> Result<Vec<BookChange>, Syntax> {
    let asked = Element::read(octets)?;
    if !asked.name.is(DAV, "propertyupdate") {
        return Err(Syntax::Expected("propertyupdate"));
    }
    let mut changes = Vec::new();
    for step in &asked.children {
        let is_set = match step.name.local.as_str() {
            "set" if step.name.space == DAV => true,
            "remove" if step.name.space == DAV => false,
            _ => continue,
        };
        for property in step.all(DAV, "prop").flat_map(|prop| &prop.children) {
            changes.push(change(property, is_set.then(|| property.text.trim().to_owned())));
        }
    }
    bounded(changes)
}

/// Reads the body of a MKCOL, which may be empty: what is said of the address book. None: it is to be something else (RFC 5689, 3.3).
pub fn read_mkcol(octets: &[u8]) -> Result<Option<Vec<BookChange>>, Syntax> {
    if octets.is_empty() {
        return Ok(Some(Vec::new()));
    }
    let asked = Element::read(octets)?;
    if !asked.name.is(DAV, "mkcol") {
        return Err(Syntax::Expected("mkcol"));
    }
    let properties = asked.all(DAV, "set").flat_map(|set| set.all(DAV, "prop"));
    let mut changes = Vec::new();
    for property in properties.flat_map(|prop| &prop.children) {
        if property.name.is(DAV, "resourcetype") {
            if property.first(CARDDAV, "addressbook").is_none() {
                return Ok(None);
            }
            continue;
        }
        changes.push(change(property, Some(property.text.trim().to_owned())));
    }
    bounded(changes).map(Some)
}

fn bounded(changes: Vec<BookChange>) -> Result<Vec<BookChange>, Syntax> {
    if changes.len() > PROPERTIES_MAX {
        return Err(crate::NotXml::TooMuch.into());
    }
    Ok(changes)
}

fn change(property: &Element, value: Option<String>) -> BookChange {
    let field = if property.name.is(DAV, "displayname") {
        Some(Field::DisplayName)
    } else if property.name.is(CARDDAV, "addressbook-description") {
        Some(Field::Description)
    } else {
        None
    };
    BookChange { name: property.name.clone(), field, value }
}

#[cfg(test)]
mod tests {
    use super::{BookChange, Field, Propfind, read_mkcol, read_propfind, read_proppatch};
    use crate::name::{CARDDAV, DAV, Name};

    #[test]
    fn what_a_propfind_wants_is_read() {
        let read = |body: &str| {
            read_propfind(format!("<propfind xmlns='DAV:'>{body}</propfind>").as_bytes())
        };
        let etag = Name::new(DAV, "getetag");
        assert_eq!(read_propfind(b""), Ok(Propfind::All(Vec::new())));
        assert_eq!(
            read("<allprop/><include><getetag/></include>"),
            Ok(Propfind::All(vec![etag.clone()]))
        );
        assert_eq!(read("<propname/>"), Ok(Propfind::Names));
        let these = Propfind::These(vec![etag, Name::new("x", "y")]);
        assert_eq!(read("<prop><getetag/><getetag/><y xmlns='x'/></prop>"), Ok(these));
        assert!(read("").is_err() && read_propfind(b"<propfind/>").is_err());
        assert!(
            read(&format!(
                "<prop>{}</prop>",
                (0..101).map(|at| format!("<a{at}/>")).collect::<String>()
            ))
            .is_err()
        );
    }

    #[test]
    fn changes_are_read_in_their_order() {
        let body = "<d:propertyupdate xmlns:d='DAV:' xmlns:c='urn:ietf:params:xml:ns:carddav'><d:set><d:prop>\
                    <d:displayname> Família </d:displayname><x/></d:prop></d:set><d:remove><d:prop>\
                    <c:addressbook-description/></d:prop></d:remove></d:propertyupdate>";
        let change = |name, field, value: Option<&str>| BookChange {
            name,
            field,
            value: value.map(str::to_owned),
        };
        assert_eq!(
            read_proppatch(body.as_bytes()).unwrap(),
            [
                change(Name::new(DAV, "displayname"), Some(Field::DisplayName), Some("Família")),
                change(Name::new("", "x"), None, Some("")),
                change(
                    Name::new(CARDDAV, "addressbook-description"),
                    Some(Field::Description),
                    None
                ),
            ]
        );
        assert!(read_proppatch(b"<propertyupdate/>").is_err());
    }

    #[test]
    fn only_address_books_are_made() {
        let body = |kind: &str| {
            format!(
                "<d:mkcol xmlns:d='DAV:' xmlns:c='urn:ietf:params:xml:ns:carddav'><d:set><d:prop><d:resourcetype>\
                 <d:collection/>{kind}</d:resourcetype><d:displayname>W</d:displayname></d:prop></d:set></d:mkcol>"
            )
        };
        let made = read_mkcol(body("<c:addressbook/>").as_bytes()).unwrap().unwrap();
        assert_eq!(made[0].field, Some(Field::DisplayName));
        assert_eq!(read_mkcol(body("").as_bytes()), Ok(None));
        assert_eq!(read_mkcol(b""), Ok(Some(Vec::new())));
        assert!(read_mkcol(b"<x/>").is_err());
    }
}

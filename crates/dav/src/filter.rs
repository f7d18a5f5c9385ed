//! Filters of address books (RFC 6352, 10.5): conditions on the properties of a vCard.

use cards::fold_case;
use cards::vcard::{Property, VCard};

use crate::Syntax;
use crate::limits::CONDITIONS_MAX;
use crate::name::CARDDAV;
use crate::xml::Element;

/// Which cards match. One without conditions is matched by all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    properties: Vec<OfProperty>,
    test: Test,
}

/// A collation that is none of ours.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the collation is not i;ascii-casemap, i;unicode-casemap or i;octet")]
pub struct UnknownCollation;

/// Whether one condition is enough.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Test {
    #[default]
    Any,
    All,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct OfProperty {
    /// In capitals.
    name: String,
    group: Option<String>,
    is: Is<OfValue>,
}

/// What is asked of a property or a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Is<C> {
    NotThere,
    There,
    Such(Vec<C>, Test),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum OfValue {
    Text(Match),
    /// In capitals.
    Param(String, Is<Match>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Match {
    /// As it is compared.
    text: String,
    collation: Collation,
    kind: Kind,
    is_negated: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Collation {
    Ascii,
    Unicode,
    Octets,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Equals,
    Contains,
    StartsWith,
    EndsWith,
}

impl Filter {
    /// Reads the element `filter`.
    pub(crate) fn read(element: &Element) -> Result<Filter, Syntax> {
        let mut left = CONDITIONS_MAX;
        let properties = element.all(CARDDAV, "prop-filter");
        let properties =
            properties.map(|it| OfProperty::read(it, &mut left)).collect::<Result<_, _>>()?;
        Ok(Filter { properties, test: Test::of(element) })
    }

    /// Whether all cards match.
    pub fn is_empty(&self) -> bool {
        self.properties.is_empty()
    }

    /// Whether a card matches.
    pub fn matches(&self, card: &VCard) -> bool {
        self.is_empty() || self.test.of_all(self.properties.iter(), |it| it.matches(card))
    }
}

impl Test {
    fn of(element: &Element) -> Test {
        if element.attribute("test") == Some("allof") { Test::All } else { Test::Any }
    }

    fn of_all<T>(self, mut conditions: impl Iterator<Item = T>, holds: impl Fn(T) -> bool) -> bool {
        match self {
            Test::Any => conditions.any(holds),
            Test::All => conditions.all(holds),
        }
    }
}

fn take(left: &mut usize) -> Result<(), Syntax> {
    *left = left.checked_sub(1).ok_or(crate::NotXml::TooMuch)?;
    Ok(())
}

fn named(element: &Element) -> Result<String, Syntax> {
    let name = element.attribute("name").map(str::to_ascii_uppercase);
    name.ok_or(Syntax::Expected("the name of a property or parameter"))
}

impl OfProperty {
    fn read(element: &Element, left: &mut usize) -> Result<OfProperty, Syntax> {
        take(left)?;
        let name = named(element)?;
        let (group, name) = match name.split_once('.') {
            Some((group, name)) => (Some(group.to_owned()), name.to_owned()),
            None => (None, name),
        };
        if element.first(CARDDAV, "is-not-defined").is_some() {
            return Ok(OfProperty { name, group, is: Is::NotThere });
        }
        let mut conditions = Vec::new();
        for child in element.children.iter().filter(|child| child.name.space == CARDDAV) {
            match child.name.local.as_str() {
                "text-match" => {
                    take(left)?;
                    conditions.push(OfValue::Text(Match::read(child)?));
                }
                "param-filter" => {
                    take(left)?;
                    let is = if child.first(CARDDAV, "is-not-defined").is_some() {
                        Is::NotThere
                    } else {
                        match child.first(CARDDAV, "text-match") {
                            Some(text) => Is::Such(vec![Match::read(text)?], Test::Any),
                            None => Is::There,
                        }
                    };
                    conditions.push(OfValue::Param(named(child)?, is));
                }
                _ => {}
            }
        }
        let is =
            if conditions.is_empty() { Is::There } else { Is::Such(conditions, Test::of(element)) };
        Ok(OfProperty { name, group, is })
    }

    fn matches(&self, card: &VCard) -> bool {
        let is_of_group = |property: &&Property| {
            self.group.as_deref().is_none_or(|group| {
                property.group().is_some_and(|own| own.eq_ignore_ascii_case(group))
            })
        };
        let mut there = card.named(&self.name).filter(is_of_group);
        match &self.is {
            Is::NotThere => there.next().is_none(),
            Is::There => there.next().is_some(),
            Is::Such(conditions, test) => {
                there.any(|property| test.of_all(conditions.iter(), |it| it.holds(property)))
            }
        }
    }
}

impl OfValue {
    fn holds(&self, property: &Property) -> bool {
        match self {
            OfValue::Text(text) => text.holds(&property.text()),
            OfValue::Param(name, is) => match (is, property.param(name)) {
                (Is::NotThere, values) => values.is_none(),
                (Is::There, values) => values.is_some(),
                (Is::Such(..), None) => false,
                (Is::Such(texts, test), Some(values)) => {
                    test.of_all(texts.iter(), |text| values.iter().any(|value| text.holds(value)))
                }
            },
        }
    }
}

impl Match {
    fn read(element: &Element) -> Result<Match, Syntax> {
        // RFC 6352, 8.3: the second is what is meant where nothing is said.
        let collation = match element.attribute("collation") {
            Some("i;ascii-casemap") => Collation::Ascii,
            None | Some("i;unicode-casemap" | "default") => Collation::Unicode,
            Some("i;octet") => Collation::Octets,
            Some(_) => return Err(UnknownCollation.into()),
        };
        let kind = match element.attribute("match-type") {
            None | Some("contains") => Kind::Contains,
            Some("equals") => Kind::Equals,
            Some("starts-with") => Kind::StartsWith,
            Some("ends-with") => Kind::EndsWith,
            Some(_) => return Err(Syntax::Expected("a match-type")),
        };
        let is_negated = element.attribute("negate-condition") == Some("yes");
        Ok(Match { text: collation.fold(&element.text), collation, kind, is_negated })
    }

    fn holds(&self, value: &str) -> bool {
        let value = self.collation.fold(value);
        let holds = match self.kind {
            Kind::Equals => value == self.text,
            Kind::Contains => value.contains(&self.text),
            Kind::StartsWith => value.starts_with(&self.text),
            Kind::EndsWith => value.ends_with(&self.text),
        };
        holds != self.is_negated
    }
}

impl Collation {
    fn fold(self, text: &str) -> String {
        match self {
            Collation::Ascii => text.to_ascii_lowercase(),
            Collation::Unicode => fold_case(text),
            Collation::Octets => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use cards::vcard::VCard;

    use super::{Filter, UnknownCollation};
    use crate::limits::CONDITIONS_MAX;
    use crate::xml::Element;
    use crate::{NotXml, Syntax};

    fn read(attributes: &str, body: &str) -> Result<Filter, Syntax> {
        let body = body.replace("<", "<c:").replace("<c:/", "</c:");
        let space = "xmlns:c='urn:ietf:params:xml:ns:carddav'";
        let text = format!("<c:filter {space} {attributes}>{body}</c:filter>");
        Filter::read(&Element::read(text.as_bytes()).unwrap())
    }

    #[test]
    fn cards_match_by_what_their_properties_say() {
        let card = VCard::read(
            "BEGIN:VCARD\nVERSION:3.0\nFN:José Silva\nitem1.EMAIL;TYPE=WORK:Ana@Example.org\nEMAIL:b@c\nEND:VCARD",
        )
        .unwrap();
        let text = |name: &str, attributes: &str, text: &str| {
            format!(
                "<prop-filter name='{name}'><text-match {attributes}>{text}</text-match></prop-filter>"
            )
        };
        let (ana, nobody) = (text("EMAIL", "", "ana@"), text("EMAIL", "", "nobody"));
        for (attributes, body, want) in [
            ("", "", true),
            ("", &*ana, true),
            ("", &*nobody, false),
            ("", &format!("{ana}{nobody}"), true),
            ("test='allof'", &format!("{ana}{nobody}"), false),
            ("", &text("fn", "", "JOSÉ"), true),
            ("", &text("FN", "collation='i;ascii-casemap'", "JOSÉ"), false),
            ("", &text("FN", "collation='i;ascii-casemap'", "silva"), true),
            ("", &text("FN", "collation='i;octet'", "silva"), false),
            // RFC 5051, 2: the accent is a letter of its own there.
            ("", &text("FN", "", "jose"), true),
            ("", &text("FN", "match-type='equals'", "jose silva"), false),
            ("", &text("FN", "match-type='equals'", "josé silva"), true),
            ("", &text("FN", "match-type='starts-with'", "josé"), true),
            ("", &text("FN", "match-type='ends-with'", "josé"), false),
            ("", &text("FN", "negate-condition='yes'", "silva"), false),
            ("", &text("item1.EMAIL", "", "b@c"), false),
            ("", &text("ITEM1.EMAIL", "", "ana"), true),
            ("", "<prop-filter name='NOTE'/>", false),
            ("", "<prop-filter name='NOTE'><is-not-defined/></prop-filter>", true),
            ("", "<prop-filter name='FN'><is-not-defined/></prop-filter>", false),
            ("", "<prop-filter name='EMAIL'><param-filter name='type'/></prop-filter>", true),
            (
                "",
                "<prop-filter name='EMAIL'><param-filter name='TYPE'><text-match>work</text-match></param-filter></prop-filter>",
                true,
            ),
            (
                "",
                "<prop-filter name='EMAIL'><param-filter name='TYPE'><text-match>home</text-match></param-filter></prop-filter>",
                false,
            ),
            (
                "",
                "<prop-filter name='EMAIL' test='allof'><param-filter name='TYPE'><is-not-defined/></param-filter><text-match>ana</text-match></prop-filter>",
                false,
            ),
            (
                "",
                "<prop-filter name='EMAIL' test='allof'><param-filter name='TYPE'><is-not-defined/></param-filter><text-match>b@</text-match></prop-filter>",
                true,
            ),
        ] {
            assert_eq!(read(attributes, body).unwrap().matches(&card), want, "{body}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let text = |attributes: &str| {
            format!("<prop-filter name='FN'><text-match {attributes}>x</text-match></prop-filter>")
        };
        assert_eq!(read("", &text("collation='i;x'")), Err(Syntax::Collation(UnknownCollation)));
        assert!(read("", &text("match-type='like'")).is_err());
        assert!(read("", "<prop-filter/>").is_err());
        let many = "<prop-filter name='FN'/>".repeat(CONDITIONS_MAX + 1);
        assert_eq!(read("", &many), Err(Syntax::NotXml(NotXml::TooMuch)));
    }
}

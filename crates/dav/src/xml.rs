//! XML as small trees, within bounds: no document types, so that no entity is ever declared, and nothing deep or endless.

use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use crate::limits::{ATTRIBUTES_MAX, DEPTH_MAX, ELEMENTS_MAX, XML_OCTETS_MAX};
use crate::name::Name;

/// An element with all that stands in it. Comments and instructions are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Element {
    /// Its name.
    pub name: Name,
    /// Its attributes, by their local names.
    pub attributes: Vec<(String, String)>,
    /// The elements in it.
    pub children: Vec<Element>,
    /// The text that stands in it directly.
    pub text: String,
}

/// Why something is no XML that we take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotXml {
    /// It is not well-formed, or not UTF-8.
    #[error("it is not well-formed XML in UTF-8")]
    Malformed,
    /// It declares a document type, or names an entity that XML does not have by itself.
    #[error("document types and entities are not taken")]
    Entities,
    /// It is larger or deeper than any request has to be.
    #[error("there is too much of it")]
    TooMuch,
}

impl Element {
    /// Reads a document.
    pub fn read(octets: &[u8]) -> Result<Element, NotXml> {
        if octets.len() > XML_OCTETS_MAX {
            return Err(NotXml::TooMuch);
        }
        let text = std::str::from_utf8(octets).map_err(|_| NotXml::Malformed)?;
        Reading { open: Vec::new(), done: None, elements: 0 }.read(text)
    }

    /// The elements of a name in it.
    pub fn all<'e>(&'e self, space: &'e str, local: &'e str) -> impl Iterator<Item = &'e Element> {
        self.children.iter().filter(move |child| child.name.is(space, local))
    }

    /// The first of them.
    pub fn first(&self, space: &str, local: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name.is(space, local))
    }

    /// An attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

struct Reading {
    open: Vec<Element>,
    done: Option<Element>,
    elements: usize,
}

impl Reading {
    fn read(mut self, text: &str) -> Result<Element, NotXml> {
        let mut reader = NsReader::from_str(text.strip_prefix('\u{feff}').unwrap_or(text));
        loop {
            let (space, event) = reader.read_resolved_event().map_err(|_| NotXml::Malformed)?;
            match event {
                Event::Start(tag) => self.open(space, &tag)?,
                Event::Empty(tag) => {
                    self.open(space, &tag)?;
                    self.close()?;
                }
                Event::End(_) => self.close()?,
                Event::Text(text) => {
                    self.text(&text.xml10_content().map_err(|_| NotXml::Malformed)?)?;
                }
                Event::CData(text) => {
                    self.text(&text.xml10_content().map_err(|_| NotXml::Malformed)?)?;
                }
                Event::GeneralRef(reference) => self.text(&referred(&reference)?)?,
                Event::DocType(_) => return Err(NotXml::Entities),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if !self.open.is_empty() {
            return Err(NotXml::Malformed);
        }
        self.done.ok_or(NotXml::Malformed)
    }

    fn open(&mut self, space: ResolveResult<'_>, tag: &BytesStart<'_>) -> Result<(), NotXml> {
        self.elements = self.elements.saturating_add(1);
        if self.open.len() >= DEPTH_MAX || self.elements > ELEMENTS_MAX {
            return Err(NotXml::TooMuch);
        }
        if self.done.is_some() {
            return Err(NotXml::Malformed);
        }
        let text = |octets: &[u8]| {
            std::str::from_utf8(octets).map(str::to_owned).map_err(|_| NotXml::Malformed)
        };
        let space = match space {
            ResolveResult::Bound(space) => text(space.as_ref())?,
            ResolveResult::Unbound => String::new(),
            ResolveResult::Unknown(_) => return Err(NotXml::Malformed),
        };
        let name = Name { space, local: text(tag.local_name().as_ref())? };
        let mut attributes = Vec::new();
        // That a name stands there twice is looked for by comparing each with each, and harms nobody here.
        for attribute in tag.attributes().with_checks(false) {
            if attributes.len() >= ATTRIBUTES_MAX {
                return Err(NotXml::TooMuch);
            }
            let attribute = attribute.map_err(|_| NotXml::Malformed)?;
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|_| NotXml::Entities)?;
            let name = text(attribute.key.local_name().as_ref())?;
            attributes.push((name, value.into_owned()));
        }
        self.open.push(Element { name, attributes, children: Vec::new(), text: String::new() });
        Ok(())
    }

    fn close(&mut self) -> Result<(), NotXml> {
        let element = self.open.pop().ok_or(NotXml::Malformed)?;
        match self.open.last_mut() {
            Some(parent) => parent.children.push(element),
            None => self.done = Some(element),
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), NotXml> {
        match self.open.last_mut() {
            Some(element) => element.text.push_str(text),
            None if text.trim().is_empty() => {}
            None => return Err(NotXml::Malformed),
        }
        Ok(())
    }
}

/// What a reference stands for: a letter by its number, or one of the five that XML has by itself.
fn referred(reference: &BytesRef<'_>) -> Result<String, NotXml> {
    if let Some(letter) = reference.resolve_char_ref().map_err(|_| NotXml::Malformed)? {
        return Ok(letter.to_string());
    }
    let name = reference.decode().map_err(|_| NotXml::Malformed)?;
    let letter = match &*name {
        "amp" => "&",
        "lt" => "<",
        "gt" => ">",
        "quot" => "\"",
        "apos" => "'",
        _ => return Err(NotXml::Entities),
    };
    Ok(letter.to_owned())
}

#[cfg(test)]
mod tests {
    use super::{Element, NotXml};
    use crate::limits::{ATTRIBUTES_MAX, DEPTH_MAX, ELEMENTS_MAX};

    #[test]
    fn names_are_resolved_whatever_the_prefix() {
        for text in [
            "<?xml version=\"1.0\"?><propfind xmlns=\"DAV:\"><prop>a</prop></propfind>",
            "<D:propfind xmlns:D=\"DAV:\"><!-- c --><D:prop>a</D:prop></D:propfind>",
            "<x:propfind xmlns:x=\"DAV:\"><prop xmlns=\"DAV:\"><![CDATA[a]]></prop></x:propfind>\n",
        ] {
            let read = Element::read(text.as_bytes()).unwrap();
            assert!(read.name.is("DAV:", "propfind"), "{read:?}");
            assert_eq!(read.first("DAV:", "prop").unwrap().text, "a");
        }
        let text = "<a b=\"1 &lt; 2\" n:c='x' xmlns:n='n'>&amp;&#233;&#x41;</a>";
        let read = Element::read(text.as_bytes()).unwrap();
        assert_eq!((&*read.text, read.attribute("b")), ("&éA", Some("1 < 2")));
        assert_eq!(read.attribute("c"), Some("x"));
    }

    #[test]
    fn what_is_no_xml_or_too_much_is_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        let deep = format!("{}{}", "<a>".repeat(DEPTH_MAX + 1), "</a>".repeat(DEPTH_MAX + 1));
        let wide = format!("<a>{}</a>", "<b/>".repeat(ELEMENTS_MAX));
        let attributes: String = (0..=ATTRIBUTES_MAX).map(|at| format!(" a{at}=''")).collect();
        let names: String = (0..=ATTRIBUTES_MAX).map(|at| format!(" xmlns:a{at}='u'")).collect();
        for (text, want) in [
            ("", NotXml::Malformed),
            ("hello", NotXml::Malformed),
            ("<a>", NotXml::Malformed),
            ("<a></b>", NotXml::Malformed),
            ("</a>", NotXml::Malformed),
            ("<a/><a/>", NotXml::Malformed),
            ("<a/>text", NotXml::Malformed),
            ("<n:a/>", NotXml::Malformed),
            ("<a>&#0;</a>", NotXml::Malformed),
            ("<a>&file;</a>", NotXml::Entities),
            ("<a b='&file;'/>", NotXml::Entities),
            ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", NotXml::Entities),
            (bomb, NotXml::Entities),
            (&deep, NotXml::TooMuch),
            (&wide, NotXml::TooMuch),
            (&format!("<a{attributes}/>"), NotXml::TooMuch),
            (&format!("<a{names}/>"), NotXml::TooMuch),
        ] {
            let front = text.get(..40).unwrap_or(text);
            assert_eq!(Element::read(text.as_bytes()), Err(want), "{front}");
        }
        assert_eq!(Element::read(b"<a>\xff</a>"), Err(NotXml::Malformed));
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(4918),
            ..Default::default()
        })]

        #[test]
        fn any_text_is_read_or_refused(text in "(<[/!?]?[a-z:]{0,3}( [a-z]=[\"'][^<]{0,3}[\"'])?/?>|&[a-z#0-9]{0,4};|[a-z<>&]){0,20}") {
            drop(Element::read(text.as_bytes()));
        }
    }
}

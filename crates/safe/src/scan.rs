//! HTML as tags and text, without a tree (the tokens of the HTML standard, 13.2.5), in one pass whatever it holds.
//!
//! Names of characters (`&amp;`) stay as they are written. Nothing is taken from this as it stands: what it finds is written anew.

use std::ops::Range;

use crate::limits::ATTRIBUTES_MAX;

/// One thing in HTML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token<'h> {
    Text(&'h str),
    Start(Tag<'h>),
    /// With its name in lower case.
    End(String),
    /// An element whose content is no HTML, such as a script, with what stands in it.
    Raw(Tag<'h>, &'h str),
}

/// The beginning of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tag<'h> {
    /// In lower case.
    pub(crate) name: String,
    /// The first of each name.
    pub(crate) attributes: Vec<Attribute<'h>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attribute<'h> {
    /// In lower case.
    pub(crate) name: String,
    pub(crate) value: &'h str,
    /// Where the value stands.
    pub(crate) place: Range<usize>,
}

impl<'h> Tag<'h> {
    pub(crate) fn attribute(&self, name: &str) -> Option<&'h str> {
        let found = self.attributes.iter().find(|attribute| attribute.name == name)?;
        Some(found.value)
    }
}

/// Those whose content is no HTML. `noscript` is not among them: for us no scripts run.
const RAW: [&str; 9] =
    ["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "plaintext"];

pub(crate) struct Scanner<'h> {
    html: &'h str,
    at: usize,
}

impl<'h> Scanner<'h> {
    pub(crate) fn new(html: &'h str) -> Scanner<'h> {
        Scanner { html, at: 0 }
    }

    fn rest(&self) -> &'h str {
        self.html.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.html.as_bytes().get(self.at).copied()
    }

    fn step(&mut self, octets: usize) {
        self.at = self.at.saturating_add(octets).min(self.html.len());
    }

    /// Goes on to where one of these stands, or to the end.
    fn skip_to(&mut self, is_it: impl Fn(u8) -> bool) -> &'h str {
        let rest = self.rest();
        let octets = rest.bytes().position(is_it).unwrap_or(rest.len());
        self.step(octets);
        rest.get(..octets).unwrap_or_default()
    }

    /// Goes on behind a text, or to the end.
    fn skip_past(&mut self, text: &str) {
        let rest = self.rest();
        let octets = rest.find(text).map_or(rest.len(), |found| found.saturating_add(text.len()));
        self.step(octets);
    }

    fn spaces(&mut self) {
        self.skip_to(|octet| !is_space(octet));
    }

    /// A comment, a doctype or what is taken for one, behind its `<`.
    fn skip_comment(&mut self) {
        let rest = self.rest();
        if !rest.starts_with("!--") {
            return self.skip_past(">");
        }
        self.step(3);
        let inside = self.rest();
        for short in [">", "->"] {
            if inside.starts_with(short) {
                return self.step(short.len());
            }
        }
        let ends = [("-->", 3), ("--!>", 4)].map(|(end, octets)| (inside.find(end), octets));
        let end = ends.iter().filter_map(|(at, octets)| Some(((*at)?, *octets))).min();
        match end {
            Some((at, octets)) => self.step(at.saturating_add(octets)),
            None => self.at = self.html.len(),
        }
    }

    /// A tag, behind its `<` or `</`. None: the text ends in it, and then it is none.
    fn tag(&mut self) -> Option<Tag<'h>> {
        let name = self.skip_to(|octet| is_space(octet) || matches!(octet, b'/' | b'>'));
        let mut tag = Tag { name: name.to_ascii_lowercase(), attributes: Vec::new() };
        loop {
            self.skip_to(|octet| !is_space(octet) && octet != b'/');
            match self.peek()? {
                b'>' => {
                    self.step(1);
                    return Some(tag);
                }
                _ => {
                    let attribute = self.attribute()?;
                    let is_known = tag.attributes.iter().any(|it| it.name == attribute.name);
                    if tag.attributes.len() < ATTRIBUTES_MAX && !is_known {
                        tag.attributes.push(attribute);
                    }
                }
            }
        }
    }

    fn attribute(&mut self) -> Option<Attribute<'h>> {
        let from = self.at;
        // An equals sign at the beginning is part of the name.
        self.step(usize::from(self.peek()? == b'='));
        self.skip_to(|octet| is_space(octet) || matches!(octet, b'/' | b'>' | b'='));
        let name = self.html.get(from..self.at).unwrap_or_default().to_ascii_lowercase();
        self.spaces();
        if self.peek()? != b'=' {
            return Some(Attribute { name, value: "", place: self.at..self.at });
        }
        self.step(1);
        self.spaces();
        let quote = self.peek()?;
        if !matches!(quote, b'"' | b'\'') {
            let from = self.at;
            let value = self.skip_to(|octet| is_space(octet) || octet == b'>');
            return Some(Attribute { name, value, place: from..self.at });
        }
        self.step(1);
        let from = self.at;
        let value = self.skip_to(|octet| octet == quote);
        let place = from..self.at;
        self.peek()?;
        self.step(1);
        Some(Attribute { name, value, place })
    }

    /// What stands in an element whose content is no HTML, up to behind its end.
    fn raw(&mut self, name: &str) -> &'h str {
        let from = self.at;
        if name == "plaintext" {
            self.at = self.html.len();
            return self.html.get(from..).unwrap_or_default();
        }
        loop {
            self.skip_to(|octet| octet == b'<');
            let until = self.at;
            if self.peek().is_none() {
                return self.html.get(from..).unwrap_or_default();
            }
            self.step(1);
            let Some(found) = self.rest().strip_prefix('/').and_then(|it| it.get(..name.len()))
            else {
                continue;
            };
            let behind = self.at.saturating_add(1).saturating_add(name.len());
            let ends = self
                .html
                .as_bytes()
                .get(behind)
                .is_none_or(|it| is_space(*it) || b"/>".contains(it));
            if found.eq_ignore_ascii_case(name) && ends {
                self.at = behind;
                self.tag();
                return self.html.get(from..until).unwrap_or_default();
            }
        }
    }
}

impl<'h> Iterator for Scanner<'h> {
    type Item = Token<'h>;

    fn next(&mut self) -> Option<Token<'h>> {
        loop {
            let from = self.at;
            if self.peek()? != b'<' {
                return Some(Token::Text(self.skip_to(|octet| octet == b'<')));
            }
            let next = |ahead: usize| self.html.as_bytes().get(from.saturating_add(ahead)).copied();
            match (next(1), next(2)) {
                (Some(b'a'..=b'z' | b'A'..=b'Z'), _) => {
                    self.step(1);
                    let tag = self.tag()?;
                    if !RAW.contains(&tag.name.as_str()) {
                        return Some(Token::Start(tag));
                    }
                    let content = self.raw(&tag.name);
                    return Some(Token::Raw(tag, content));
                }
                (Some(b'/'), Some(b'a'..=b'z' | b'A'..=b'Z')) => {
                    self.step(2);
                    return Some(Token::End(self.tag()?.name));
                }
                (Some(b'!' | b'?'), _) | (Some(b'/'), Some(_)) => {
                    self.step(1);
                    self.skip_comment();
                }
                // It is a letter like others.
                (Some(_) | None, _) => {
                    self.step(1);
                    return Some(Token::Text(self.html.get(from..self.at).unwrap_or_default()));
                }
            }
        }
    }
}

fn is_space(octet: u8) -> bool {
    matches!(octet, b' ' | b'\t' | b'\n' | b'\r' | 0x0c)
}

#[cfg(test)]
mod tests {
    use super::{Scanner, Token};

    /// Tokens in short: `t` text, `<name a=v>`, `</name>`, `{name|content}`.
    fn short(html: &str) -> String {
        let mut short = String::new();
        for token in Scanner::new(html) {
            let tag = |tag: super::Tag<'_>| {
                let attributes =
                    tag.attributes.iter().map(|it| format!(" {}={}", it.name, it.value));
                format!("{}{}", tag.name, attributes.collect::<String>())
            };
            short.push_str(&match token {
                Token::Text(text) => format!("'{text}'"),
                Token::Start(start) => format!("<{}>", tag(start)),
                Token::End(name) => format!("</{name}>"),
                Token::Raw(start, content) => format!("{{{}|{content}}}", tag(start)),
            });
        }
        short
    }

    #[test]
    fn tags_are_read_as_browsers_do() {
        for (html, want) in [
            ("a<B C=d e='f>' g=\"h\">x</B >", "'a'<b c=d e=f> g=h>'x'</b>"),
            ("<a/b/c=d/e>", "<a b= c=d/e>"),
            ("<a =b=c a=1 A=2>", "<a =b=c a=1>"),
            ("1 < 2 <3", "'1 ''<'' 2 ''<''3'"),
            ("a<!-- <b> --><!--><i><!---><u><!-- x --!><s>", "'a'<i><u><s>"),
            ("<!doctype html><?xml ?><p></ x></>z", "<p>'z'"),
            ("<script><b></scriptx></SCRIPT >x", "{script|<b></scriptx>}'x'"),
            ("<style>a</style/x>b", "{style|a}'b'"),
            ("<textarea><img></textarea>", "{textarea|<img>}"),
            ("<plaintext></plaintext>", "{plaintext|</plaintext>}"),
            ("<noscript><img src=x></noscript>", "<noscript><img src=x></noscript>"),
            ("<a b", ""),
            ("<a b=\"", ""),
            ("x<", "'x''<'"),
            ("<script>x", "{script|x}"),
            ("<!-- x", ""),
        ] {
            assert_eq!(short(html), want, "{html}");
        }
    }
}

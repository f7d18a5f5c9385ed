//! What is answered, as XML: multistatus (RFC 4918, 13) piece by piece, and errors (RFC 4918, 16).

use std::fmt::Write as _;

use crate::name::{CALENDARSERVER, CARDDAV, DAV, Name};

/// The answer to a request about many resources. It is made piece by piece: [`Answer::begin`], one `response`, `gone` or `status` for each
/// resource, [`Answer::end`]; [`Answer::take`] takes what is made so far.
#[derive(Debug)]
pub struct Answer(String);

/// Properties of a resource that have one status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PropStat {
    /// The status.
    pub status: u16,
    /// The properties, each with its value as XML.
    pub properties: Vec<(Name, String)>,
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n";
const SPACES: &str = "xmlns:d=\"DAV:\" xmlns:card=\"urn:ietf:params:xml:ns:carddav\" \
                      xmlns:cs=\"http://calendarserver.org/ns/\"";

/// Text as it stands in XML. What XML has no letter for is left out.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // A parser would make another end of line of it (XML 1.0, 2.11).
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {}
            letter => out.push(letter),
        }
    }
    out
}

/// The element `href` with a path, which is escaped already as paths are.
pub fn href(path: &str) -> String {
    format!("<d:href>{}</d:href>", escape(path))
}

/// The prefix of a namespace that each answer declares.
fn prefix(space: &str) -> Option<&'static str> {
    match space {
        DAV => Some("d"),
        CARDDAV => Some("card"),
        CALENDARSERVER => Some("cs"),
        _ => None,
    }
}

fn element(name: &Name, value: &str, out: &mut String) {
    let Name { space, local } = name;
    // A name was read as XML, so that it can stand in it.
    let (tag, declared) = match prefix(space) {
        Some(prefix) => (format!("{prefix}:{local}"), String::new()),
        None if space.is_empty() => (local.clone(), String::new()),
        None => (format!("x:{local}"), format!(" xmlns:x=\"{}\"", escape(space))),
    };
    if value.is_empty() {
        let _ = write!(out, "<{tag}{declared}/>");
    } else {
        let _ = write!(out, "<{tag}{declared}>{value}</{tag}>");
    }
}

fn status_line(status: u16) -> String {
    let reason = match status {
        200 => "OK",
        201 => "Created",
        403 => "Forbidden",
        404 => "Not Found",
        409 => "Conflict",
        424 => "Failed Dependency",
        507 => "Insufficient Storage",
        _ => "",
    };
    format!("<d:status>HTTP/1.1 {status} {reason}</d:status>")
}

impl Answer {
    /// An answer about no resource so far.
    pub fn begin() -> Answer {
        Answer(format!("{HEAD}<d:multistatus {SPACES}>\n"))
    }

    fn propstats(&mut self, stats: &[PropStat]) {
        for stat in stats {
            self.0.push_str("<d:propstat><d:prop>");
            for (name, value) in &stat.properties {
                element(name, value, &mut self.0);
            }
            let _ = write!(self.0, "</d:prop>{}</d:propstat>", status_line(stat.status));
        }
    }

    /// Says the properties of a resource. One without any is there all the same.
    pub fn response(&mut self, path: &str, stats: &[PropStat]) {
        if stats.iter().all(|stat| stat.properties.is_empty()) {
            return self.status(path, 200, "");
        }
        let _ = write!(self.0, "<d:response>{}", href(path));
        self.propstats(stats);
        self.0.push_str("</d:response>\n");
    }

    /// Says of a resource that it has a status, with the condition that was not met, if any.
    pub fn status(&mut self, path: &str, status: u16, condition: &str) {
        let _ = write!(self.0, "<d:response>{}{}", href(path), status_line(status));
        if !condition.is_empty() {
            let _ = write!(self.0, "<d:error>{condition}</d:error>");
        }
        self.0.push_str("</d:response>\n");
    }

    /// Says up to when this tells what changed (RFC 6578, 3.2).
    pub fn sync_token(&mut self, token: &str) {
        let _ = write!(self.0, "<d:sync-token>{}</d:sync-token>", escape(token));
    }

    /// How many octets there are that were not taken.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether all was taken.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes what is there.
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.0)
    }

    /// The rest.
    pub fn end(mut self) -> String {
        self.0.push_str("</d:multistatus>\n");
        self.0
    }

    /// The answer to an extended MKCOL that was refused (RFC 5689, 3.3).
    pub fn mkcol(stats: &[PropStat]) -> String {
        let mut answer = Answer(format!("{HEAD}<d:mkcol-response {SPACES}>"));
        answer.propstats(stats);
        answer.0.push_str("</d:mkcol-response>\n");
        answer.0
    }
}

/// An error: the condition that was not met, as XML, and why, for who reads it.
pub fn error(condition: &str, why: &str) -> String {
    let why = match why {
        "" => String::new(),
        why => format!("<c:why xmlns:c=\"https://correio.example/dav\">{}</c:why>", escape(why)),
    };
    format!("{HEAD}<d:error {SPACES}>{condition}{why}</d:error>\n")
}

#[cfg(test)]
mod tests {
    use super::{Answer, PropStat, error, escape};
    use crate::name::{DAV, Name};
    use crate::xml::Element;

    #[test]
    fn answers_are_xml_whatever_stands_in_them() {
        let mut answer = Answer::begin();
        let evil = "</d:prop><x a=\"&\r\n\u{0}\u{ffff}é";
        let found = PropStat {
            status: 200,
            properties: vec![(Name::new(DAV, "displayname"), escape(evil))],
        };
        let missing = PropStat {
            status: 404,
            properties: vec![
                (Name::new("u\"<", "y"), String::new()),
                (Name::new("", "z"), String::new()),
            ],
        };
        answer.response("/a&b", &[found, missing, PropStat::default()]);
        answer.response("/none", &[]);
        answer.status("/gone", 404, "");
        answer.sync_token("t&");
        let first = answer.take();
        let read = Element::read(format!("{first}{}", answer.end()).as_bytes()).unwrap();
        let response = read.first(DAV, "response").unwrap();
        assert_eq!(response.first(DAV, "href").unwrap().text, "/a&b");
        let prop = response.first(DAV, "propstat").unwrap().first(DAV, "prop").unwrap();
        assert_eq!(prop.children[0].text, "</d:prop><x a=\"&\r\né");
        assert_eq!(read.all(DAV, "response").count(), 3);
        assert_eq!(read.first(DAV, "sync-token").unwrap().text, "t&");
        let error = Element::read(error("<card:valid-address-data/>", "a < b").as_bytes()).unwrap();
        assert_eq!((error.children.len(), &*error.children[1].text), (2, "a < b"));
        assert!(Element::read(Answer::mkcol(&[]).as_bytes()).is_ok());
    }
}

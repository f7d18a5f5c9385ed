//! What is seen in any answer that should not be, watched over the whole run; `responses` judges it.

use std::collections::BTreeMap;

use super::answer::{Answer, shortened};

/// What was seen that should not be; the first example of each kind.
#[derive(Default)]
pub(crate) struct Observed {
    seen: BTreeMap<Kind, Vec<String>>,
    speaks_languages: Speaks,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Speaks {
    #[default]
    Ascii,
    AnyLanguage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    LineEnd,
    Status,
    Length,
    NotAscii,
    CodeSyntax,
    Code,
}

impl Observed {
    /// Watches a first line.
    pub(crate) fn first_line(&mut self, answer: &Answer) {
        let line = &answer.raw;
        if !has_proper_end(line) {
            self.note(Kind::LineEnd, line);
        }
        if line.len() > 512 && !answer.is_challenge() {
            self.note(Kind::Length, line);
        }
        if !answer.is_ok() && !answer.is_err() && !answer.is_challenge() {
            self.note(Kind::Status, line);
        }
        let text = answer.text();
        let speaks = self.speaks_languages;
        let control = |octet: u8| octet.is_ascii_control() && octet != b'\r' && octet != b'\n';
        if line.iter().any(|o| (!o.is_ascii() && speaks == Speaks::Ascii) || control(*o)) {
            self.note(Kind::NotAscii, line);
        }
        if text.starts_with('[') {
            self.note(Kind::Code, line);
            if !is_code(&text) {
                self.note(Kind::CodeSyntax, line);
            }
        }
    }

    /// Watches a line behind a first line.
    pub(crate) fn further_line(&mut self, command: &str, line: &[u8]) {
        if !has_proper_end(line) {
            let shown = format!("(to {command}) {}", String::from_utf8_lossy(line));
            self.note(Kind::LineEnd, shown.as_bytes());
        }
    }

    /// From now on first lines may have UTF-8.
    pub(crate) fn language_chosen(&mut self) {
        self.speaks_languages = Speaks::AnyLanguage;
    }

    /// The first examples of a kind, if there were any.
    pub(crate) fn examples(&self, kind: Kind) -> Option<Vec<String>> {
        self.seen.get(&kind).cloned()
    }

    fn note(&mut self, kind: Kind, line: &[u8]) {
        let examples = self.seen.entry(kind).or_default();
        let shown = format!("S: {}", shortened(&String::from_utf8_lossy(line)));
        if examples.len() < 4 && !examples.contains(&shown) {
            examples.push(shown);
        }
    }
}

fn has_proper_end(line: &[u8]) -> bool {
    line.strip_suffix(b"\r\n").is_some_and(|text| !text.contains(&b'\r'))
}

/// `resp-code = "[" resp-level *("/" resp-level) "]"` (RFC 2449, 3).
fn is_code(text: &str) -> bool {
    let Some((code, _)) = text.strip_prefix('[').and_then(|text| text.split_once(']')) else {
        return false;
    };
    code.split('/')
        .all(|level| !level.is_empty() && level.bytes().all(|o| (0x21..0x7f).contains(&o)))
}

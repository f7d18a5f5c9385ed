//! HTML to plain text: enough for searching and previews, in linear time whatever the HTML.

use crate::limits::SEARCHABLE_OCTETS_MAX;
use crate::octets;
use crate::work::spend;

/// The text of an HTML document: tags, comments, scripts and styles left out, entities decoded, white space
/// squeezed, a line end where a block ends. Never safe HTML: it is plain text and must be shown as such.
pub fn html_to_text(html: &str) -> String {
    let mut out = Squeezed::default();
    let mut rest = html;
    let mut quotes = Quotes::default();
    while !rest.is_empty() && out.text.len() < SEARCHABLE_OCTETS_MAX {
        let (text, tag) = rest.split_at_checked(find(rest, b'<')).unwrap_or((rest, ""));
        out.push(&html_escape::decode_html_entities(text));
        rest = tag;
        if rest.is_empty() {
            break;
        }
        rest = match name_of(tag) {
            Name::NotATag => {
                out.push("<");
                from(tag, 1)
            }
            Name::Comment => {
                find_text(tag, "-->").map_or("", |end| from(tag, end.saturating_add(3)))
            }
            Name::Other => from(tag, find(tag, b'>').saturating_add(1)),
            Name::Element(name, Side::Open) if is_any(name, &HIDDEN) => {
                out.gap = out.gap.max(Gap::Line);
                skip_hidden(quotes.end_of_tag(tag), name)
            }
            Name::Element(name, _) => {
                if is_any(name, &BLOCKS) {
                    out.gap = out.gap.max(Gap::Line);
                } else if is_any(name, &CELLS) {
                    out.gap = out.gap.max(Gap::Space);
                }
                quotes.end_of_tag(tag)
            }
        };
    }
    out.text
}

/// Elements whose content is not shown.
const HIDDEN: [&str; 5] = ["script", "style", "title", "template", "noframes"];

/// Elements that begin and end a line.
const BLOCKS: [&str; 27] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "center",
    "dd",
    "div",
    "dl",
    "dt",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "li",
    "ol",
    "p",
    "pre",
    "table",
    "tr",
    "ul",
];

/// Elements that stand apart within a line.
const CELLS: [&str; 3] = ["td", "th", "option"];

enum Name<'h> {
    Element(&'h str, Side),
    Comment,
    /// A declaration or the like: ends at the next `>`.
    Other,
    /// A less-than sign that stands for itself.
    NotATag,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Open,
    Close,
}

/// Tells what begins at a less-than sign.
fn name_of(tag: &str) -> Name<'_> {
    let inside = from(tag, 1);
    let (inside, side) = match inside.strip_prefix('/') {
        Some(inside) => (inside, Side::Close),
        None => (inside, Side::Open),
    };
    if inside.starts_with("!--") && side == Side::Open {
        return Name::Comment;
    }
    if inside.starts_with(['!', '?']) {
        return Name::Other;
    }
    // No element of ours has a longer name, and looking for the end of every `<aaaa...` might take long.
    let name = inside.bytes().take(16).take_while(u8::is_ascii_alphanumeric).count();
    match inside.get(..name).unwrap_or_default() {
        "" => Name::NotATag,
        name => Name::Element(name, side),
    }
}

/// Skips to behind the closing tag of an element whose content is not shown; to the end when there is none.
fn skip_hidden<'h>(html: &'h str, name: &str) -> &'h str {
    let mut rest = html;
    while let Some(at) = find_text(rest, "</") {
        rest = from(rest, at.saturating_add(2));
        let end = rest.get(..name.len());
        if end.is_some_and(|end| end.eq_ignore_ascii_case(name)) {
            return from(rest, find(rest, b'>').saturating_add(1));
        }
    }
    ""
}

/// Finds the ends of tags, minding that an attribute may hold a `>`. A kind of quote that was looked for in vain
/// does not occur any more, which is remembered: otherwise each tag with an odd quote would search to the end.
#[derive(Default)]
struct Quotes {
    no_double: bool,
    no_single: bool,
}

impl Quotes {
    fn end_of_tag<'h>(&mut self, tag: &'h str) -> &'h str {
        let mut rest = tag;
        loop {
            let at = memchr::memchr3(b'>', b'"', b'\'', rest.as_bytes());
            spend(at.unwrap_or(rest.len()));
            let Some(at) = at else { return "" };
            let mark = rest.as_bytes().get(at).copied();
            rest = from(rest, at.saturating_add(1));
            let (quote, gone) = match mark {
                Some(b'"') => (b'"', &mut self.no_double),
                Some(b'\'') => (b'\'', &mut self.no_single),
                _ => return rest,
            };
            if !*gone {
                match octets::find(quote, rest.as_bytes()) {
                    Some(end) => rest = from(rest, end.saturating_add(1)),
                    None => *gone = true,
                }
            }
        }
    }
}

/// Text whose white space is squeezed: at most one space or one line end between words.
#[derive(Default)]
struct Squeezed {
    text: String,
    gap: Gap,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    #[default]
    None,
    Space,
    Line,
}

impl Squeezed {
    fn push(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let word_from = rest.trim_start();
            if word_from.len() < rest.len() {
                self.gap = self.gap.max(Gap::Space);
            }
            let end = word_from.find(char::is_whitespace).unwrap_or(word_from.len());
            spend(end.saturating_add(1));
            let (word, after) = word_from.split_at_checked(end).unwrap_or((word_from, ""));
            rest = after;
            if word.is_empty() {
                return;
            }
            if !self.text.is_empty() {
                match self.gap {
                    Gap::None => {}
                    Gap::Space => self.text.push(' '),
                    Gap::Line => self.text.push('\n'),
                }
            }
            self.gap = Gap::None;
            self.text.push_str(word);
        }
    }
}

fn is_any(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

fn find(text: &str, octet: u8) -> usize {
    octets::find(octet, text.as_bytes()).unwrap_or(text.len())
}

fn find_text(text: &str, what: &str) -> Option<usize> {
    let at = text.find(what);
    spend(at.unwrap_or(text.len()));
    at
}

fn from(text: &str, at: usize) -> &str {
    text.get(at..).unwrap_or_default()
}

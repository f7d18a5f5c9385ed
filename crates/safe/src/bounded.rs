//! The first step: HTML is read once and written anew, so that whatever builds a tree of it has little to do. Only so many elements at
//! so many levels stay; what is no HTML, such as scripts, SVG and MathML, goes; style sheets and what `body` says are put aside.

use crate::ColorScheme;
use crate::limits::{DEPTH_MAX, ELEMENTS_MAX, FORMATTING_MAX, HTML_OCTETS_MAX, SHEETS_OCTETS_MAX};
use crate::policy::{BLOCKS, FORMATTING, TAGS, VOID};
use crate::scan::{Scanner, Tag, Token};
use crate::written::{Doubtful, Quotes, escape, write};

/// What HTML is made of.
#[derive(Debug, Default)]
pub(crate) struct Bounded {
    /// The content, without `html`, `head` and `body`.
    pub(crate) content: String,
    /// The attributes of all `body` elements, with a space before each.
    pub(crate) body: String,
    /// All style sheets.
    pub(crate) sheets: String,
    pub(crate) scheme: Option<ColorScheme>,
    pub(crate) is_cut: bool,
    /// Whether elements do not lie in each other as they should, so that a browser moves them.
    pub(crate) is_tangled: bool,
}

/// Whose content is not for people who cannot use it: what browsers draw by other rules, or what runs.
const FOREIGN: [&str; 7] = ["svg", "math", "object", "applet", "select", "canvas", "template"];

/// In which only parts of tables lie, and what these are.
const TABLE: [&str; 5] = ["table", "tbody", "thead", "tfoot", "tr"];
const TABLE_PARTS: [&str; 9] =
    ["caption", "colgroup", "col", "tbody", "thead", "tfoot", "tr", "td", "th"];

/// An element that is open.
struct Open {
    name: &'static str,
    /// How many formatting elements were open when it began.
    formatting: usize,
}

#[derive(Default)]
struct Writer {
    out: Bounded,
    elements: usize,
    open: Vec<Open>,
    /// Those that browsers go on with in the next paragraph.
    formatting: Vec<&'static str>,
    /// How many elements are open that lie too deep.
    beyond: usize,
    /// Where the content of the last `pre` begins.
    pre_begins_at: Option<usize>,
    /// How many ampersands may still begin something that only a browser can tell.
    doubtful: Doubtful,
    /// The foreign element that is open, and how often.
    foreign: Option<(String, usize)>,
}

impl Bounded {
    /// Of HTML.
    pub(crate) fn of(html: &str) -> Bounded {
        let kept = html.get(..html.floor_char_boundary(HTML_OCTETS_MAX)).unwrap_or_default();
        let mut writer = Writer::default();
        writer.out.is_cut = kept.len() < html.len();
        writer.out.content.reserve(kept.len());
        for token in Scanner::new(kept) {
            writer.token(token);
        }
        writer.out
    }
}

impl Writer {
    fn token(&mut self, token: Token<'_>) {
        if let Some((name, depth)) = &mut self.foreign {
            match &token {
                Token::Start(tag) if tag.name == *name => *depth = depth.saturating_add(1),
                Token::End(end) if end == name => *depth = depth.saturating_sub(1),
                Token::Text(_) | Token::Start(_) | Token::End(_) | Token::Raw(..) => {}
            }
            if *depth == 0 {
                self.foreign = None;
            }
            return;
        }
        match token {
            Token::Text(text) => self.text(text),
            Token::Start(tag) => self.start(&tag),
            Token::End(name) => self.end(&name),
            Token::Raw(tag, content) => self.raw(&tag, content),
        }
    }

    fn text(&mut self, text: &str) {
        // A line that ends where `pre` begins is not shown.
        let text = if self.pre_begins_at == Some(self.out.content.len()) {
            text.trim_start_matches(['\r', '\n'])
        } else {
            text
        };
        escape(text, Quotes::Kept, &mut self.doubtful, &mut self.out.content);
    }

    fn raw(&mut self, tag: &Tag<'_>, content: &str) {
        match tag.name.as_str() {
            "style" => {
                let room = SHEETS_OCTETS_MAX.saturating_sub(self.out.sheets.len());
                // Half a sheet would mean something else.
                if content.len() < room {
                    let media = tag.attribute("media").filter(|media| !media.trim().is_empty());
                    match media {
                        Some(media) if media.bytes().all(|it| !b"{};<>&\\\"'".contains(&it)) => {
                            self.out.sheets.push_str(&format!("@media {media} {{{content}\n}}"));
                        }
                        Some(_) => {}
                        None => self.out.sheets.push_str(content),
                    }
                    self.out.sheets.push('\n');
                } else {
                    self.out.is_cut = true;
                }
            }
            // What people would read.
            "xmp" | "plaintext" | "textarea" => self.text(content),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>) {
        match tag.name.as_str() {
            "body" => self.body(tag),
            "meta" => self.meta(tag),
            name if FOREIGN.contains(&name) => self.foreign = Some((name.to_owned(), 1)),
            name => {
                let Some(known) = TAGS.iter().find(|known| **known == name) else { return };
                self.element(known, tag);
            }
        }
    }

    fn element(&mut self, name: &'static str, tag: &Tag<'_>) {
        let is_void = VOID.contains(&name);
        let is_in_table = self.open.last().is_some_and(|open| TABLE.contains(&open.name));
        self.out.is_tangled |= name == "pre" || (is_in_table && !TABLE_PARTS.contains(&name));
        self.imply_ends(name);
        self.imply_beginnings(name);
        if self.elements >= ELEMENTS_MAX {
            self.out.is_cut = true;
            return;
        }
        if self.open.len() >= DEPTH_MAX {
            self.out.is_cut = true;
            self.beyond = self.beyond.saturating_add(usize::from(!is_void));
            return;
        }
        if ["a", "nobr"].contains(&name) && !self.end_same(name) {
            return;
        }
        let is_formatting = FORMATTING.contains(&name);
        if is_formatting && self.formatting.len() >= FORMATTING_MAX {
            self.out.is_cut = true;
            return;
        }
        self.elements = self.elements.saturating_add(1);
        let content = &mut self.out.content;
        content.push('<');
        content.push_str(name);
        if name == "a" {
            content.push_str(" target=\"_blank\" rel=\"noopener noreferrer nofollow\"");
        }
        for attribute in &tag.attributes {
            let is_ours = name == "a" && matches!(attribute.name.as_str(), "target" | "rel");
            if !is_ours && !write(attribute, &mut self.doubtful, content) {
                self.out.is_cut = true;
            }
        }
        content.push('>');
        if name == "pre" {
            self.pre_begins_at = Some(content.len());
        }
        if !is_void {
            self.open.push(Open { name, formatting: self.formatting.len() });
            if is_formatting {
                self.formatting.push(name);
            }
        }
    }

    fn end(&mut self, name: &str) {
        if name == "br" {
            return self.out.content.push_str("<br>");
        }
        let Some(known) = TAGS.iter().find(|known| **known == name).copied() else { return };
        if VOID.contains(&known) {
            return;
        }
        if self.beyond > 0 {
            self.beyond = self.beyond.saturating_sub(1);
            return;
        }
        if let Some(at) = self.formatting.iter().rposition(|it| *it == known) {
            self.formatting.remove(at);
        }
        let Some(at) = self.open.iter().rposition(|open| open.name == known) else { return };
        // A cell ends where its table does, not in the middle of an inner one.
        let within = |open: &Open| open.name == "table" && !["table"].contains(&known);
        if self.open.iter().skip(at).skip(1).any(within) {
            return;
        }
        let mut above = self.open.iter().skip(at).skip(1);
        self.out.is_tangled |= above.any(|open| FORMATTING.contains(&open.name))
            || (FORMATTING.contains(&known) && self.open.len().saturating_sub(at) > 1);
        self.out.content.push_str(&format!("</{known}>"));
        if FORMATTING.contains(&known) {
            self.open.remove(at);
            return;
        }
        if let Some(closed) = self.open.get(at)
            && ["td", "th", "caption"].contains(&known)
        {
            // What formats a cell ends with it.
            self.formatting.truncate(closed.formatting);
        }
        self.open.truncate(at);
    }

    /// Takes note of what ends by itself where this begins, as in a list whose items have no ends.
    fn imply_ends(&mut self, name: &str) {
        let (ends, up_to): (&[&str], &[&str]) = match name {
            "li" => (&["li"], &["ul", "ol", "table", "td", "th"]),
            "dt" | "dd" => (&["dt", "dd"], &["dl", "table", "td", "th"]),
            "td" | "th" => (&["td", "th"], &["tr", "table"]),
            "tr" => (&["tr"], &["tbody", "thead", "tfoot", "table"]),
            "tbody" | "thead" | "tfoot" => (&["tbody", "thead", "tfoot", "tr"], &["table"]),
            _ => (&[], &[]),
        };
        self.end_implied(ends, up_to);
        if BLOCKS.contains(&name) {
            self.end_implied(&["p"], &["table", "td", "th", "caption"]);
        }
    }

    /// Ends a link where the next begins: there is none in another. Gives whether it can begin; in a table within a link it cannot.
    fn end_same(&mut self, name: &str) -> bool {
        let Some(at) = self.open.iter().rposition(|open| open.name == name) else { return true };
        if self.open.iter().skip(at).any(|open| open.name == "table") {
            return false;
        }
        self.end(name);
        true
    }

    /// Counts the levels that a browser adds to tables.
    fn imply_beginnings(&mut self, name: &str) {
        let formatting = self.formatting.len();
        let top = self.open.last().map(|open| open.name);
        let mut imply = |name| self.open.push(Open { name, formatting });
        match (name, top) {
            ("tr", Some("table")) => imply("tbody"),
            ("td" | "th", Some("table")) => {
                imply("tbody");
                imply("tr");
            }
            ("td" | "th", Some("tbody" | "thead" | "tfoot")) => imply("tr"),
            _ => {}
        }
    }

    fn end_implied(&mut self, ends: &[&str], up_to: &[&str]) {
        let near = self.open.iter().rposition(|open| up_to.contains(&open.name));
        let from = near.map_or(0, |at| at.saturating_add(1));
        let within = self.open.iter().skip(from);
        let at = within.enumerate().find(|(_, open)| ends.contains(&open.name)).map(|(at, _)| at);
        if let Some(at) = at {
            let at = from.saturating_add(at);
            self.out.is_tangled |=
                self.open.iter().skip(at).any(|open| FORMATTING.contains(&open.name));
            self.open.truncate(at);
        }
    }

    fn body(&mut self, tag: &Tag<'_>) {
        for attribute in &tag.attributes {
            let is_known = self.out.body.contains(&format!(" {}=\"", attribute.name));
            if !is_known && !write(attribute, &mut self.doubtful, &mut self.out.body) {
                self.out.is_cut = true;
            }
        }
    }

    /// What mail says of the schemes of colours that it is made for.
    fn meta(&mut self, tag: &Tag<'_>) {
        let name = tag.attribute("name").unwrap_or_default().trim();
        let is_scheme = ["color-scheme", "supported-color-schemes"]
            .iter()
            .any(|known| name.eq_ignore_ascii_case(known));
        if is_scheme && let Some(content) = tag.attribute("content") {
            self.out.scheme =
                ColorScheme::read(content.split_ascii_whitespace()).or(self.out.scheme);
        }
    }
}

impl ColorScheme {
    /// Of the words that stand behind `color-scheme`.
    pub(crate) fn read<'w>(words: impl Iterator<Item = &'w str>) -> Option<ColorScheme> {
        let (mut light, mut dark) = (false, false);
        for word in words {
            light |= word.eq_ignore_ascii_case("light");
            dark |= word.eq_ignore_ascii_case("dark");
        }
        match (light, dark) {
            (true, true) => Some(ColorScheme::Both),
            (false, true) => Some(ColorScheme::Dark),
            (true, false) => Some(ColorScheme::Light),
            (false, false) => None,
        }
    }
}

//! Marks words in a text, as HTML (RFC 8621, 5).

use std::ops::Range;

use mailbox::Collation;

/// RFC 8621, 5: how many octets a preview has at most.
const PREVIEW_OCTETS_MAX: usize = 255;
/// How many characters of it stand before the first word that was looked for, about.
const BEFORE_CHARACTERS: usize = 40;

const OPEN: &str = "<mark>";
const CLOSE: &str = "</mark>";

/// Words and phrases, in the form in which they are compared.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(Vec<Vec<u8>>);

impl Words {
    pub(super) fn add(&mut self, word: &str) {
        let key = Collation::default().key(word);
        if !key.is_empty() && !self.0.contains(&key) {
            self.0.push(key);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The whole text with the words marked. None: none of them is there.
    pub(super) fn marked(&self, text: &str) -> Option<String> {
        let ranges = self.ranges(text);
        if ranges.is_empty() {
            return None;
        }
        let mut marked = String::with_capacity(text.len());
        let mut at = 0;
        for range in ranges {
            escape(&mut marked, text.get(at..range.start).unwrap_or_default());
            marked.push_str(OPEN);
            escape(&mut marked, text.get(range.clone()).unwrap_or_default());
            marked.push_str(CLOSE);
            at = range.end;
        }
        escape(&mut marked, text.get(at..).unwrap_or_default());
        Some(marked)
    }

    /// The part of a text in which the first of the words stands, with all of them marked. None: none of them is there.
    pub(super) fn preview(&self, text: &str) -> Option<String> {
        let first = self.first(text)?;
        let begin = beginning(text, first.start);
        // However it is written there, no more of it than this is shown.
        let end = text.floor_char_boundary(
            first.end.max(begin.saturating_add(PREVIEW_OCTETS_MAX.saturating_mul(4))),
        );
        let part = squeezed(text.get(begin..end).unwrap_or_default());
        let ranges = self.ranges(&part);
        let mut preview = String::new();
        if begin > 0 {
            preview.push('…');
        }
        let mut inside = None;
        let mut ranges = ranges.into_iter().peekable();
        for (at, c) in part.char_indices() {
            if inside == Some(at) {
                preview.push_str(CLOSE);
                inside = None;
            }
            let mut next = String::new();
            if let Some(range) = ranges.next_if(|range| range.start == at) {
                next.push_str(OPEN);
                inside = Some(range.end);
            }
            push_escaped(&mut next, c);
            let closing = if inside.is_some() { CLOSE.len() } else { 0 };
            let octets = preview.len().saturating_add(next.len()).saturating_add(closing);
            if octets > PREVIEW_OCTETS_MAX {
                if next.starts_with(OPEN) {
                    inside = None;
                }
                break;
            }
            preview.push_str(&next);
        }
        if inside.is_some() {
            preview.push_str(CLOSE);
        }
        Some(preview)
    }

    /// Where the first of the words stands.
    fn first(&self, text: &str) -> Option<Range<usize>> {
        let folded = Folded::of(text);
        let places = self.0.iter().filter_map(|word| folded.find(word, 0));
        places.min_by_key(|range| range.start).map(|range| folded.in_text(range))
    }

    /// Where the words stand: ascending, apart from each other.
    fn ranges(&self, text: &str) -> Vec<Range<usize>> {
        let folded = Folded::of(text);
        let mut found = Vec::new();
        for word in &self.0 {
            let mut at = 0;
            while let Some(range) = folded.find(word, at) {
                at = range.end;
                found.push(folded.in_text(range));
            }
        }
        found.sort_by_key(|range| range.start);
        let mut apart: Vec<Range<usize>> = Vec::with_capacity(found.len());
        for range in found {
            match apart.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                Some(_) | None => apart.push(range),
            }
        }
        apart
    }
}

/// A text in the form in which it is compared, and from where each octet of it comes.
struct Folded {
    octets: Vec<u8>,
    /// Where the characters begin, in both forms; and the end of both.
    begins: Vec<(usize, usize)>,
}

impl Folded {
    fn of(text: &str) -> Folded {
        let mut folded = Folded {
            octets: Vec::with_capacity(text.len()),
            begins: Vec::with_capacity(text.len()),
        };
        let mut single = [0; 4];
        for (at, c) in text.char_indices() {
            folded.begins.push((folded.octets.len(), at));
            if c.is_ascii() {
                c.to_ascii_uppercase().encode_utf8(&mut single);
                folded.octets.extend(single.first());
            } else {
                folded.octets.extend(Collation::default().key(c.encode_utf8(&mut single)));
            }
        }
        folded.begins.push((folded.octets.len(), text.len()));
        folded
    }

    fn find(&self, word: &[u8], from: usize) -> Option<Range<usize>> {
        let rest = self.octets.get(from..)?;
        let at = memchr::memmem::find(rest, word)?.saturating_add(from);
        Some(at..at.saturating_add(word.len()))
    }

    /// The whole characters that a range is of.
    fn in_text(&self, range: Range<usize>) -> Range<usize> {
        let after = self.begins.partition_point(|(folded, _)| *folded <= range.start);
        let start = after.checked_sub(1).and_then(|at| self.begins.get(at));
        let end = self.begins.partition_point(|(folded, _)| *folded < range.end);
        let text_at = |begin: Option<&(usize, usize)>| begin.map_or(0, |(_, text)| *text);
        text_at(start)..text_at(self.begins.get(end))
    }
}

/// Some way before a place, where a word begins if there is one near.
fn beginning(text: &str, place: usize) -> usize {
    let before = text.get(..place).unwrap_or_default();
    let Some((far, _)) = before.char_indices().rev().nth(BEFORE_CHARACTERS) else { return 0 };
    let near = before.get(far..).unwrap_or_default();
    let space = near.find(char::is_whitespace).unwrap_or(0);
    far.saturating_add(space)
}

/// All space between words as one space each.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn escape(to: &mut String, text: &str) {
    text.chars().for_each(|c| push_escaped(to, c));
}

fn push_escaped(to: &mut String, c: char) {
    match c {
        '&' => to.push_str("&amp;"),
        '<' => to.push_str("&lt;"),
        '>' => to.push_str("&gt;"),
        c => to.push(c),
    }
}

#[cfg(test)]
mod tests {
    use super::{PREVIEW_OCTETS_MAX, Words};

    fn words(list: &[&str]) -> Words {
        let mut words = Words::default();
        list.iter().for_each(|word| words.add(word));
        words
    }

    #[test]
    fn words_are_marked_in_any_case_and_the_rest_is_escaped() {
        let marked = |list: &[&str], text: &str| words(list).marked(text);
        assert_eq!(
            marked(&["foo"], "a & <Foo>foo").unwrap(),
            "a &amp; &lt;<mark>Foo</mark>&gt;<mark>foo</mark>"
        );
        assert_eq!(marked(&["ab", "bc"], "xabcx").unwrap(), "x<mark>abc</mark>x");
        assert_eq!(marked(&["caf\u{e9}"], "CAFE\u{301} x").unwrap(), "<mark>CAFE\u{301}</mark> x");
        assert_eq!(
            marked(&["\u{fb01}"], "of \u{fb01}"),
            Some("of <mark>\u{fb01}</mark>".to_owned())
        );
        assert_eq!(marked(&["no"], "yes"), None);
        assert_eq!(marked(&[], "yes"), None);
        assert_eq!(marked(&[""], "yes"), None);
    }

    #[test]
    fn a_preview_shows_the_first_place_and_is_not_too_long() {
        let preview = |list: &[&str], text: &str| words(list).preview(text);
        assert_eq!(preview(&["two"], "one\r\n  two\tthree").unwrap(), "one <mark>two</mark> three");
        let long = format!("{}needle {}", "hay ".repeat(100), "<needle> ".repeat(100));
        let shown = preview(&["needle"], &long).unwrap();
        assert!(
            shown.starts_with("…hay") && shown.contains("hay <mark>needle</mark> &lt;"),
            "{shown}"
        );
        for length in 0..400 {
            let text = format!("{}{}", "&".repeat(length % 50), "n\u{e9}edle".repeat(length));
            let Some(shown) = preview(&["n\u{e9}edle"], &text) else { continue };
            assert!(shown.len() <= PREVIEW_OCTETS_MAX);
            assert_eq!(shown.matches("<mark>").count(), shown.matches("</mark>").count());
        }
        assert_eq!(preview(&["x"], "hay"), None);
        // One that is longer than all that is shown.
        let phrase = "ab ".repeat(200);
        assert!(preview(&[&phrase], &phrase).unwrap().len() <= PREVIEW_OCTETS_MAX);
    }
}

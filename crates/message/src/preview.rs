//! Previews: the first words of a message that its sender wrote, for a list of mail (RFC 8970, 3.3).

use crate::charset;
use crate::html::html_to_text;
use crate::limits::PREVIEW_CHARACTERS_MAX;
use crate::transfer::decode_transfer;

/// The beginning of a text, as it stands in the message.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sample {
    pub(crate) encoding: Vec<u8>,
    pub(crate) charset: Option<Vec<u8>>,
    pub(crate) octets: Vec<u8>,
}

impl Sample {
    fn text(&self) -> String {
        let decoded = decode_transfer(&self.encoding, &self.octets).unwrap_or_default();
        charset::decode(self.charset.as_deref(), &decoded)
    }
}

/// The preview of a message with this plain and this HTML text. The plain one counts unless it says nothing.
pub(crate) fn of_samples(plain: Option<&Sample>, html: Option<&Sample>) -> String {
    let words = plain.map(|sample| preview_of_plain(&sample.text())).unwrap_or_default();
    if !words.is_empty() {
        return words;
    }
    html.map(|sample| preview(&html_to_text(&sample.text()))).unwrap_or_default()
}

/// Some programs send HTML and call it plain.
fn preview_of_plain(text: &str) -> String {
    let start = text.trim_start();
    let begins =
        |mark: &str| start.get(..mark.len()).is_some_and(|start| start.eq_ignore_ascii_case(mark));
    if begins("<html") || begins("<!doctype html") {
        return preview(&html_to_text(text));
    }
    preview(text)
}

/// The first words of a text: without quoted lines and the line that announces them, without rules drawn with
/// hyphens and the like, without a signature; if that leaves nothing, with all of them.
pub fn preview(text: &str) -> String {
    let own = squeeze(own_lines(text));
    if own.is_empty() {
        squeeze(text.lines().map(|line| line.trim_start_matches(['>', ' '])))
    } else {
        own
    }
}

fn own_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut lines = text.lines().map(str::trim_end).filter(|line| !line.is_empty()).peekable();
    std::iter::from_fn(move || {
        loop {
            let line = lines.next()?;
            // A signature follows (RFC 3676, 4.3), or the whole message that is answered.
            if line == "--" || line.starts_with("-----Original Message") {
                return None;
            }
            let announces =
                line.ends_with(':') && lines.peek().is_some_and(|next| next.starts_with('>'));
            let is_rule =
                line.len() > 2 && line.bytes().all(|o| o.is_ascii_punctuation() || o == b' ');
            if !announces && !is_rule && !line.starts_with('>') {
                return Some(line);
            }
        }
    })
}

/// Puts single spaces between the words and stops at the limit. Characters that are not seen, or that turn the
/// direction of what follows, are left out: they hide what a message begins with.
fn squeeze<'t>(lines: impl Iterator<Item = &'t str>) -> String {
    let mut preview = String::new();
    let mut left = PREVIEW_CHARACTERS_MAX;
    for word in lines.flat_map(str::split_whitespace) {
        if left == 0 {
            break;
        }
        if word.chars().all(is_unseen) {
            continue;
        }
        if !preview.is_empty() {
            preview.push(' ');
            left = left.saturating_sub(1);
        }
        for character in word.chars().filter(|c| !c.is_control() && !is_turning(*c)).take(left) {
            preview.push(character);
            left = left.saturating_sub(1);
        }
    }
    preview.truncate(preview.trim_end().len());
    preview
}

/// Characters of no width, with which newsletters fill the preview.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || is_turning(c)
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}')
}

/// Characters that override or isolate the direction of text.
fn is_turning(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

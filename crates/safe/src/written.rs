//! How attributes and text are written anew, so that they are nothing else.

use crate::limits::{ATTRIBUTE_OCTETS_MAX, DATA_OCTETS_MAX, DOUBTFUL_NAMES_MAX, STYLE_OCTETS_MAX};
use crate::scan::Attribute;

/// Writes an attribute with a space before it. What is no plain name, or runs something, is not written. Gives whether it was not too long.
pub(crate) fn write(attribute: &Attribute<'_>, doubtful: &mut Doubtful, to: &mut String) -> bool {
    let Attribute { name, value, .. } = attribute;
    let is_plain = name.bytes().all(|octet| octet.is_ascii_lowercase() || octet == b'-');
    if !is_plain || name.is_empty() || name.starts_with("on") || name.len() > 30 {
        return true;
    }
    let most = match name.as_str() {
        "style" => STYLE_OCTETS_MAX,
        "src" | "background" if is_data(value) => DATA_OCTETS_MAX,
        _ => ATTRIBUTE_OCTETS_MAX,
    };
    if value.len() > most {
        return false;
    }
    to.push(' ');
    to.push_str(name);
    to.push_str("=\"");
    escape(value, Quotes::Escaped, doubtful, to);
    to.push('"');
    true
}

/// Whether quotes are escaped.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quotes {
    Kept,
    Escaped,
}

/// How many ampersands were written that a browser may or may not take for the beginning of a name without an end (`&copy`).
#[derive(Default)]
pub(crate) struct Doubtful(usize);

/// Writes text so that it is nothing else. Names of characters stay; ampersands that begin none are escaped, for it costs parsers
/// much to find that out.
pub(crate) fn escape(text: &str, quotes: Quotes, doubtful: &mut Doubtful, to: &mut String) {
    let mut run = to.len();
    for (at, c) in text.char_indices() {
        let is_escaped_later = c == '&' || ('\u{80}'..='\u{bf}').contains(&c);
        if is_escaped_later && quotes == Quotes::Kept && to.len().saturating_sub(run) > RUN_OCTETS {
            to.push_str(NOTHING);
            run = to.len();
        }
        match c {
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' if quotes == Quotes::Escaped => to.push_str("&quot;"),
            // What some programs stumble over.
            '\0' => to.push('\u{fffd}'),
            '&' if !doubtful.begins_name(text.get(at..).unwrap_or_default()) => {
                to.push_str("&amp;")
            }
            c => to.push(c),
        }
    }
}

impl Doubtful {
    /// Whether a text that begins with an ampersand begins with the name of a character.
    fn begins_name(&mut self, text: &str) -> bool {
        let behind = text.get(1..).unwrap_or_default();
        if let Some(number) = behind.strip_prefix('#') {
            let hexadecimal = number.strip_prefix(['x', 'X']);
            return match hexadecimal {
                Some(digits) => digits.starts_with(|c: char| c.is_ascii_hexdigit()),
                None => number.starts_with(|c: char| c.is_ascii_digit()),
            };
        }
        let letters =
            behind.bytes().take(NAME_OCTETS_MAX).take_while(u8::is_ascii_alphanumeric).count();
        let name = text.get(..letters.saturating_add(2)).filter(|name| name.ends_with(';'));
        if let Some(name) = name
            && html_escape::decode_html_entities(name) != name
        {
            return true;
        }
        self.0 = self.0.saturating_add(1);
        letters > 0 && self.0 <= DOUBTFUL_NAMES_MAX
    }
}

/// The serializer of html5ever looks through the rest of a text for each ampersand. So long texts are made of several, with a
/// comment between them that goes.
const RUN_OCTETS: usize = 2 << 10;
const NOTHING: &str = "<!---->";

/// The longest name of a character has less.
const NAME_OCTETS_MAX: usize = 34;

fn is_data(value: &str) -> bool {
    value.trim_start().get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("data:"))
}

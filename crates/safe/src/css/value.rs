//! The value of a property: names, numbers, colours, texts, a few functions, pictures.

use cssparser::{Parser, Token};

use super::property::Pictures;
use super::{Left, URL, left_out};
use crate::address::{Found, picture};
use crate::limits::STYLE_DEPTH_MAX;

/// The functions that compute or paint, and fetch nothing.
const FUNCTIONS: [&str; 17] = [
    "calc",
    "clamp",
    "circle",
    "conic-gradient",
    "fit-content",
    "hsl",
    "hsla",
    "hwb",
    "lab",
    "lch",
    "linear-gradient",
    "max",
    "min",
    "radial-gradient",
    "repeating-linear-gradient",
    "rgb",
    "rgba",
];

/// The units of lengths and angles. Those of the height of the window are not among them: the frame is as high as the body, and
/// the two would drive each other up.
const UNITS: [&str; 15] =
    ["ch", "cm", "deg", "em", "ex", "fr", "in", "mm", "pc", "pt", "px", "q", "rad", "rem", "turn"];

/// The largest number that is written.
const NUMBER_MAX: f32 = 100_000.0;

/// The value up to the end, as it may stand.
pub(super) fn of(parser: &mut Parser<'_>, pictures: Pictures) -> Result<String, Left> {
    let mut writer = Writer { pictures, ..Writer::default() };
    writer.tokens(parser, 0)?;
    let mut value = writer.written.trim_end().to_owned();
    if value.is_empty() {
        return Err(left_out());
    }
    if writer.is_important {
        value.push_str("!important");
    }
    Ok(value)
}

/// The names that a value is made of.
pub(super) fn words(parser: &mut Parser<'_>) -> Vec<String> {
    let mut words = Vec::new();
    while let Ok(token) = parser.next() {
        if let Token::Ident(word) = token {
            words.push(word.to_ascii_lowercase());
        }
    }
    words
}

struct Writer {
    written: String,
    pictures: Pictures,
    is_important: bool,
}

impl Default for Writer {
    fn default() -> Writer {
        Writer { written: String::new(), pictures: Pictures::None, is_important: false }
    }
}

impl Writer {
    fn tokens(&mut self, parser: &mut Parser<'_>, depth: usize) -> Result<(), Left> {
        if depth > STYLE_DEPTH_MAX {
            return Err(left_out());
        }
        while let Ok(token) = parser.next_including_whitespace().cloned() {
            if self.is_important && !matches!(token, Token::WhiteSpace(_)) {
                return Err(left_out());
            }
            match token {
                Token::Function(name) => {
                    let name = name.to_ascii_lowercase();
                    if name == "url" {
                        let address = parser.parse_nested_block(|parser| {
                            Ok::<_, Left>(parser.expect_string()?.to_string())
                        })?;
                        self.picture(&address)?;
                        continue;
                    }
                    let Some(name) = FUNCTIONS.iter().find(|known| **known == name) else {
                        return Err(left_out());
                    };
                    self.written.push_str(name);
                    self.nested(parser, depth)?;
                }
                Token::ParenthesisBlock => self.nested(parser, depth)?,
                Token::Delim('!') if depth == 0 => {
                    parser.expect_ident_matching("important")?;
                    self.is_important = true;
                }
                token => self.token(&token)?,
            }
        }
        Ok(())
    }

    fn nested(&mut self, parser: &mut Parser<'_>, depth: usize) -> Result<(), Left> {
        self.written.push('(');
        parser.parse_nested_block(|parser| self.tokens(parser, depth.saturating_add(1)))?;
        let inside = self.written.trim_end().len();
        self.written.truncate(inside);
        self.written.push(')');
        Ok(())
    }

    fn token(&mut self, token: &Token<'_>) -> Result<(), Left> {
        match token {
            Token::Ident(word) => self.written.push_str(&name(word)?),
            Token::Hash(color) | Token::IDHash(color) => {
                if color.len() > 8 || !color.bytes().all(|octet| octet.is_ascii_hexdigit()) {
                    return Err(left_out());
                }
                self.written.push_str(&format!("#{}", color.to_ascii_lowercase()));
            }
            Token::QuotedString(text) => self.written.push_str(&quoted(text)),
            Token::UnquotedUrl(address) => self.picture(address)?,
            Token::Number { value, .. } => self.written.push_str(&number(*value)?),
            Token::Percentage { unit_value, .. } => {
                self.written.push_str(&format!("{}%", number(unit_value * 100.0)?));
            }
            Token::Dimension { value, unit, .. } => {
                let unit = unit.to_ascii_lowercase();
                let is_width = unit == "vw";
                if !is_width && !UNITS.contains(&unit.as_str()) {
                    return Err(left_out());
                }
                self.written.push_str(&format!("{}{unit}", number(*value)?));
            }
            Token::WhiteSpace(_) => {
                if !self.written.is_empty() && !self.written.ends_with([' ', ',', '(']) {
                    self.written.push(' ');
                }
            }
            Token::Comma => {
                let end = self.written.trim_end().len();
                self.written.truncate(end);
                self.written.push(',');
            }
            Token::Delim(sign @ ('+' | '-' | '*' | '/')) => self.written.push(*sign),
            _ => return Err(left_out()),
        }
        Ok(())
    }

    /// A picture. One that may not be shown takes its declaration with it.
    fn picture(&mut self, address: &str) -> Result<(), Left> {
        if self.pictures == Pictures::None {
            return Err(left_out());
        }
        let address = match picture(address) {
            Some(Found::Here(address)) => address,
            Some(Found::Elsewhere(picture)) => picture.address(),
            None => return Err(left_out()),
        };
        self.written.push_str(&format!("{URL}\"{address}\")"));
        Ok(())
    }
}

/// A name of CSS's own.
pub(super) fn name(word: &str) -> Result<String, Left> {
    let is_right = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'_';
    let is_name = word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-' || c == '_')
        && word.trim_start_matches('-').starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if is_name && word.len() <= 60 && word.bytes().all(is_right) {
        // Names of fonts keep their case.
        let is_lower = !word.contains('_');
        return Ok(if is_lower { word.to_ascii_lowercase() } else { word.to_owned() });
    }
    Err(left_out())
}

/// A text. What is no letter, digit, space, `-` or `_` is escaped, so that the text ends neither itself nor what it stands in.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        if c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.' | ',') {
            quoted.push(c);
        } else {
            quoted.push_str(&format!("\\{:x} ", u32::from(c)));
        }
    }
    quoted.push('"');
    quoted
}

/// A number without an exponent, of a size that makes sense.
pub(super) fn number(value: f32) -> Result<String, Left> {
    if !value.is_finite() {
        return Err(left_out());
    }
    let value = (value.clamp(-NUMBER_MAX, NUMBER_MAX) * 1_000.0).round() / 1_000.0;
    Ok(if value == 0.0 { "0".to_owned() } else { value.to_string() })
}

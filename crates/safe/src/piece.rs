//! The last step: a body in pieces, the addresses of pictures being pieces of their own. So what is kept for long has no address
//! in it that holds for a short time.

use crate::address::Found;
use crate::address::{of_part, picture};
use crate::css::URL;
use crate::scan::{Scanner, Token};

/// Part of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// As it stands.
    Text(Box<str>),
    /// The address of a picture.
    Picture(Picture),
}

/// A picture that is not in the body itself.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Picture {
    /// The part of the message with this Content-ID, without its angle brackets (RFC 2392).
    Part(String),
    /// What lies at an http or https address.
    Remote(String),
}

impl Picture {
    /// The address as it would stand in a body.
    pub fn address(&self) -> String {
        match self {
            Picture::Part(id) => of_part(id),
            Picture::Remote(url) => url.clone(),
        }
    }

    fn read(address: &str) -> Option<Picture> {
        match picture(address)? {
            Found::Elsewhere(picture) => Some(picture),
            Found::Here(_) => None,
        }
    }
}

impl Piece {
    pub(crate) fn octets(&self) -> usize {
        let text = match self {
            Piece::Text(text) => text.len(),
            Piece::Picture(Picture::Part(text) | Picture::Remote(text)) => text.len(),
        };
        size_of::<Piece>().saturating_add(text)
    }
}

/// Where an address stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Within an attribute.
    Attribute,
    /// Within a style sheet.
    Style,
}

/// Pieces as text.
pub(crate) fn joined(
    pieces: &[Piece],
    place: Place,
    address: &mut impl FnMut(&Picture) -> Option<String>,
) -> String {
    let mut joined = String::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => joined.push_str(text),
            Piece::Picture(picture) => {
                let address = address(picture);
                for c in address.as_deref().unwrap_or(crate::NO_PICTURE).chars() {
                    match c {
                        '&' if place == Place::Attribute => joined.push_str("&amp;"),
                        '"' | '\'' | '<' | '>' | '\\' | '(' | ')' | '`' => {}
                        c if c.is_whitespace() || c.is_control() => {}
                        c => joined.push(c),
                    }
                }
            }
        }
    }
    joined
}

/// Text that grows to pieces.
#[derive(Default)]
struct Pieces {
    text: String,
    pieces: Vec<Piece>,
}

impl Pieces {
    fn picture(&mut self, picture: Picture) {
        self.pieces.push(Piece::Text(std::mem::take(&mut self.text).into()));
        self.pieces.push(Piece::Picture(picture));
    }

    /// Styles, in which pictures stand as `url("address")`, with these for the quotes.
    fn style(&mut self, style: &str, quote: &str) {
        let begin = format!("{URL}{quote}");
        let mut rest = style;
        while let Some(at) = rest.find(&begin) {
            let (before, found) = rest.split_at(at.saturating_add(begin.len()));
            self.text.push_str(before);
            let (address, behind) = found.split_once(quote).unwrap_or((found, ""));
            match Picture::read(&unescaped(address)) {
                Some(picture) => self.picture(picture),
                None => self.text.push_str(address),
            }
            if behind.len() < found.len() {
                self.text.push_str(quote);
            }
            rest = behind;
        }
        self.text.push_str(rest);
    }

    fn end(mut self) -> Vec<Piece> {
        if !self.text.is_empty() {
            self.pieces.push(Piece::Text(self.text.into()));
        }
        self.pieces
    }
}

/// The pieces of a style sheet that `css` wrote.
pub(crate) fn of_style(style: &str) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    pieces.style(style, "\"");
    pieces.end()
}

/// The pieces of HTML that ammonia wrote.
pub(crate) fn of_html(html: &str) -> Vec<Piece> {
    let mut pieces = Pieces::default();
    let mut at = 0;
    for token in Scanner::new(html) {
        let Token::Start(tag) = token else { continue };
        for attribute in &tag.attributes {
            let before = html.get(at..attribute.place.start).unwrap_or_default();
            match attribute.name.as_str() {
                "src" | "background" => {
                    let Some(picture) = Picture::read(&unescaped(attribute.value)) else {
                        continue;
                    };
                    pieces.text.push_str(before);
                    pieces.picture(picture);
                }
                "style" => {
                    pieces.text.push_str(before);
                    pieces.style(attribute.value, "&quot;");
                }
                _ => continue,
            }
            at = attribute.place.end;
        }
    }
    pieces.text.push_str(html.get(at..).unwrap_or_default());
    pieces.end()
}

/// What a serializer of HTML escapes, as it was.
fn unescaped(value: &str) -> String {
    let value = value.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">");
    value.replace("&nbsp;", "\u{a0}").replace("&amp;", "&")
}

//! Makes the bodies of mail fit to be shown by a browser.
//!
//! HTML goes through three steps: `bounded` reads it once and writes it anew, with only so many elements at only so many levels, no
//! scripts, no foreign elements; ammonia parses that as a browser does and keeps what is on its lists; `piece` takes the addresses
//! of pictures out, so that whoever shows the body says what stands in their places. Styles go through a CSS parser. Nothing here
//! fails: what is not understood is left out.
//!
//! It is one of several layers (`docs/adr`): what it gives is shown in a frame of an origin of its own, under a policy that runs nothing.
#![cfg_attr(
    test,
    allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        clippy::panic,
        reason = "tests may be blunt"
    )
)]

mod address;
mod bounded;
mod cache;
mod css;
mod html;
pub mod limits;
mod name;
mod piece;
mod plain;
mod policy;
mod scan;
mod written;

pub use cache::Cache;
pub use html::of_html;
pub use piece::Picture;
pub use plain::{Flow, of_plain};

use piece::Piece;

/// A body that can be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The rules of a style sheet, without a `<` in them.
    style: Vec<Piece>,
    /// The attributes of the `body` element, with a space before each.
    attributes: Vec<Piece>,
    /// What stands in it.
    content: Vec<Piece>,
    /// The schemes of colours that it says it is made for.
    scheme: Option<ColorScheme>,
    /// Whether something was left out because there was too much of it.
    is_cut: bool,
}

/// For which schemes of colours a body says that it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorScheme {
    /// For a light one alone.
    Light,
    /// For a dark one alone.
    Dark,
    /// For both.
    Both,
}

/// A body as text, with the addresses of its pictures filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The rules of a style sheet.
    pub style: String,
    /// The attributes of the `body` element, with a space before each.
    pub attributes: String,
    /// What stands in it.
    pub content: String,
}

/// Stands for a picture that is not shown.
pub const NO_PICTURE: &str = "data:,";

impl Body {
    /// The schemes of colours that it says it is made for.
    pub fn color_scheme(&self) -> Option<ColorScheme> {
        self.scheme
    }

    /// Whether something was left out because there was too much of it.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// All places of pictures that are not in the body itself, in their order; one may be there several times.
    pub fn pictures(&self) -> impl Iterator<Item = &Picture> {
        let pieces = self.style.iter().chain(&self.attributes).chain(&self.content);
        pieces.filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Picture(picture) => Some(picture),
        })
    }

    /// How many places have pictures from elsewhere.
    pub fn remote_pictures(&self) -> usize {
        self.pictures().filter(|picture| matches!(picture, Picture::Remote(_))).count()
    }

    /// As text. Each picture gets the address that is said of it; none: `NO_PICTURE`. What an address may not hold, such as a quote,
    /// is left out of it.
    pub fn show(&self, mut address: impl FnMut(&Picture) -> Option<String>) -> Shown {
        Shown {
            style: piece::joined(&self.style, piece::Place::Style, &mut address),
            attributes: piece::joined(&self.attributes, piece::Place::Attribute, &mut address),
            content: piece::joined(&self.content, piece::Place::Attribute, &mut address),
        }
    }

    /// As HTML again, with the addresses of pictures as they came: what is made safe of this is the same.
    pub fn to_html(&self) -> String {
        let Shown { style, attributes, content } = self.show(|picture| Some(picture.address()));
        let scheme = match self.scheme {
            None => "",
            Some(ColorScheme::Light) => "<meta name=\"color-scheme\" content=\"light\">",
            Some(ColorScheme::Dark) => "<meta name=\"color-scheme\" content=\"dark\">",
            Some(ColorScheme::Both) => "<meta name=\"color-scheme\" content=\"light dark\">",
        };
        format!("{scheme}<style>{style}</style><body{attributes}>{content}</body>")
    }

    /// How much memory it takes, about.
    pub fn octets(&self) -> usize {
        let pieces = self.style.iter().chain(&self.attributes).chain(&self.content);
        pieces.map(Piece::octets).fold(size_of::<Body>(), usize::saturating_add)
    }
}

//! HTML, made safe.

use crate::bounded::Bounded;
use crate::css::{self, Sheet};
use crate::{Body, ColorScheme, piece, policy};

/// Makes HTML safe. It may be a whole page or a piece of one.
pub fn of_html(html: &str) -> Body {
    let Bounded { content, body, sheets, scheme, is_cut, is_tangled } = Bounded::of(html);
    let content = if is_tangled { untangled(content) } else { policy::clean(&content) };
    let Sheet { rules, scheme: of_sheet, is_dark_too } = css::sheet(&sheets);
    let of_media = is_dark_too.then_some(ColorScheme::Both);
    Body {
        style: piece::of_style(&rules),
        attributes: attributes(&body),
        content: piece::of_html(&content),
        scheme: scheme.or(of_sheet).or(of_media),
        is_cut,
    }
}

/// A tree that browsers had to move things in is not always the same when it is written and read again. What is shown is what would
/// be read again.
fn untangled(content: String) -> String {
    let mut clean = policy::clean(&content);
    for _ in 0..ROUNDS_MAX {
        let again = policy::clean(&Bounded::of(&clean).content);
        if again == clean {
            break;
        }
        clean = again;
    }
    clean
}

/// Two are enough for all that anybody has found.
const ROUNDS_MAX: usize = 4;

/// The attributes of the body, held to the same lists as those of its elements.
fn attributes(body: &str) -> Vec<piece::Piece> {
    if body.is_empty() {
        return Vec::new();
    }
    let clean = policy::clean(&format!("<div{body}></div>"));
    let inside = clean.strip_prefix("<div").and_then(|rest| rest.strip_suffix("></div>"));
    let pieces = piece::of_html(&format!("<div{}>", inside.unwrap_or_default()));
    inner(pieces)
}

/// Without the `<div` and `>` around them.
fn inner(mut pieces: Vec<piece::Piece>) -> Vec<piece::Piece> {
    if let Some(piece::Piece::Text(first)) = pieces.first_mut() {
        *first = first.strip_prefix("<div").unwrap_or_default().into();
    }
    if let Some(piece::Piece::Text(last)) = pieces.last_mut() {
        *last = last.strip_suffix('>').unwrap_or_default().into();
    }
    pieces.retain(|piece| !matches!(piece, piece::Piece::Text(text) if text.is_empty()));
    pieces
}

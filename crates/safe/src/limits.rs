//! What a body may hold. More than that is left out, and said (`Body::is_cut`).

/// How many octets of HTML are read.
pub const HTML_OCTETS_MAX: usize = 8 << 20;
/// How many octets of plain text are read.
pub const PLAIN_OCTETS_MAX: usize = 2 << 20;
/// How many elements are kept. The text of further ones stays.
pub const ELEMENTS_MAX: usize = 50_000;
/// In how many levels elements lie. The text of deeper ones stays.
pub const DEPTH_MAX: usize = 200;
/// How many elements that only format (`b`, `font`) are open at once: a browser repeats them all in each paragraph that follows.
pub const FORMATTING_MAX: usize = 24;
/// How many attributes of an element are looked at.
pub const ATTRIBUTES_MAX: usize = 64;
/// How many octets an attribute has, but for `style` and pictures in data: addresses.
pub const ATTRIBUTE_OCTETS_MAX: usize = 8 << 10;
/// How many octets a `style` attribute has.
pub const STYLE_OCTETS_MAX: usize = 32 << 10;
/// How many octets of all style sheets are read.
pub const SHEETS_OCTETS_MAX: usize = 512 << 10;
/// How many octets a picture in a data: address takes there.
pub const DATA_OCTETS_MAX: usize = 4 << 20;
/// How deep blocks and functions of styles lie.
pub const STYLE_DEPTH_MAX: usize = 8;
/// In how many levels plain text quotes are shown.
pub const QUOTES_MAX: usize = 16;
/// How many links plain text has.
pub const PLAIN_LINKS_MAX: usize = 5_000;
/// How many ampersands are left to the parser that look like the name of a character and are none with an end.
pub const DOUBTFUL_NAMES_MAX: usize = 2_000;

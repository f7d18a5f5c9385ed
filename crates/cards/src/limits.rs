//! The limits of cards, each with its unit.

/// How many octets a card has as JSON, without its photos.
pub const CARD_OCTETS_MAX: usize = 256 << 10;
/// How many octets one photo, logo or sound of a card has.
pub const PHOTO_OCTETS_MAX: usize = 1 << 20;
/// How many of them a card has.
pub const PHOTOS_MAX: usize = 8;
/// How many octets the uid of a card has.
pub const UID_OCTETS_MAX: usize = 255;

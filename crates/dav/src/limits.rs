//! The limits of what is asked, each with its unit.

/// How many octets the XML of a request has.
pub const XML_OCTETS_MAX: usize = 4 << 20;
/// How deep its elements stand.
pub const DEPTH_MAX: usize = 16;
/// How many elements it has: a program may ask for each of 20,000 cards by name.
pub const ELEMENTS_MAX: usize = 50_000;
/// How many attributes one of them has.
pub const ATTRIBUTES_MAX: usize = 16;
/// How many properties are asked for, or changed, at once.
pub const PROPERTIES_MAX: usize = 100;
/// How many conditions a filter has.
pub const CONDITIONS_MAX: usize = 64;

//! What one message can make us hold or do. Past a limit reading goes on with less detail; it never fails.

/// Octets of one part's header that are kept for reading its fields. All that stands in them is shown, whatever field
/// it is in; offsets stay right beyond it.
pub const HEADER_OCTETS_MAX: usize = 1024 * 1024;

/// Octets of all headers of a message together that are kept.
pub const HEADERS_OCTETS_MAX: usize = 2 * 1024 * 1024;

/// Octets of lines before the first field that are no fields and still do not make the header a text.
pub const STRAY_OCTETS_MAX: usize = 1024;

/// Parts of a message. What comes after belongs to the last one, which is then not looked into.
pub const PARTS_MAX: usize = 10_000;

/// Multiparts and messages inside one another. What is deeper is one opaque part.
pub const DEPTH_MAX: usize = 100;

/// Octets of a line that can be a delimiter between parts; RFC 2046, 5.1.1 allows 70 for the boundary itself.
pub const DELIMITER_OCTETS_MAX: usize = 1024;

/// Parameters kept of one structured field, and continuations joined to one value (RFC 2231, 3).
pub const PARAMETERS_MAX: usize = 1000;

/// Octets of a comment behind the value of a parameter.
pub const COMMENT_OCTETS_MAX: usize = 256;

/// Language tags kept of one Content-Language field.
pub const LANGUAGES_MAX: usize = 100;

/// Message ids kept of one References field: the first and the latest.
pub const REFERENCES_MAX: usize = 256;

/// Octets of one message id that is used for threads; RFC 5322, 2.1.1 allows lines of 998.
pub const MESSAGE_ID_OCTETS_MAX: usize = 998;

/// Octets of the first text of a message that a scanner keeps for its preview.
pub const PREVIEW_SAMPLE_OCTETS_MAX: usize = 32 * 1024;

/// Characters of a preview (RFC 8970, 3).
pub const PREVIEW_CHARACTERS_MAX: usize = 200;

/// Octets of the text of one message that is searched.
pub const SEARCHABLE_OCTETS_MAX: usize = 4 * 1024 * 1024;

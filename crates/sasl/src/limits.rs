//! What a peer can make us hold while it logs in.

/// The most octets of one line of an exchange, in base64, without its line end (RFC 4954, 4.3).
pub const RESPONSE_OCTETS_MAX: usize = 12_288;
/// The most octets of a login name.
pub const LOGIN_OCTETS_MAX: usize = 1_024;
/// The most octets of a password.
pub const PASSWORD_OCTETS_MAX: usize = 1_024;
/// The most octets of an access token. In base64, with its frame, it still fits into a response.
pub const TOKEN_OCTETS_MAX: usize = 8_192;
/// The most octets of a nonce that the other end chose.
pub const NONCE_OCTETS_MAX: usize = 512;
/// The fewest rounds that our client accepts: below, a listener could guess the password (RFC 7677, 4).
pub const ROUNDS_MIN: u32 = 4_096;
/// The most rounds that our client computes: a hostile server must not keep it busy.
pub const ROUNDS_MAX: u32 = 10_000_000;
/// The rounds of the keys that we store. No more: Cyrus SASL, and so mbsync and many others, refuses to compute beyond
/// 65,536, and then the login fails though the password is right.
pub const ROUNDS_STORED: u32 = 65_536;

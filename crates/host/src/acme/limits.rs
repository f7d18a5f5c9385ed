//! What an authority can make the host hold, and how long it can keep it waiting.

use std::time::Duration;

/// The longest answer; a chain of ten certificates has less.
pub(super) const ANSWER_OCTETS_MAX: usize = 256 << 10;
/// The most octets and fields of its head.
pub(super) const HEAD_OCTETS_MAX: usize = 32 << 10;
pub(super) const HEAD_FIELDS_MAX: usize = 100;
/// The most addresses of an authority that are tried.
pub(super) const ADDRESSES_MAX: usize = 4;
/// How long one address has to take a connection.
pub(super) const CONNECT_LONGEST: Duration = Duration::from_secs(10);
/// How long an answer may take, from the first octet of the question to the last of the answer.
pub(super) const ANSWER_LONGEST: Duration = Duration::from_secs(45);
/// How long an authority may look at the challenges, and how long it may take over a certificate.
pub(super) const SETTLING_LONGEST: Duration = Duration::from_secs(5 * 60);
/// How long an order may take in all.
pub(super) const ORDER_LONGEST: Duration = Duration::from_secs(30 * 60);
/// How often it is asked how far the authority is: at first, and at most so seldom.
pub(super) const ASK_AGAIN_FIRST: Duration = Duration::from_secs(1);
pub(super) const ASK_AGAIN_LAST: Duration = Duration::from_secs(30);
/// The longest token of a challenge; those that are known have 43 characters.
pub(super) const TOKEN_OCTETS_MAX: usize = 256;
/// For how long an authority may ask to be left alone: who says more is not believed.
pub(super) const LEFT_ALONE_LONGEST_S: i64 = 7 * 24 * 3600;
/// The longest text of an authority that is passed on to people.
pub(super) const TEXT_CHARACTERS_MAX: usize = 500;

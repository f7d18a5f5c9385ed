//! How long mail waits, how often it is tried, and how much is done at once.

/// How long mail is tried, in seconds: 5 days (RFC 5321, 4.5.4.1).
pub const LIFE_S: i64 = 5 * 24 * 3_600;
/// After how long the sender is told that mail is late, in seconds: 4 hours.
pub const WARNING_AFTER_S: i64 = 4 * 3_600;
/// The pauses between tries, in seconds; the last one repeats.
pub const PAUSES_S: [i64; 8] = [300, 600, 1_200, 1_800, 3_600, 3_600, 7_200, 14_400];
/// How long a try may take, in seconds; then the message is anybody's again.
pub const LEASE_S: i64 = 3_600;
/// The most recipients in one try (RFC 5321, 4.5.3.1.8: each host takes so many).
pub const RECIPIENTS_AT_ONCE: usize = 100;
/// The most messages that are being tried at the same time.
pub const TRIES_AT_ONCE: usize = 20;
/// How long the worker sleeps at most before it looks again, in seconds.
pub const LOOK_AGAIN_S: u64 = 30;
/// The most octets of a message that come back in a notification.
pub const RETURNED_OCTETS_MAX: u64 = 50_000;
/// The most characters kept of what another host said.
pub const SAID_CHARACTERS_MAX: usize = 500;
/// How many octets of a body are read at once.
pub const PIECE_OCTETS: u64 = 262_144;
/// How many octets of a damaged text are read at once, to find what of its header is whole.
pub const SALVAGED_PIECE_OCTETS: u64 = 1_024;
/// The most addresses that the text of a notification names; the part for programs has them all.
pub const NAMED_RECIPIENTS_MAX: usize = 50;
/// The most characters of the subject of a vacation response.
pub const ABSENCE_SUBJECT_CHARACTERS_MAX: usize = 255;

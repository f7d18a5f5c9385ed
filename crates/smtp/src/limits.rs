//! What a peer can make us hold, and how long it can make us wait.

/// The most octets of a command line, with its line end (RFC 5321, 4.5.3.1.4, asks for 512; parameters want more).
pub const COMMAND_OCTETS_MAX: usize = 4_096;
/// The most octets of AUTH itself: the verb, the longest name and a whole response, as with a long access token.
pub const AUTH_COMMAND_OCTETS_MAX: usize = sasl::limits::RESPONSE_OCTETS_MAX + 64;
/// The most octets of a line within AUTH (RFC 4954, 4.3), with its line end.
pub const AUTH_LINE_OCTETS_MAX: usize = sasl::limits::RESPONSE_OCTETS_MAX + 2;
/// The most octets of a line of text. (RFC 5321, 4.5.3.1.6, allows 1,000; mail with longer ones is common.)
pub const TEXT_LINE_OCTETS_MAX: usize = 1_048_576;
/// The most octets of the local part of an address (RFC 5321, 4.5.3.1.1).
pub const LOCAL_PART_OCTETS_MAX: usize = 64;
/// The most octets of a domain (RFC 5321, 4.5.3.1.2).
pub const DOMAIN_OCTETS_MAX: usize = 255;
/// The most octets of a path, with its angle brackets (RFC 5321, 4.5.3.1.3).
pub const PATH_OCTETS_MAX: usize = 256;
/// How much of a greeting that is no name is noted in the trace, in characters.
pub const ODD_NAME_CHARACTERS_MAX: usize = 64;
/// The most octets of ENVID, decoded (RFC 3461, 4.4).
pub const ENVELOPE_ID_OCTETS_MAX: usize = 100;
/// The most octets of ORCPT, encoded (RFC 3461, 4.2).
pub const ORIGINAL_RECIPIENT_OCTETS_MAX: usize = 500;
/// The most recipients of a message (RFC 5321, 4.5.3.1.8, asks for at least 100).
pub const RECIPIENTS_MAX: usize = 1_000;
/// The most recipients of a message from somebody who is not logged in: as many as RFC 5321, 4.5.3.1.8, asks for. What
/// is beyond comes in another transaction (4.5.3.1.10).
pub const STRANGER_RECIPIENTS_MAX: usize = 100;
/// What these may take in memory, in octets: an alias can lead to many.
pub const STRANGER_RECIPIENTS_OCTETS_MAX: usize = 32_768;
/// The most commands that lead nowhere before we hang up.
pub const JUNK_COMMANDS_MAX: u32 = 50;
/// The most failed logins in a connection.
pub const LOGIN_FAILURES_MAX: u32 = 3;
/// From this many unknown recipients on, each answer waits: guessing addresses gets slow.
pub const UNKNOWN_RECIPIENTS_FREE: u32 = 10;
/// The longest wait before such an answer, in milliseconds.
pub const UNKNOWN_RECIPIENT_DELAY_MS_MAX: u64 = 5_000;
/// The most Received fields: more is a loop (RFC 5321, 6.3).
pub const HOPS_MAX: u32 = 50;
/// The most octets of a message that is thrown away because it is too large or refused; then we hang up.
pub const THROWN_AWAY_OCTETS_MAX: u64 = 268_435_456;
/// The most octets of a header that is held to look at its From field, on submission.
pub const HEADER_OCTETS_MAX: usize = 1_048_576;
/// How long a client may take for a command, in seconds (RFC 5321, 4.5.3.2.7).
pub const COMMAND_TIMEOUT_S: u64 = 300;
/// How long a client of submission may take to log in, in seconds.
pub const LOGIN_TIMEOUT_S: u64 = 60;
/// How long a message that is being taken may go on once the host ends, in seconds.
pub const STOPPING_TEXT_S: u64 = 2;
/// How long the octets of a message may pause, in seconds.
pub const TEXT_PAUSE_S_MAX: u64 = 180;
/// How long a message may take whatever its size, in seconds.
pub const TEXT_TIMEOUT_S: u64 = 600;
/// The slowest rate allowed beyond that, in octets a second.
pub const TEXT_RATE_OCTETS_MIN: u64 = 1_024;
/// How long a peer may take to read our answers, in seconds.
pub const WRITE_TIMEOUT_S: u64 = 120;
/// Answers are written out when this many octets wait.
pub const REPLIES_OCTETS_MAX: usize = 8_192;
/// The most octets of a command that our client sends, with its line end (RFC 5321, 4.5.3.1.4).
pub const CLIENT_COMMAND_OCTETS_MAX: usize = 512;
/// How many octets are read at once.
pub const READ_OCTETS: usize = 16_384;
/// The most octets of a reply that our client reads, all its lines together.
pub const REPLY_OCTETS_MAX: usize = 65_536;
/// The most octets of one BDAT chunk that our client sends.
pub const CHUNK_OCTETS: usize = 524_288;
/// How long our client waits for a reply, in seconds (RFC 5321, 4.5.3.2).
pub const REPLY_TIMEOUT_S: u64 = 300;
/// How long our client waits for the reply to a whole message, in seconds (RFC 5321, 4.5.3.2.6).
pub const TEXT_END_TIMEOUT_S: u64 = 600;
/// How many recipients our client names before it reads the answers, so that neither end waits for the other.
pub const RECIPIENTS_AT_ONCE: usize = 50;
/// The most capabilities of another host that are kept.
pub const CAPABILITIES_MAX: usize = 100;

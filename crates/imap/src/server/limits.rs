//! What a session holds at most, each with its unit. What a command may be is in `crate::limits`.

/// How many octets are read at once.
pub const READ_OCTETS_MAX: usize = 16 << 10;
/// Output is sent when this much has gathered.
pub const UNSENT_OCTETS_MAX: usize = 64 << 10;
/// An output buffer up to this capacity is used again within a command.
pub const UNSENT_OCTETS_KEPT: usize = 192 << 10;
/// How many octets are inflated at once.
pub const INFLATED_OCTETS_MAX: usize = 32 << 10;
/// How many octets of a body are read at once.
pub const BODY_SLICE_OCTETS_MAX: u64 = 128 << 10;
/// How many messages of a FETCH are marked `\Seen` in one commit, and are told of before others get a turn.
pub const CHUNK_MESSAGES_MAX: usize = 256;
/// The records of how many messages a FETCH reads at once, and holds while the client reads its answers.
pub const EMAILS_AHEAD_MAX: usize = 32;
/// How many octets are decoded at once for BINARY of one part.
pub const DECODED_OCTETS_MAX: u64 = 64 << 20;
/// How many octets' worth of looking a search does before it looks at the clock.
pub const SEARCH_STEP_OCTETS: u64 = 256 << 10;
/// In how many steps of a loop over messages or mailboxes it is looked once at the clock.
pub const STEPS_PER_BREATH: u32 = 64;
/// How many lines of the change log are read at once for a client that asked for news (RFC 5465).
pub const NOTIFY_LINES_MAX: usize = 500;
/// Commands on more messages than this, or listings of more mailboxes, begin in the slow lane.
pub const QUICK_ENTRIES_MAX: usize = 2_000;
/// How often filters within filters are put in their places (RFC 5466, 3.1: at least 3 times).
pub const FILTER_PASSES_MAX: u32 = 5;
/// How many octets of filters are put into one search.
pub const FILTERED_OCTETS_MAX: usize = 64 << 10;
/// How many messages one APPEND may bring (RFC 3502).
pub const APPEND_MESSAGES_MAX: usize = 1_000;
/// After this many wrong commands in a row the session ends.
pub const WRONG_COMMANDS_MAX: u32 = 50;
/// After this many failures to log in the session ends.
pub const LOGIN_FAILURES_MAX: u32 = 3;
/// How long a client may take to log in, in seconds.
pub const LOGIN_TIMEOUT_S: u64 = 60;
/// How long a client may say nothing, in seconds (RFC 9051, 5.4: at least 30 minutes).
pub const IDLE_TIMEOUT_S: u64 = 30 * 60;
/// How often a client is told that its command goes on, in seconds (RFC 9585, 4).
pub const PROGRESS_S: u64 = 10;
/// How long a client may not read what is sent to it, in seconds.
pub const WRITE_TIMEOUT_S: u64 = 5 * 60;
/// How long a search or a listing may compute, in seconds.
pub const COMPUTED_S_MAX: u64 = 60;
/// How many octets of a header are read to choose fields from.
pub const HEADER_READ_OCTETS_MAX: u64 = 4 << 20;
/// How many octets of the messages of one APPEND may wait in memory for the last of them.
pub const APPEND_HELD_OCTETS_MAX: u64 = 8 << 20;
/// After this many messages that cannot be read a FETCH is given up.
pub const FETCH_FAULTS_MAX: u32 = 16;

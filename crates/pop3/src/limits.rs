//! The limits of both ends, each with its unit.

/// The longest command, its line end included (RFC 2449, 4).
pub const COMMAND_OCTETS_MAX: usize = 255;
/// The longest line of a login exchange, its line end not included (RFC 5034, 4: these may be longer than commands).
pub const LOGIN_LINE_OCTETS_MAX: usize = 12_288;
/// How much of a line that is too long is read and thrown away, to answer it, before the connection is closed.
pub const SKIPPED_OCTETS_MAX: usize = 64 << 10;
/// How many octets are taken from the connection at once.
pub const READ_OCTETS: usize = 8_192;
/// How many octets of answers are gathered before they are sent.
pub const GATHERED_OCTETS: usize = 64 << 10;
/// How many octets of a message are read from the store at once.
pub const BODY_RANGE_OCTETS: u64 = 64 << 10;
/// The longest header field that is put into ASCII as one; a longer one is done in pieces (RFC 6857).
pub const FIELD_OCTETS_MAX: usize = 64 << 10;
/// How many entries of a listing are looked up at once.
pub const LISTING_ENTRIES: usize = 2_048;
/// How many messages of a listing are looked into at once, to know their size, before other sessions have their turn.
pub const LISTING_LOOKS: u64 = 64;
/// How many octets of headers are as much work as one look.
pub const LOOK_OCTETS: u64 = 16 << 10;
/// How many headers of a message and its parts are looked through to know the size of its surrogate.
pub const SURROGATE_HEADERS_MAX: usize = 200;
/// How many octets they may have together for that.
pub const SURROGATE_HEADER_OCTETS_MAX: u64 = 1 << 20;
/// How long a client may be silent, or not take our answers, once it has logged in (RFC 1939, 3: at least ten minutes).
pub const IDLE_TIMEOUT_S: u64 = 600;
/// How long a client may take in all to log in.
pub const LOGIN_TIMEOUT_S: u64 = 60;
/// How many failed logins end the connection.
pub const LOGIN_FAILURES_MAX: u32 = 3;
/// How many commands that could not be understood, or came at the wrong time, end the connection.
pub const JUNK_COMMANDS_MAX: u32 = 50;
/// The longest first line of a reply that we send, its line end included (RFC 1939, 3).
pub const REPLY_OCTETS_MAX: usize = 512;

/// The longest line of a reply or a listing that our client takes. Four times what is allowed: some servers are chatty.
pub const CLIENT_LINE_OCTETS_MAX: usize = 2_048;
/// How many octets our client takes from the connection at once.
pub const CLIENT_READ_OCTETS: usize = 16 << 10;
/// How many lines of LIST or UIDL our client takes.
pub const CLIENT_LISTING_LINES_MAX: usize = 1_000_000;
/// How many octets the lines of LIST or UIDL may have together.
pub const CLIENT_LISTING_OCTETS_MAX: usize = 64 << 20;
/// How many languages our client takes.
pub const CLIENT_LANGUAGES_MAX: usize = 500;
/// How many capabilities our client takes.
pub const CLIENT_CAPABILITIES_MAX: usize = 100;
/// The longest unique id that our client takes. RFC 1939, 7 allows 70 octets; some servers do not keep to it.
pub const CLIENT_UIDL_OCTETS_MAX: usize = 255;
/// How long our client waits for a server.
pub const CLIENT_TIMEOUT_S: u64 = 120;
/// How many RETR our client has under way at once where PIPELINING is offered.
pub const CLIENT_WINDOW: usize = 64;
/// How many DELE it has under way at once; their answers are short.
pub const CLIENT_DELETE_WINDOW: usize = 1_000;
/// How many octets the messages that it has under way may have together, as LIST told their sizes; one message always
/// fits. Enough to fill a line of 300 Mbit/s at 100 ms.
pub const CLIENT_WINDOW_OCTETS: u64 = 4 << 20;
/// How much of a header is looked at to tell a message from others.
pub const CLIENT_HEADER_OCTETS_MAX: usize = 256 << 10;
/// The largest message that a pull takes unless its policy says otherwise.
pub const PULLED_MESSAGE_OCTETS_MAX: u64 = 1 << 30;
/// How many messages a pull lets the keeper make durable at once.
pub const PULL_SETTLE_MESSAGES: u32 = 256;
/// How many octets a pull lets the keeper make durable at once.
pub const PULL_SETTLE_OCTETS: u64 = 16 << 20;
/// How many messages a pull works on at a time: asks the keeper about, looks at, takes.
pub const PULL_CHUNK: usize = 512;
/// How many refused messages a pull tells one by one; the rest is counted.
pub const PULL_REFUSALS_TOLD: usize = 100;

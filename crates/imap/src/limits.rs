//! What a peer can make us hold, each with its unit.

/// The longest command line before login: an ID with 30 values of 1,024 octets (RFC 2971, 3.3). AUTHENTICATE with a whole
/// response, such as a long access token, is shorter.
pub const LINE_OCTETS_BEFORE_LOGIN_MAX: usize = 36 << 10;
/// The longest command line after login, each stretch between two literals counted by itself.
pub const LINE_OCTETS_MAX: usize = 64 << 10;
/// The largest literal before login: a user name or a password.
pub const LITERAL_OCTETS_BEFORE_LOGIN_MAX: u64 = 8 << 10;
/// The largest literal after login, except the message of an APPEND, which is streamed.
pub const LITERAL_OCTETS_MAX: u64 = 64 << 10;
/// The largest command before login, literals included.
pub const COMMAND_OCTETS_BEFORE_LOGIN_MAX: usize = 64 << 10;
/// The largest command after login, literals included, messages of an APPEND left out.
pub const COMMAND_OCTETS_MAX: usize = 1 << 20;
/// The largest non-synchronising literal where LITERAL- is offered (RFC 7888, 5).
pub const LITERAL_MINUS_OCTETS_MAX: u64 = 4096;
/// A refused non-synchronising literal up to this size is read and dropped; a larger one ends the connection.
pub const LITERAL_SWALLOWED_OCTETS_MAX: u64 = 128 << 20;
/// The longest line of an AUTHENTICATE exchange (RFC 4422 leaves it to us; OAuth tokens are the longest seen).
pub const SASL_LINE_OCTETS_MAX: usize = 12_288;
/// The longest tag.
pub const TAG_OCTETS_MAX: usize = 255;
/// How deep parentheses, NOT and OR may lie in each other.
pub const NESTING_DEPTH_MAX: usize = 32;
/// How many ranges a sequence set may have.
pub const SEQUENCE_SET_RANGES_MAX: usize = 100_000;
/// How many keys one SEARCH may have.
pub const SEARCH_KEYS_MAX: usize = 20_000;
/// How many searches with UPDATE one session may have (RFC 5267, 4.3.1).
pub const CONTEXTS_MAX: usize = 8;
/// How many ranges of UIDs the results of a SEARCH with UPDATE may be.
pub const CONTEXT_RANGES_MAX: usize = 50_000;
/// How many results a SORT with UPDATE may have: each change sorts them.
pub const CONTEXT_SORTED_MAX: usize = 20_000;
/// How many tags one CANCELUPDATE may name.
pub const CANCELLED_TAGS_MAX: usize = 100;
/// How many comparators one COMPARATOR may name.
pub const COMPARATORS_MAX: usize = 100;
/// The longest name of a comparator (RFC 4790, 3.1).
pub const COMPARATOR_OCTETS_MAX: usize = 254;
/// How many criteria one SORT may have.
pub const SORT_KEYS_MAX: usize = 20;
/// How many items one FETCH may ask for.
pub const FETCH_ITEMS_MAX: usize = 1_000;
/// How many header fields one FETCH item may name.
pub const HEADER_FIELDS_MAX: usize = 1_000;
/// How many flags a command may name.
pub const FLAGS_MAX: usize = 256;
/// How many parts a message may be put together of (RFC 4469).
pub const CATENATED_PARTS_MAX: usize = 1_000;
/// The longest URL of a part of a message, in octets.
pub const URL_OCTETS_MAX: u64 = 8 << 10;
/// How many mailboxes one ESEARCH may name.
pub const SOURCE_NAMES_MAX: usize = 10_000;
/// How many groups of events one NOTIFY may have.
pub const NOTIFY_GROUPS_MAX: usize = 100;
/// How many events one group of a NOTIFY may have.
pub const NOTIFY_EVENTS_MAX: usize = 50;
/// How many patterns one LIST may have.
pub const LIST_PATTERNS_MAX: usize = 100;
/// How many pairs an ID may have (RFC 2971, 3.3).
pub const ID_PAIRS_MAX: usize = 30;
/// The longest value of an ID pair, in octets (RFC 2971, 3.3).
pub const ID_VALUE_OCTETS_MAX: usize = 1024;
/// How many capabilities a server may name.
pub const CAPABILITIES_MAX: usize = 1_000;
/// How many attributes, namespaces or the like one response may have.
pub const ATTRIBUTES_MAX: usize = 1_000;
/// How many annotations a command or response may name.
pub const ANNOTATIONS_MAX: usize = 300;
/// How many identifiers a received ACL may have.
pub const ACL_IDENTIFIERS_MAX: usize = 100_000;
/// How many numbers a received SEARCH may have.
pub const SEARCH_NUMBERS_MAX: usize = 50_000_000;
/// How many addresses one field of a received ENVELOPE may have.
pub const ENVELOPE_ADDRESSES_MAX: usize = 100_000;
/// How many parts a received BODYSTRUCTURE may have.
pub const STRUCTURE_PARTS_MAX: usize = 20_000;
/// How deep the parts of a received BODYSTRUCTURE may lie.
pub const STRUCTURE_DEPTH_MAX: usize = 200;
/// How many parameters or languages a part of a received BODYSTRUCTURE may have.
pub const STRUCTURE_ITEMS_MAX: usize = 10_000;
/// How many parts deep a section may point (`BODY[1.2.3]`).
pub const SECTION_DEPTH_MAX: usize = 100;

/// How long our client waits for a server, in seconds.
pub const CLIENT_TIMEOUT_S: u64 = 120;
/// Message sections up to this size are held by our client; larger ones are handed out in chunks.
pub const CLIENT_INLINE_OCTETS_MAX: u64 = 64 << 10;
/// The largest response our client holds, chunks left out. A SEARCH of two million messages fits.
pub const CLIENT_RESPONSE_OCTETS_MAX: usize = 16 << 20;
/// The most our client holds of all responses to one command.
pub const CLIENT_HELD_OCTETS_MAX: usize = 128 << 20;
/// How many responses that nobody asked for our client keeps; older ones are dropped.
pub const CLIENT_NEWS_MAX: usize = 10_000;
/// How much our client reads ahead while a server does not take what it sends.
pub const CLIENT_READ_AHEAD_OCTETS_MAX: usize = 1 << 20;

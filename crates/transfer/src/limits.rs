//! The limits of transfers, each with its unit.

/// The largest file of unique ids that an import reads, in octets: some millions of messages.
pub const UIDL_FILE_OCTETS_MAX: u64 = 256 << 20;
/// So many unique ids that were not taken are named for each mailbox.
pub const UIDLS_REFUSED_NAMED_MAX: usize = 5;
/// So many messages that were refused are named for each mailbox.
pub const REFUSED_NAMED_MAX: usize = 20;
/// A line of a file is handled in pieces of at most so many octets.
pub const LINE_PIECE_OCTETS_MAX: usize = 64 << 10;
/// The longest header that is looked at, in octets; what follows counts as body.
pub const HEADER_OCTETS_MAX: usize = 1 << 20;
/// So far an import looks ahead in a file, in octets, to see whether a Content-Length leads to the next message. It is the
/// most that is held of a file; a longer text ends where the line of the next message is seen.
pub const LOOK_AHEAD_OCTETS_MAX: usize = 32 << 20;
/// So many of the things that an import passed over, or took in doubt, are named.
pub const NOTES_MAX: usize = 200;
/// A packed file may become so many times larger than it is, once it has become larger than [`UNPACKED_OCTETS_FREE`]. Mail
/// becomes some ten times larger; what becomes a thousand times larger was made to fill disks.
pub const UNPACKED_FACTOR_MAX: u64 = 200;
/// So many octets of a packed file are read whatever it was packed with.
pub const UNPACKED_OCTETS_FREE: u64 = 16 << 20;
/// So many files of an archive are read.
pub const ARCHIVE_MEMBERS_MAX: u64 = 2_000_000;
/// The longest directory of an archive, in octets.
pub const ARCHIVE_DIRECTORY_OCTETS_MAX: u64 = 512 << 20;
/// The most memory, in octets, that a packed file may ask for to be unpacked (its window or dictionary).
pub const UNPACKING_OCTETS_MAX: u64 = 128 << 20;

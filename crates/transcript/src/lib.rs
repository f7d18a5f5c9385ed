//! Plays transcripts: `C:` lines go to a server and its answers must be the `S:` lines, over a pipe in memory. It knows
//! no protocol. A door gives a [`World`] (its service, its people, its mail) and files; each file is played whole, in
//! pieces, and cut behind every octet that the client sends, each time in a world of its own.
//!
//! # The format
//! A file is read line by line:
//!
//! | line | what it does |
//! |---|---|
//! | `# words` | says what the transcript shows; it and an empty line also end a block of `C:` lines |
//! | `C: text` | the client sends the text and CRLF; lines in a row are sent as one block |
//! | `C: text\-` | without CRLF |
//! | `C* N text` | sends the text N times, without CRLF |
//! | `S: text` | the next line must be this; `...` in it stands for anything |
//! | `S: ...` | lines are passed over until one is as the next `S:` line says |
//! | `C2:`, `S2:`, `@2` | the same on a second connection, and so on up to 9 |
//! | `@ act` | something happens besides (below, and the door's own) |
//!
//! In texts `\r`, `\n`, `\\` and `\xNN` are octets; any other backslash is one (`\Seen`). A connection begins when it is
//! first named. At the end of the file nothing more may have come on any connection.
//!
//! Acts of every door:
//!
//! | act | what it does |
//! |---|---|
//! | `@ wait SECONDS` | lets time pass; it stands still but for this, and while all wait for something |
//! | `@ closed` | the server must close, and must have said nothing more (but after `S: ...`) |
//! | `@ hang up` | the client cuts the connection |
//! | `@ tls handshake` | the server must want TLS now, and gets a connection that counts as TLS |
//! | `@ send N text` | sends the text N times at once, however the rest is cut |
//! | `@ whole only` | a cut makes a difference here: the file is played whole and not otherwise |
//!
//! A file for a client is the other way round (see [`Script`]): `S:` lines go to it and the `C:` lines must come.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "test equipment; what goes wrong breaks off with a message"
)]

mod connection;
mod files;
mod player;
mod script;
mod text;

pub use connection::{Connection, Served};
pub use files::{Transcript, cut_behind_each_octet, in_pieces, read_all, whole};
pub use player::{Cut, Start, World, play};
pub use script::Script;
pub use text::{fits, large_message, octets};

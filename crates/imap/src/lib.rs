//! IMAP, both ends.

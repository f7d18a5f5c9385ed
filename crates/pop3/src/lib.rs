//! POP3, both ends.

//! SMTP and LMTP, both ends.

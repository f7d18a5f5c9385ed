//! LOGIN: name and password in two messages, for old mail programs (draft-murchison-sasl-login).

/// Asks for the name. Outlook Express compares the text.
pub(crate) const NAME: &[u8] = b"Username:";
/// Asks for the password.
pub(crate) const PASSWORD: &[u8] = b"Password:";

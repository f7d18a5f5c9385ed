//! PLAIN: name and password in one message (RFC 4616).

use crate::{Secret, Syntax};

/// What a client said. Borrowed from its message.
pub(crate) struct Plain<'a> {
    /// Whom it wants to act as; empty: itself.
    pub(crate) acting_as: &'a str,
    pub(crate) login: &'a str,
    pub(crate) password: &'a str,
}

/// Parses `[authzid] NUL authcid NUL passwd` (RFC 4616, 2).
pub(crate) fn parse(message: &[u8]) -> Result<Plain<'_>, Syntax> {
    let text = str::from_utf8(message).map_err(|_| Syntax("UTF-8"))?;
    let mut parts = text.split('\0');
    let (Some(acting_as), Some(login), Some(password), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Syntax("three parts with a NUL between them"));
    };
    if login.is_empty() || password.is_empty() {
        return Err(Syntax("a name and a password"));
    }
    Ok(Plain { acting_as, login, password })
}

/// Prints the client's message.
pub(crate) fn print(login: &str, password: &Secret) -> Vec<u8> {
    [b"\0", login.as_bytes(), b"\0", password.expose()].concat()
}

#[cfg(test)]
mod tests {
    use super::{parse, print};
    use crate::Secret;

    #[test]
    fn the_example_of_rfc_4616_is_read() {
        let plain = parse(b"Ursel\0Kurt\0xipj3plmq").unwrap();
        assert_eq!((plain.acting_as, plain.login, plain.password), ("Ursel", "Kurt", "xipj3plmq"));
    }

    #[test]
    fn what_is_printed_is_read_back() {
        let message = print("tim", &Secret::new("tanstaaftanstaaf"));
        assert_eq!(message, b"\0tim\0tanstaaftanstaaf");
        assert_eq!(parse(&message).unwrap().password, "tanstaaftanstaaf");
    }

    #[test]
    fn anything_but_three_parts_is_refused() {
        for bad in [&b""[..], b"tim", b"\0tim", b"\0tim\0", b"\0\0pw", b"\0a\0b\0c", b"\0a\0\xff"] {
            assert!(parse(bad).is_err(), "{bad:?}");
        }
    }
}

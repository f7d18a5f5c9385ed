//! The query of an address: names and values, decoded.

use percent_encoding::percent_decode_str;

/// The value of a name; the first, where there are several.
pub(crate) fn value(query: Option<&str>, name: &str) -> Option<String> {
    query?.split('&').find_map(|pair| {
        let (found, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(found) == name).then(|| decoded(value))
    })
}

fn decoded(text: &str) -> String {
    // A plus is one: types have it (`image/svg+xml`), and programs that encode by RFC 6570 write spaces as %20.
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn values_are_found_and_decoded() {
        let query = Some("a=1&ty%70es=Email%2CMailbox&c=x+y%20%2B&d&a=2");
        for (name, want) in [
            ("a", Some("1")),
            ("types", Some("Email,Mailbox")),
            ("c", Some("x+y +")),
            ("d", Some("")),
            ("e", None),
        ] {
            assert_eq!(value(query, name).as_deref(), want, "{name}");
        }
        assert_eq!(value(None, "a"), None);
    }
}

//! Where a page leads once somebody is logged in: a path of this host, and never another host, whatever the address says.

use crate::limits::NEXT_OCTETS_MAX;

/// A path of this host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Next(String);

impl Next {
    /// Reads one. Browsers take a backslash for a slash, and leave out line ends and tabs (WHATWG URL, 4.4), so neither may be there.
    pub(crate) fn read(text: &str) -> Option<Next> {
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let is_plain = |octet: u8| octet.is_ascii_graphic() && octet != b'\\';
        let fits = text.len() <= NEXT_OCTETS_MAX && text.bytes().all(is_plain);
        (is_path && fits).then(|| Next(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// As a part of a query.
    pub(crate) fn encoded(&self) -> String {
        let mut out = String::with_capacity(self.0.len());
        for octet in self.0.bytes() {
            if octet.is_ascii_alphanumeric() || b"/-._~".contains(&octet) {
                out.push(char::from(octet));
            } else {
                out.push_str(&format!("%{octet:02X}"));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::Next;
    use crate::limits::NEXT_OCTETS_MAX;

    #[test]
    fn only_paths_of_this_host_are_taken() {
        for path in
            ["/", "/m/", "/oauth/authorize?client_id=a&scope=b%20c", "/a//b", "/./x", "/%2f/x"]
        {
            assert_eq!(Next::read(path).unwrap().as_str(), path);
        }
        let long = format!("/{}", "a".repeat(NEXT_OCTETS_MAX));
        for bad in [
            "",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "m/",
            "/a\r\nSet-Cookie: a=b",
            "/\t/evil.example",
            " /m",
            "/a b",
            "/\u{e9}",
            "/a\0",
            &long,
        ] {
            assert_eq!(Next::read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_path_in_a_query_is_one_value() {
        assert_eq!(Next::read("/a?b=c&d=%20#+").unwrap().encoded(), "/a%3Fb%3Dc%26d%3D%2520%23%2B");
    }
}

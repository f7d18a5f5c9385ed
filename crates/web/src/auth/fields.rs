//! The fields of a form as browsers send it (`application/x-www-form-urlencoded`). There may be a password among them, so they are
//! wiped when they go.

use sasl::Secret;

use crate::limits::FORM_FIELDS_MAX;

/// Names and values, decoded.
pub(crate) struct Fields(Vec<(String, Secret)>);

impl Fields {
    /// Reads them. What is no UTF-8 stays as it is, and is no text.
    pub(crate) fn read(octets: &[u8]) -> Option<Fields> {
        let mut fields = Vec::new();
        for pair in octets.split(|octet| *octet == b'&').filter(|pair| !pair.is_empty()) {
            if fields.len() >= FORM_FIELDS_MAX {
                return None;
            }
            let equals = pair.iter().position(|octet| *octet == b'=').unwrap_or(pair.len());
            let (name, value) = pair.split_at(equals);
            let name = String::from_utf8(decoded(name)).ok()?;
            fields.push((name, Secret::new(decoded(value.strip_prefix(b"=").unwrap_or_default()))));
        }
        Some(Fields(fields))
    }

    /// The value of a name; the first, where there are several.
    pub(crate) fn secret(&self, name: &str) -> Option<&Secret> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value)
    }

    /// All values of a name that are text, in order.
    pub(crate) fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let values = self.0.iter().filter(move |(found, _)| found == name);
        values.filter_map(|(_, value)| str::from_utf8(value.expose()).ok())
    }

    /// The value of a name, as text; empty where there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        let value = self.secret(name).map(Secret::expose).unwrap_or_default();
        str::from_utf8(value).unwrap_or_default()
    }
}

fn decoded(octets: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(octets.len());
    let mut rest = octets;
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => out.push(b' '),
            b'%' => match after.split_first_chunk::<2>().and_then(|(two, rest)| {
                let digit = |octet: u8| char::from(octet).to_digit(16);
                let [high, low] = *two;
                let octet = digit(high)?.wrapping_shl(4) | digit(low)?;
                Some((u8::try_from(octet).ok()?, rest))
            }) {
                Some((octet, after)) => {
                    out.push(octet);
                    rest = after;
                }
                None => out.push(b'%'),
            },
            octet => out.push(*octet),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::Fields;
    use crate::limits::FORM_FIELDS_MAX;

    #[test]
    fn fields_are_decoded_and_the_first_of_a_name_counts() {
        let fields = Fields::read(b"a=1&b=x+y%20%2b%C3%A9&c&&d=%zz%4&a=2&=e&f=%ff").unwrap();
        for (name, want) in [
            ("a", "1"),
            ("b", "x y +\u{e9}"),
            ("c", ""),
            ("d", "%zz%4"),
            ("", "e"),
            ("f", ""),
            ("g", ""),
        ] {
            assert_eq!(fields.text(name), want, "{name}");
        }
        assert_eq!(fields.secret("f").unwrap().expose(), b"\xff");
        assert!(fields.secret("g").is_none());
        assert_eq!(fields.texts("a").collect::<Vec<_>>(), ["1", "2"]);
        assert_eq!(fields.texts("f").count(), 0);
    }

    #[test]
    fn there_are_not_too_many() {
        assert!(Fields::read("a=1&".repeat(FORM_FIELDS_MAX).as_bytes()).is_some());
        assert!(Fields::read("a=1&".repeat(FORM_FIELDS_MAX + 1).as_bytes()).is_none());
        assert!(Fields::read(b"%ff=1").is_none());
    }
}

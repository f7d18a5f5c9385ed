//! Courier's `courierpop3dsizelist`, which keeps the number that makes the id of each file of a Maildir. Four versions:
//! 0 has no header and no numbers; 1 to 3 begin with `/1 NEXT`, `/2 NEXT UIDVALIDITY` or `/3 NEXT UIDVALIDITY`.

use std::collections::HashMap;
use std::fmt::Write as _;

use super::{BadLine, lasting, number, whole_lines};

/// The ids, by what lasts of the file names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct SizeList(HashMap<String, String>);

impl SizeList {
    /// Reads a list.
    pub(crate) fn parse(octets: &[u8]) -> Result<SizeList, BadLine> {
        let mut ids = HashMap::new();
        let mut has_numbers = false;
        for (at, line) in whole_lines(octets) {
            if let Some(header) = line.strip_prefix(b"/")
                && at == 1
            {
                has_numbers = true;
                known_version(header)
                    .ok_or_else(|| BadLine::new(at, "expected a list of version 1, 2 or 3"))?;
                continue;
            }
            let (name, id) = entry(line, has_numbers)
                .ok_or_else(|| BadLine::new(at, "expected the name of a file and numbers"))?;
            ids.insert(name, id);
        }
        Ok(SizeList(ids))
    }

    /// The id of a file. None: the host has not seen the file yet, and given no id.
    pub(crate) fn uidl(&self, file_name: &str) -> Option<String> {
        self.0.get(lasting(file_name)).cloned()
    }
}

fn known_version(header: &[u8]) -> Option<()> {
    let mut words = header.split(|octet| *octet == b' ');
    let numbers = match words.next()? {
        b"1" => 1,
        b"2" | b"3" => 2,
        _ => return None,
    };
    for _ in 0..numbers {
        number(words.next()?)?;
    }
    words.next().is_none().then_some(())
}

/// `NAME SIZE`, `NAME SIZE NUMBER`, `NAME SIZE NUMBER:UIDVALIDITY` or `NAME SIZE NUMBER:UIDVALIDITY:UTF8`.
fn entry(line: &[u8], has_numbers: bool) -> Option<(String, String)> {
    let (rest, numbers) = match has_numbers {
        true => last_word(line).map(|(rest, word)| (rest, Some(word)))?,
        false => (line, None),
    };
    let (name, size) = last_word(rest)?;
    if name.is_empty() || size.is_empty() || !size.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let text = String::from_utf8_lossy(name);
    let key = lasting(&text).to_owned();
    let mut parts = numbers.unwrap_or(b"0").split(|octet| *octet == b':');
    let ordinal = number(parts.next()?)?;
    let validity = parts.next().map_or(Some(0), number)?;
    if parts.next().is_some_and(|utf8| number(utf8).is_none()) || parts.next().is_some() {
        return None;
    }
    let id = match (ordinal, validity) {
        // A file from a time when the name was the id. Its octets count, whether they are UTF-8 or not.
        (0, _) => name_as_id(name.split(|octet| *octet == b':').next()?),
        (ordinal, 0) => format!("UID{ordinal}"),
        (ordinal, validity) => format!("UID{ordinal}-{validity}"),
    };
    Some((key, id))
}

fn last_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = line.iter().rposition(|octet| *octet == b' ')?;
    let (rest, word) = line.split_at_checked(at)?;
    Some((rest, word.strip_prefix(b" ")?))
}

/// A name in which what an id cannot have, or quotes in a shell, is written in hexadecimal.
fn name_as_id(name: &[u8]) -> String {
    let mut id = String::new();
    for octet in name {
        match octet {
            b'\'' | b'"' | b'+' | ..=0x20 | 0x7f.. => {
                // Writing to a string cannot fail.
                let _ = write!(id, "+{octet:02X}");
            }
            _ => id.push(char::from(*octet)),
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::SizeList;

    // Each id is Courier 1.0.16's own answer to UIDL.
    #[test]
    fn ids_are_what_courier_answers() {
        let list = SizeList::parse(
            "/2 7 1234567\n\
             165539031.M11P7.host,S=60:2,S 42 1:0\n\
             165539032.M12P7.host,S=60:2,S 42 2:1234567\n\
             165539033.M1'3\"P+\u{fc}7.host,S=60:2,S 42 0:0\n"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(list.uidl("165539031.M11P7.host,S=60:2,RS").unwrap(), "UID1");
        assert_eq!(list.uidl("165539032.M12P7.host,S=60").unwrap(), "UID2-1234567");
        assert_eq!(
            list.uidl("165539033.M1'3\"P+\u{fc}7.host,S=60:2,").unwrap(),
            "165539033.M1+273+22P+2B+C3+BC7.host,S=60"
        );
        assert_eq!(list.uidl("1655390399.M9P7.host"), None);
    }

    #[test]
    fn each_version_is_read() {
        let id = |text: &[u8]| SizeList::parse(text).unwrap().uidl("1.a").unwrap();
        assert_eq!(id(b"1.a:2,S 42\n"), "1.a");
        assert_eq!(id(b"/1 9\n1.a:2,S 42 8\n"), "UID8");
        assert_eq!(id(b"/2 9 77\n1.a:2,S 42 8:77\n"), "UID8-77");
        assert_eq!(id(b"/3 9 77\n1.a:2,S 42 8:77:1\n"), "UID8-77");
        assert_eq!(SizeList::parse(b"").unwrap(), SizeList::default());
    }

    #[test]
    fn a_wrong_line_is_named() {
        let line = |text: &[u8]| SizeList::parse(text).unwrap_err().number;
        assert_eq!(line(b"/4 9 77\n"), 1);
        assert_eq!(line(b"/3 9\n"), 1);
        assert_eq!(line(b"/3 9 77\n1.a 42 8:77:0\n1.b x 8:77\n"), 3);
        assert_eq!(line(b"/3 9 77\n1.a\n"), 2);
        assert_eq!(line(b"/3 9 77\n1.a 42 -8:77\n"), 2);
        assert_eq!(line(b"/3 9 77\n1.a 42 8:77:0:0\n"), 2);
    }

    proptest! {
        #[test]
        fn any_octets_are_a_list_or_a_wrong_line(octets in prop::collection::vec(any::<u8>(), 0..400)) {
            let lines = octets.split(|octet| *octet == b'\n').count() as u64;
            if let Err(bad) = SizeList::parse(&octets) {
                prop_assert!((1..=lines).contains(&bad.number));
            }
        }

        #[test]
        fn ids_of_names_can_go_over_pop3(name in "[^\n:;/]{1,20}") {
            let list = SizeList::parse(format!("{name} 1\n").as_bytes()).unwrap();
            let id = list.uidl(&name).unwrap();
            prop_assert!(id.bytes().all(|octet| (0x21..=0x7e).contains(&octet)));
        }
    }
}

//! A plain list of ids: `1 id` for each message by its number, as POP3 prints it (RFC 1939, 7), or `name id` for each
//! file. The list that an export writes is of the second kind.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{BadLine, lasting};

/// A list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum List {
    /// By message number, from 1.
    Numbers(BTreeMap<u64, String>),
    /// By what lasts of the file name.
    Names(HashMap<String, String>),
}

impl List {
    /// Reads a list. Empty lines, lines that begin with `#`, the answer's first line (`+OK`) and its end (`.`) say
    /// nothing.
    pub(crate) fn parse(octets: &[u8]) -> Result<List, BadLine> {
        let mut keys: HashSet<&[u8]> = HashSet::new();
        let mut pairs: Vec<(&[u8], String)> = Vec::new();
        let mut numbers = true;
        for (at, line) in (1..).zip(octets.split(|octet| *octet == b'\n')) {
            let line = line.trim_ascii();
            if line.is_empty() || line == b"." || line.starts_with(b"#") || is_status(line) {
                continue;
            }
            let blank = line.iter().rposition(u8::is_ascii_whitespace);
            let split = blank.and_then(|blank| line.split_at_checked(blank));
            let Some((key, id)) = split.map(|(key, id)| (key.trim_ascii(), id.trim_ascii())) else {
                let what = "expected a number or the name of a file, a space and a unique id";
                return Err(BadLine::new(at, what));
            };
            if !keys.insert(key) {
                let key = String::from_utf8_lossy(key).into_owned();
                return Err(BadLine::new(at, format!("{key} was there already")));
            }
            numbers &= message_number(key).is_some();
            pairs.push((key, String::from_utf8_lossy(id).into_owned()));
        }
        if numbers {
            let pairs = pairs.into_iter().filter_map(|(key, id)| Some((message_number(key)?, id)));
            return Ok(List::Numbers(pairs.collect()));
        }
        let name = |key| lasting(&String::from_utf8_lossy(key)).to_owned();
        Ok(List::Names(pairs.into_iter().map(|(key, id)| (name(key), id)).collect()))
    }
}

/// `+OK unique-id listing follows`, which only a status line can be: an id has no spaces before it but after one key.
fn is_status(line: &[u8]) -> bool {
    line == b"+OK" || line.starts_with(b"+OK ")
}

fn message_number(key: &[u8]) -> Option<u64> {
    if !key.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(key).ok()?.parse().ok().filter(|number| *number > 0)
}

/// One line of a list by names. None: the name cannot stand in one.
pub(crate) fn line(name: &str, id: &str) -> Option<String> {
    let plain = |text: &str| !text.contains(|c: char| c.is_control()) && text.trim() == text;
    (plain(name) && plain(id) && !name.starts_with('#')).then(|| format!("{name} {id}\n"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{List, line};

    #[test]
    fn the_answer_to_uidl_is_a_list() {
        let answer =
            b"+OK 2 messages\r\n1 whqtswO00WBw418f9t5JxYwZ\r\n2 QhdPYR:00WBw1Ph7x7\r\n.\r\n";
        let List::Numbers(ids) = List::parse(answer).unwrap() else { panic!() };
        assert_eq!(ids.get(&1).unwrap(), "whqtswO00WBw418f9t5JxYwZ");
        assert_eq!(ids.get(&2).unwrap(), "QhdPYR:00WBw1Ph7x7");
        assert_eq!(ids.len(), 2);
    }

    #[test]
    fn files_may_be_named() {
        let text = b"# from the old host\n1.a.host:2,S x1\n2 b.eml  x2\n\n3.c\tx3";
        let List::Names(ids) = List::parse(text).unwrap() else { panic!() };
        assert_eq!(ids.get("1.a.host").unwrap(), "x1");
        assert_eq!(ids.get("2 b.eml").unwrap(), "x2");
        assert_eq!(ids.get("3.c").unwrap(), "x3");
    }

    #[test]
    fn a_wrong_line_is_named() {
        let line = |text: &[u8]| List::parse(text).unwrap_err().number;
        assert_eq!(line(b"1 a\nalone\n"), 2);
        assert_eq!(line(b"1 a\n2 b\n1 c\n"), 3);
    }

    proptest! {
        #[test]
        fn any_octets_are_a_list_or_a_wrong_line(octets in prop::collection::vec(any::<u8>(), 0..400)) {
            let lines = octets.split(|octet| *octet == b'\n').count() as u64;
            if let Err(bad) = List::parse(&octets) {
                prop_assert!((1..=lines).contains(&bad.number));
            }
        }

        #[test]
        fn what_is_written_is_read(
            pairs in prop::collection::hash_map("[0-9]{1,10}\\.V[0-9]{1,3}U[0-9]{1,3}\\.correio", "[!-~]{1,70}", 1..20)
        ) {
            let text: String = pairs.iter().map(|(name, id)| line(name, id).unwrap()).collect();
            prop_assert_eq!(List::parse(text.as_bytes()).unwrap(), List::Names(pairs));
        }
    }
}

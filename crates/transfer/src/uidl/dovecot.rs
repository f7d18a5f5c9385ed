//! `dovecot-uidlist`, which gives each file of a Maildir its UID: version 3, and version 1, which is also the format of
//! Courier's `courierimapuiddb`.

use std::collections::HashMap;

use super::template::{Template, Values};
use super::{BadLine, lasting, number, whole_lines};

/// What a list says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Uidlist {
    validity: u32,
    /// By what lasts of the file name.
    entries: HashMap<String, Entry>,
}

#[derive(Debug, PartialEq, Eq)]
struct Entry {
    uid: u32,
    /// The id that was given over POP3: by a host before Dovecot, or with `pop3_save_uidl`.
    pop3: Option<String>,
    guid: Option<String>,
}

impl Uidlist {
    /// Reads a list.
    pub(crate) fn parse(octets: &[u8]) -> Result<Uidlist, BadLine> {
        let mut lines = whole_lines(octets);
        let Some((at, header)) = lines.next() else {
            return Err(BadLine::new(1, "the header is missing"));
        };
        let mut words = header.split(|octet| *octet == b' ');
        let (version, validity) = match words.next() {
            Some(b"3") => (3, words.find_map(|word| word.strip_prefix(b"V"))),
            Some(b"1") => (1, words.next()),
            _ => return Err(BadLine::new(at, "expected a list of version 1 or 3")),
        };
        let validity = validity
            .and_then(number)
            .filter(|validity| *validity > 0)
            .ok_or_else(|| BadLine::new(at, "expected UIDVALIDITY"))?;
        let mut entries = HashMap::new();
        for (at, line) in lines {
            let (name, entry) = match version {
                3 => new_line(line),
                _ => old_line(line),
            }
            .ok_or_else(|| BadLine::new(at, "expected a UID and the name of a file"))?;
            // The list is written to its end: what comes later is right.
            entries.insert(lasting(&String::from_utf8_lossy(name)).to_owned(), entry);
        }
        Ok(Uidlist { validity, entries })
    }

    /// The id of a file. None: the host has not seen the file yet, and given no id.
    pub(crate) fn uidl(&self, file_name: &str, template: &Template) -> Option<String> {
        let name = lasting(file_name);
        let entry = self.entries.get(name)?;
        if let Some(given) = &entry.pop3 {
            return Some(given.clone());
        }
        let guid = entry.guid.as_deref().unwrap_or(name);
        Some(template.make(&Values { uid: entry.uid, validity: self.validity, name, guid }))
    }
}

/// `25006 P0000AB W2481 :1276528487.M364837P9451.kurkku`: a UID, extensions of one letter and a text each, the file.
fn new_line(line: &[u8]) -> Option<(&[u8], Entry)> {
    let at = line.windows(2).position(|pair| pair == b" :")?;
    let (before, name) = line.split_at_checked(at)?;
    let name = name.strip_prefix(b" :")?;
    let mut words = before.split(|octet| *octet == b' ');
    let mut entry = Entry { uid: uid(words.next()?)?, pop3: None, guid: None };
    for word in words {
        let text = |word: &[u8]| Some(String::from_utf8_lossy(word).into_owned());
        match word.split_first() {
            Some((b'P', given)) => entry.pop3 = text(given),
            Some((b'G', guid)) => entry.guid = text(guid),
            // Sizes, the order over POP3, and what may come.
            Some(_) | None => {}
        }
    }
    (!name.is_empty()).then_some((name, entry))
}

/// `25006 1276528487.M364837P9451.kurkku`
fn old_line(line: &[u8]) -> Option<(&[u8], Entry)> {
    let at = line.iter().position(|octet| *octet == b' ')?;
    let (before, name) = line.split_at_checked(at)?;
    let name = name.strip_prefix(b" ")?;
    let entry = Entry { uid: uid(before)?, pop3: None, guid: None };
    (!name.is_empty()).then_some((name, entry))
}

fn uid(text: &[u8]) -> Option<u32> {
    number(text).filter(|uid| *uid > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Template, Uidlist};

    // As Dovecot 2.3 writes it; the second line with what it keeps of the host before it.
    const LIST: &[u8] = b"3 V1795329403 N5 G93df9a327b8d026bc179000083ecc375\n\
        1 :165539031.M11P7.host,W=60\n\
        2 G0123456789abcdef0123456789abcdef POLDID+2 W70 :165539032.M12P7.host\n\
        4 W21 :1655390399.M9P7.host\n\
        5 :16";

    fn id(list: &Uidlist, name: &str, format: &str) -> Option<String> {
        list.uidl(name, &Template::parse(format).unwrap())
    }

    #[test]
    fn ids_are_what_dovecot_answers() {
        let list = Uidlist::parse(LIST).unwrap();
        let name = "165539031.M11P7.host,W=60:2,S";
        assert_eq!(id(&list, name, "%08Xu%08Xv").unwrap(), "000000016b028d7b");
        assert_eq!(id(&list, name, "%v.%u").unwrap(), "1795329403.1");
        assert_eq!(id(&list, name, "%f").unwrap(), "165539031.M11P7.host,W=60");
        assert_eq!(id(&list, name, "%g").unwrap(), "165539031.M11P7.host,W=60");
        assert_eq!(id(&list, "1655390399.M9P7.host", "%u").unwrap(), "4");
        assert_eq!(id(&list, "165539032.M12P7.host:2,", "%u").unwrap(), "OLDID+2");
        assert_eq!(id(&list, "16", "%u"), None, "a line that was cut off");
        assert_eq!(id(&list, "1655390400.new", "%u"), None);
    }

    #[test]
    fn a_list_of_version_1_is_read() {
        let list = Uidlist::parse(b"1 1228485800 3\n1 1.a.host:2,S\n2 2.b c.host\n").unwrap();
        assert_eq!(id(&list, "1.a.host", "%v-%u").unwrap(), "1228485800-1");
        assert_eq!(id(&list, "2.b c.host:2,RS", "%v-%u").unwrap(), "1228485800-2");
    }

    #[test]
    fn guids_come_from_the_list() {
        let list = Uidlist::parse(b"3 V1 N2\n1 Gabcdef :1.a\n").unwrap();
        assert_eq!(id(&list, "1.a", "%g").unwrap(), "abcdef");
    }

    #[test]
    fn a_wrong_line_is_named() {
        let line = |text: &[u8]| Uidlist::parse(text).unwrap_err().number;
        assert_eq!(line(b""), 1);
        assert_eq!(line(b"2 V1 N2\n"), 1);
        assert_eq!(line(b"3 N2\n1 :a\n"), 1);
        assert_eq!(line(b"3 V0 N2\n"), 1);
        assert_eq!(line(b"3 V1 N2\n1 :a\nx :b\n"), 3);
        assert_eq!(line(b"3 V1 N2\n0 :a\n"), 2);
        assert_eq!(line(b"3 V1 N2\n1 a\n"), 2);
        assert_eq!(line(b"1 1 2\n1 \n"), 2);
    }

    proptest! {
        #[test]
        fn any_octets_are_a_list_or_a_wrong_line(octets in prop::collection::vec(any::<u8>(), 0..400)) {
            let lines = octets.split(|octet| *octet == b'\n').count() as u64;
            if let Err(bad) = Uidlist::parse(&octets) {
                prop_assert!((1..=lines).contains(&bad.number));
            }
        }

        #[test]
        fn what_is_written_is_read(
            validity in 1u32..,
            names in prop::collection::btree_map("[0-9]{1,10}\\.[A-Za-z0-9,=]{1,20}", 1u32.., 0..20),
        ) {
            let mut text = format!("3 V{validity} N9\n");
            for (name, uid) in &names {
                text.push_str(&format!("{uid} W1 :{name}\n"));
            }
            let list = Uidlist::parse(text.as_bytes()).unwrap();
            for (name, uid) in &names {
                prop_assert_eq!(id(&list, name, "%v.%u"), Some(format!("{validity}.{uid}")));
            }
        }
    }
}

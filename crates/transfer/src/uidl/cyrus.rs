//! A mailbox of Cyrus: files named by UID (`12.`), and `cyrus.index`, which says the UIDVALIDITY, the flags, and which of
//! the files were expunged and only wait to be removed. All numbers in it are big-endian.

use std::collections::HashMap;

/// The index of a mailbox.
pub(crate) const INDEX: &str = "cyrus.index";
/// What the names of Cyrus's own files begin with.
pub(crate) const OWN_FILES: &str = "cyrus.";

/// How Cyrus makes an id (`uidl_format` in its imapd.conf).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CyrusForm {
    /// `UID`
    UidOnly,
    /// `UIDVALIDITY.UID`, unless it is configured otherwise.
    #[default]
    Cyrus,
    /// Both in hexadecimal, the UID first.
    Dovecot,
    /// `UIDVALIDITY-UID`
    Courier,
}

impl CyrusForm {
    /// The form of a name.
    pub(super) fn of(name: &str) -> Option<CyrusForm> {
        match name {
            "uidonly" => Some(CyrusForm::UidOnly),
            "cyrus" => Some(CyrusForm::Cyrus),
            "dovecot" => Some(CyrusForm::Dovecot),
            "courier" => Some(CyrusForm::Courier),
            _ => None,
        }
    }

    /// The id of a message.
    pub(crate) fn make(self, uid: u32, validity: u32) -> String {
        match self {
            CyrusForm::UidOnly => uid.to_string(),
            CyrusForm::Cyrus => format!("{validity}.{uid}"),
            CyrusForm::Dovecot => format!("{uid:08x}{validity:08x}"),
            CyrusForm::Courier => format!("{validity}-{uid}"),
        }
    }
}

/// The UID that the name of a message file is.
pub(crate) fn uid_of(file_name: &str) -> Option<u32> {
    super::number(file_name.strip_suffix('.')?.as_bytes()).filter(|uid| *uid > 0)
}

/// What an index says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Index {
    pub(crate) validity: u32,
    /// Whether ids have the UIDVALIDITY in them; mailboxes from before Cyrus 2.1.4 go on without.
    has_new_ids: bool,
    /// System flags by UID.
    records: HashMap<u32, u32>,
}

/// What becomes of a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is there, with these flags.
    There(Vec<String>),
    /// It is a message of which Cyrus does not know.
    Unlisted,
    /// It was expunged.
    Expunged,
}

/// Where things stand in an index.
struct Layout {
    validity: usize,
    options: usize,
    /// Within a record.
    flags: usize,
}

/// The first octets of the header, which have stood still in all versions.
const MINOR_VERSION: usize = 8;
const START_OFFSET: usize = 12;
const RECORD_OCTETS: usize = 16;
const RECORD_COUNT: usize = 20;

/// The option that ids have the UIDVALIDITY in them.
const OPTION_NEW_IDS: u32 = 1;
/// The flags that a message can have, and those that say that it is gone.
const FLAGS: [(u32, &str); 5] = [
    (1, "\\Answered"),
    (1 << 1, "\\Flagged"),
    (1 << 2, "\\Deleted"),
    (1 << 3, "\\Draft"),
    (1 << 4, "\\Seen"),
];
const GONE: u32 = 1 << 31 | 1 << 30;

/// Where things stand in the versions of Cyrus 2.3 to 3.x.
fn layout(minor_version: u32) -> Option<Layout> {
    match minor_version {
        6..=19 => Some(Layout { validity: 44, options: 60, flags: 32 }),
        20 => Some(Layout { validity: 92, options: 64, flags: 36 }),
        _ => None,
    }
}

impl Index {
    /// Reads an index.
    pub(crate) fn parse(octets: &[u8]) -> Result<Index, String> {
        let short = || "it is cut short".to_owned();
        let version = at(octets, MINOR_VERSION).ok_or_else(short)?;
        let layout = layout(version).ok_or_else(|| {
            format!("an index of version {version} is not known here: give the UIDVALIDITY with --uidvalidity")
        })?;
        let validity = at(octets, layout.validity).filter(|validity| *validity > 0);
        let validity = validity.ok_or("it has no UIDVALIDITY")?;
        let options = at(octets, layout.options).ok_or_else(short)?;
        let size = |place| at(octets, place).and_then(|size| usize::try_from(size).ok());
        let start = size(START_OFFSET).ok_or_else(short)?;
        let record = size(RECORD_OCTETS).ok_or_else(short)?;
        let count = size(RECORD_COUNT).ok_or_else(short)?;
        if record <= layout.flags || start <= layout.options {
            return Err("its sizes are wrong".to_owned());
        }
        let body = octets.get(start..).ok_or_else(short)?;
        let mut records = HashMap::new();
        // A record that is being written may be cut off.
        for record in body.chunks_exact(record).take(count) {
            if let (Some(uid), Some(flags)) = (at(record, 0), at(record, layout.flags)) {
                records.insert(uid, flags);
            }
        }
        Ok(Index { validity, has_new_ids: options & OPTION_NEW_IDS != 0, records })
    }

    /// The form of the ids, when nobody said it.
    pub(crate) fn form(&self) -> CyrusForm {
        if self.has_new_ids { CyrusForm::default() } else { CyrusForm::UidOnly }
    }

    /// What the index says of a file.
    pub(crate) fn fate(&self, uid: u32) -> Fate {
        match self.records.get(&uid) {
            Some(flags) if flags & GONE == 0 => {
                let set = FLAGS.iter().filter(|(bit, _)| flags & bit != 0);
                Fate::There(set.map(|(_, name)| (*name).to_owned()).collect())
            }
            Some(_) => Fate::Expunged,
            None => Fate::Unlisted,
        }
    }
}

fn at(octets: &[u8], place: usize) -> Option<u32> {
    let number = octets.get(place..)?.first_chunk::<4>()?;
    Some(u32::from_be_bytes(*number))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::{CyrusForm, Fate, Index, uid_of};

    /// An index of version 17, as Cyrus 3.6 writes it, with what matters here.
    pub(crate) fn index(validity: u32, options: u32, records: &[(u32, u32)]) -> Vec<u8> {
        let (start, size) = (160, 112);
        let mut octets = vec![0; start + size * records.len()];
        let mut put = |place: usize, number: u32| {
            octets[place..place + 4].copy_from_slice(&number.to_be_bytes());
        };
        put(8, 17);
        put(12, start as u32);
        put(16, size as u32);
        put(20, records.len() as u32);
        put(44, validity);
        put(60, options);
        for (n, (uid, flags)) in records.iter().enumerate() {
            put(start + size * n, *uid);
            put(start + size * n + 32, *flags);
        }
        octets
    }

    #[test]
    fn forms_are_those_of_cyrus() {
        let id = |name| CyrusForm::of(name).unwrap().make(12, 1_795_329_403);
        assert_eq!(id("uidonly"), "12");
        assert_eq!(id("cyrus"), "1795329403.12");
        assert_eq!(id("dovecot"), "0000000c6b028d7b");
        assert_eq!(id("courier"), "1795329403-12");
        assert_eq!(CyrusForm::of("%u"), None);
    }

    #[test]
    fn an_index_says_the_uidvalidity_and_what_is_gone() {
        let gone = 1 << 31;
        let index = Index::parse(&index(77, 1, &[(1, 0), (2, gone | 1), (5, 0b10011)])).unwrap();
        assert_eq!((index.validity, index.form()), (77, CyrusForm::Cyrus));
        assert_eq!(index.fate(1), Fate::There(vec![]));
        assert_eq!(index.fate(2), Fate::Expunged);
        let flags = ["\\Answered", "\\Flagged", "\\Seen"].map(str::to_owned).to_vec();
        assert_eq!(index.fate(5), Fate::There(flags));
        assert_eq!(index.fate(6), Fate::Unlisted);
    }

    #[test]
    fn old_mailboxes_have_ids_without_uidvalidity() {
        assert_eq!(Index::parse(&index(77, 0, &[])).unwrap().form(), CyrusForm::UidOnly);
    }

    #[test]
    fn an_index_that_is_not_known_is_refused() {
        let mut newer = index(77, 1, &[]);
        newer[11] = 21;
        assert!(Index::parse(&newer).unwrap_err().contains("version 21"));
        assert!(Index::parse(&index(0, 1, &[])).is_err());
        assert!(Index::parse(&index(77, 1, &[])[..30]).is_err());
        assert!(Index::parse(b"").is_err());
    }

    #[test]
    fn files_are_named_by_uid() {
        assert_eq!(uid_of("12."), Some(12));
        for name in ["12", ".", "0.", "x.", "12.eml", "cyrus.index"] {
            assert_eq!(uid_of(name), None);
        }
    }

    proptest! {
        #[test]
        fn any_octets_are_an_index_or_refused(
            place in 0usize..200,
            noise in prop::collection::vec(any::<u8>(), 0..64),
            length in 0usize..500,
        ) {
            let mut octets = index(77, 1, &[(1, 0), (2, 0)]);
            for (to, from) in octets.iter_mut().skip(place).zip(&noise) {
                *to = *from;
            }
            octets.truncate(length);
            let _ = Index::parse(&octets);
            let _ = Index::parse(&noise);
        }
    }
}

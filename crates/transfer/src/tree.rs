//! Mail as a tree of files, without a disk: what an export of EML has, with a folder for each month, so that a file that was
//! made once stays what and where it is, and a folder that is over stays as a whole. An import reads it back.

use std::collections::{BTreeMap, HashMap};

use crate::flag_list::{FLAG_LIST, FlagList};
use crate::names;
use crate::places::{MAILBOX_LIST, Places};
use crate::port::{Attributes, LineEnds, MailboxAttributes};
use crate::uidl::list::List;
use crate::uidl::{OWN_LIST, lasting};
use crate::{Format, uidl};

/// Says where messages lie, and what the lists beside them say.
#[derive(Default)]
pub struct TreeWriter {
    places: Places,
    mailboxes: HashMap<String, (String, MailboxAttributes)>,
    beside: BTreeMap<String, Beside>,
}

/// What is written beside the messages of a folder.
#[derive(Default)]
struct Beside {
    flags: FlagList,
    uidls: BTreeMap<String, String>,
}

impl TreeWriter {
    /// Takes a mailbox, which may be empty.
    pub fn mailbox(&mut self, mailbox: &MailboxAttributes) {
        let place = self.places.place(Format::Eml, mailbox);
        self.mailboxes.insert(mailbox.name.clone(), (place, mailbox.clone()));
    }

    /// Takes a message, and gives the path of its file. Its octets are those of the message.
    pub fn message(&mut self, message: &Attributes) -> String {
        if !self.mailboxes.contains_key(&message.mailbox) {
            let name = message.mailbox.clone();
            self.mailbox(&MailboxAttributes { name, ..MailboxAttributes::default() });
        }
        let known = self.mailboxes.get(&message.mailbox);
        let (place, mailbox) = known.cloned().unwrap_or_default();
        let folder = format!("{place}/{}", month(message));
        self.places.also(&folder, &mailbox);
        // Such a name says that the file is the message octet for octet.
        let exact = Attributes { line_ends: LineEnds::Mixed, ..message.clone() };
        let name = format!("{}.eml", names::unique(&exact));
        let beside = self.beside.entry(folder.clone()).or_default();
        beside.flags.set(&name, message.flags.iter().map(String::as_str));
        if let Some(uidl) = &message.uidl {
            beside.uidls.insert(name.clone(), uidl.clone());
        }
        format!("{folder}/{name}")
    }

    /// The lists, by their paths.
    pub fn lists(self) -> Vec<(String, Vec<u8>)> {
        let mut lists = vec![(MAILBOX_LIST.to_owned(), self.places.text())];
        for (folder, Beside { flags, uidls }) in self.beside {
            let lines = uidls.iter().filter_map(|(name, id)| uidl::line(name, id));
            let uidls = (format!("{folder}/{OWN_LIST}"), lines.collect::<String>());
            let flags = (format!("{folder}/{FLAG_LIST}"), flags.text());
            let both = [flags, uidls].into_iter().filter(|(_, text)| !text.is_empty());
            lists.extend(both.map(|(path, text)| (path, text.into_bytes())));
        }
        lists
    }
}

/// The folder for the month of a message. No mailbox has such a place.
fn month(message: &Attributes) -> String {
    let time_s = message.date.map_or(0, |date| date.time.0);
    let time = jiff::Timestamp::from_second(time_s).unwrap_or_default();
    let time = time.to_zoned(jiff::tz::TimeZone::UTC);
    format!("correio-{:04}-{:02}", time.year(), time.month())
}

/// Says what the files of a tree are, once it has been given its lists.
#[derive(Default)]
pub struct TreeReader {
    places: Places,
    flags: HashMap<String, FlagList>,
    uidls: HashMap<String, HashMap<String, String>>,
}

impl TreeReader {
    /// Whether a file is a list.
    pub fn is_list(path: &str) -> bool {
        let (folder, name) = split(path);
        [FLAG_LIST, OWN_LIST].contains(&name) || (folder.is_empty() && name == MAILBOX_LIST)
    }

    /// Takes a list.
    pub fn list(&mut self, path: &str, octets: &[u8]) {
        let (folder, name) = split(path);
        match name {
            FLAG_LIST => drop(self.flags.insert(folder.to_owned(), FlagList::of(octets))),
            OWN_LIST => {
                if let Ok(List::Names(names)) = List::parse(octets) {
                    self.uidls.insert(folder.to_owned(), names);
                }
            }
            _ => self.places = Places::of(octets),
        }
    }

    /// The mailboxes, those above first.
    pub fn mailboxes(&self) -> Vec<MailboxAttributes> {
        let mut mailboxes: Vec<MailboxAttributes> = self.places.mailboxes().cloned().collect();
        mailboxes.sort_by(|a, b| a.name.cmp(&b.name));
        mailboxes.dedup_by(|a, b| a.name == b.name);
        mailboxes
    }

    /// What a message has besides its octets; none: the file is no message of such a tree.
    pub fn message(&self, path: &str, octets: u64) -> Option<Attributes> {
        let (folder, name) = split(path);
        let file = names::own_file(name)?;
        let flags = self.flags.get(folder).map(|list| list.flags(name).collect());
        let uidls = self.uidls.get(folder);
        Some(Attributes {
            mailbox: self.places.at(folder)?.name.clone(),
            flags: flags.unwrap_or_default(),
            date: Some(file.date),
            octets,
            line_ends: file.line_ends,
            uid: Some(file.uid),
            uidl: uidls.and_then(|uidls| uidls.get(lasting(name)).cloned()),
            place: Some(path.to_owned()),
            ..Attributes::default()
        })
    }
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods, reason = "tests make files")]
mod tests {
    use mailbox::{Timestamp, ZonedTime};

    use super::{TreeReader, TreeWriter};
    use crate::plan::{Plan, Wanted};
    use crate::port::{Attributes, LineEnds, MailboxAttributes};

    fn message(mailbox: &str, uid: u32, time_s: i64, flags: &[&str]) -> Attributes {
        Attributes {
            mailbox: mailbox.to_owned(),
            flags: flags.iter().map(|flag| (*flag).to_owned()).collect(),
            date: Some(ZonedTime { time: Timestamp(time_s), zone_minutes: 60 }),
            octets: 20,
            uid: Some((7, uid)),
            uidl: Some(format!("uidl-{mailbox}-{uid}")),
            ..Attributes::default()
        }
    }

    fn mailbox(name: &str, special_use: Option<&str>) -> MailboxAttributes {
        let special_use = special_use.map(str::to_owned);
        MailboxAttributes { name: name.to_owned(), special_use, subscribed: true }
    }

    fn all() -> (Vec<MailboxAttributes>, Vec<Attributes>) {
        let mailboxes = [
            ("INBOX", None),
            ("Sent", Some("\\Sent")),
            ("a\\b", None),
            ("a_b", None),
            ("Work/correio-2026-01", None),
            ("empty", None),
        ];
        let mailboxes = mailboxes.map(|(name, special_use)| mailbox(name, special_use));
        let messages = vec![
            message("INBOX", 1, 1_767_225_599, &["\\Seen", "work"]),
            message("INBOX", 2, 1_767_225_600, &[]),
            message("Sent", 1, 0, &["\\Answered"]),
            message("a\\b", 1, 5, &[]),
            message("a_b", 1, 5, &["\\Flagged"]),
            message("Work/correio-2026-01", 1, 5, &[]),
        ];
        (mailboxes.to_vec(), messages)
    }

    fn written() -> (Vec<String>, Vec<(String, Vec<u8>)>) {
        let (mailboxes, messages) = all();
        let mut writer = TreeWriter::default();
        mailboxes.iter().for_each(|mailbox| writer.mailbox(mailbox));
        let paths = messages.iter().map(|message| writer.message(message)).collect();
        (paths, writer.lists())
    }

    #[test]
    fn a_tree_says_all_that_was_written_into_it() {
        let ((mailboxes, messages), (paths, lists)) = (all(), written());
        assert_eq!(paths[0], "INBOX/correio-2025-12/1767225599.V7U1.correio+0100-exact.eml");
        assert_eq!(paths[1], "INBOX/correio-2026-01/1767225600.V7U2.correio+0100-exact.eml");
        let mut reader = TreeReader::default();
        for (path, octets) in &lists {
            assert!(TreeReader::is_list(path), "{path}");
            reader.list(path, octets);
        }
        let mut want = mailboxes;
        want.sort_by(|a, b| a.name.cmp(&b.name));
        assert_eq!(reader.mailboxes(), want);
        for (path, want) in paths.iter().zip(messages) {
            assert!(!TreeReader::is_list(path));
            let found = reader.message(path, 20).unwrap();
            let told = |it: &Attributes| {
                (it.mailbox.clone(), it.flags.clone(), it.date, it.uid, it.uidl.clone())
            };
            assert_eq!(told(&found), told(&want));
            assert_eq!(found.line_ends, LineEnds::Mixed);
        }
        assert!(reader.message("INBOX/other.eml", 1).is_none());
        assert!(reader.message("elsewhere/0.V7U1.correio-exact.eml", 1).is_none());
    }

    #[test]
    fn a_tree_in_a_folder_is_imported_into_the_mailboxes_it_came_from() {
        let ((_, messages), (paths, lists)) = (all(), written());
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, octets: &[u8]| {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, octets).unwrap();
        };
        paths.iter().for_each(|path| write(path, b"Subject: a\r\n\r\nb\nc\r\n"));
        lists.iter().for_each(|(path, octets)| write(path, octets));
        let plan = Plan::of(folder.path(), &Wanted::default()).unwrap();
        let mut found: Vec<String> =
            plan.sources.iter().map(|source| source.mailbox.to_string()).collect();
        let mut want: Vec<String> = messages.iter().map(|it| it.mailbox.clone()).collect();
        found.sort();
        want.sort();
        assert_eq!(found, want);
    }
}

//! Names of mailboxes from names of files and folders, and back.

use std::cmp::Ordering;

use mailbox::MailboxName;

use crate::port::{Attributes, LineEnds};
use crate::uidl::lasting;

/// The mailbox name for a path of folder names. What a mailbox name cannot have is replaced.
pub(crate) fn mailbox_of(levels: &[String]) -> String {
    let clean = |level: &String| -> String {
        let barred = |c: char| c.is_control() || matches!(c, '%' | '*' | '/');
        let level: String = level.chars().map(|c| if barred(c) { '_' } else { c }).collect();
        level.chars().take(80).collect()
    };
    let name: Vec<String> =
        levels.iter().map(clean).filter(|level| !level.trim().is_empty()).collect();
    if name.is_empty() { MailboxName::inbox().to_string() } else { name.join("/") }
}

/// The levels in the name of a Maildir++ folder: `.Work.2020` (in modified UTF-7, as Dovecot and Courier write it).
pub(crate) fn of_maildir_folder(name: &str) -> Vec<String> {
    let decode = |level: &str| imap::wire::utf7::decode(level).unwrap_or_else(|| level.to_owned());
    name.split('.').filter(|level| !level.is_empty()).map(decode).collect()
}

/// The level that a folder of Cyrus stands for, which is modified UTF-7 too and has `^` for a dot.
pub(crate) fn of_cyrus_folder(name: &str) -> String {
    let name = imap::wire::utf7::decode(name).unwrap_or_else(|| name.to_owned());
    name.replace('^', ".")
}

/// The name of the Maildir++ folder for a mailbox; none for the Inbox, which is the Maildir itself. A dot within a
/// level becomes `_`, for Maildir++ has no other way to write it.
pub(crate) fn maildir_folder(mailbox: &str) -> Option<String> {
    if mailbox == "INBOX" {
        return None;
    }
    let mut folder = String::new();
    for level in mailbox.split('/') {
        folder.push('.');
        folder.push_str(&imap::wire::utf7::encode(&level.replace('.', "_")));
    }
    Some(folder)
}

/// The names of the folders below which a mailbox is written, none of which leads elsewhere.
pub(crate) fn file_names(mailbox: &str) -> Vec<String> {
    let safe = |level: &str| -> String {
        let level: String = level.chars().map(|c| if c == '\\' { '_' } else { c }).collect();
        if level.starts_with('.') { format!("_{level}") } else { level }
    };
    mailbox.split('/').map(safe).collect()
}

/// The name of a file for a message of our own export, which no other message of its mailbox has. Behind it come flags or
/// an extension.
pub(crate) fn unique(message: &Attributes) -> String {
    let date = message.date_s.unwrap_or(0);
    let (uid_validity, uid) = message.uid.unwrap_or((0, 0));
    let exact = match message.line_ends {
        LineEnds::Crlf => "",
        LineEnds::Mixed => EXACT,
    };
    format!("{date}.V{uid_validity}U{uid}.{OWN}{exact}")
}

const OWN: &str = "correio";
const EXACT: &str = "-exact";

/// How the lines end in a message of our own export, by the name of its file; none: the file came from elsewhere.
pub(crate) fn own_file(name: &str) -> Option<LineEnds> {
    own_parts(name).map(|(_, line_ends)| line_ends)
}

/// The internal date in the name of a file of our own export, in Unix seconds.
pub(crate) fn own_date_s(name: &str) -> Option<i64> {
    own_parts(name).map(|(date_s, _)| date_s)
}

fn own_parts(name: &str) -> Option<(i64, LineEnds)> {
    let name = lasting(name);
    let mut parts = name.strip_suffix(".eml").unwrap_or(name).split('.');
    let date_s = parts.next()?.parse().ok()?;
    let (uid_validity, uid) = parts.next()?.strip_prefix('V')?.split_once('U')?;
    uid_validity.parse::<u32>().ok()?;
    uid.parse::<u32>().ok()?;
    let line_ends = match parts.next()?.strip_prefix(OWN)? {
        "" => LineEnds::Crlf,
        EXACT => LineEnds::Mixed,
        _ => return None,
    };
    parts.next().is_none().then_some((date_s, line_ends))
}

/// A file name that sorts by the number it begins with: the UID in MH and Cyrus, the time in a Maildir. Others follow.
#[derive(PartialEq, Eq)]
pub(crate) struct NaturalName(pub(crate) String);

impl NaturalName {
    fn parts(&self) -> (u128, &str) {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end).unwrap_or(("", &self.0));
        (digits.parse().unwrap_or(u128::MAX), rest)
    }
}

impl Ord for NaturalName {
    fn cmp(&self, other: &Self) -> Ordering {
        self.parts().cmp(&other.parts()).then_with(|| self.0.cmp(&other.0))
    }
}

impl PartialOrd for NaturalName {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        NaturalName, file_names, mailbox_of, maildir_folder, of_maildir_folder, own_date_s,
        own_file, unique,
    };
    use crate::port::{Attributes, LineEnds};

    #[test]
    fn files_of_our_own_export_are_known_by_their_names() {
        for line_ends in [LineEnds::Crlf, LineEnds::Mixed] {
            let message = Attributes {
                date_s: Some(-5),
                uid: Some((7, 9)),
                line_ends,
                ..Attributes::default()
            };
            for more in ["", ":2,S", ".eml"] {
                let name = unique(&message) + more;
                assert_eq!((own_file(&name), own_date_s(&name)), (Some(line_ends), Some(-5)));
            }
        }
        for other in ["1.M2P3.host:2,S", "1.V1U1.correiox", "1.V1U1.correio.txt", "x.V1U1.correio"]
        {
            assert_eq!(own_file(other), None, "{other}");
        }
    }

    #[test]
    fn names_become_mailboxes_and_back() {
        assert_eq!(mailbox_of(&[]), "INBOX");
        assert_eq!(mailbox_of(&["Work".into(), "a*b\n".into()]), "Work/a_b_");
        assert_eq!(of_maildir_folder(".Work.Entw&APw-rfe"), ["Work", "Entw\u{fc}rfe"]);
        assert_eq!(maildir_folder("Work/Entw\u{fc}rfe").unwrap(), ".Work.Entw&APw-rfe");
        assert_eq!(maildir_folder("INBOX"), None);
        assert_eq!(file_names("../x"), ["_..", "x"]);
    }

    #[test]
    fn names_sort_by_the_number_they_begin_with() {
        let mut names = ["10.", "2.", "1655390399.b", "1655390399.a", "x", "1."].map(str::to_owned);
        names.sort_by_cached_key(|name| NaturalName(name.clone()));
        assert_eq!(names, ["1.", "2.", "10.", "1655390399.a", "1655390399.b", "x"]);
    }
}

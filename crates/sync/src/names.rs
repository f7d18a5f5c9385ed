//! Names of folders there as names here: with `/` between levels, and without what no name here may have. Names are keys
//! in a table and never paths, so that `..` is a name like any other.

use mailbox::MailboxName;
use mailbox::limits::{MAILBOX_DEPTH_MAX, MAILBOX_LEVEL_OCTETS_MAX, MAILBOX_NAME_OCTETS_MAX};

use crate::limits::FOLDERS_MAX;

/// The name here of a folder there.
pub(crate) fn local_name(name: &str, separator: Option<char>) -> MailboxName {
    if name.eq_ignore_ascii_case("INBOX") {
        return MailboxName::inbox();
    }
    let levels: Vec<&str> = match separator {
        Some(separator) => name.split(separator).collect(),
        None => vec![name],
    };
    let (above, deep) = levels.split_at(levels.len().min(MAILBOX_DEPTH_MAX.saturating_sub(1)));
    let mut cleaned: Vec<String> = above.iter().map(|level| clean(level)).collect();
    if !deep.is_empty() {
        cleaned.push(clean(&deep.join("_")));
    }
    let mut text = cleaned.join("/");
    cut(&mut text, MAILBOX_NAME_OCTETS_MAX);
    // What was cut off may have left nothing behind a separator.
    MailboxName::new(text.trim_end_matches('/')).unwrap_or_else(|_| numbered(0))
}

fn clean(level: &str) -> String {
    let barred = |c: char| {
        c.is_control() || matches!(c, '/' | '%' | '*' | '\u{2028}' | '\u{2029}' | '\u{feff}')
    };
    let mut level: String = level.chars().map(|c| if barred(c) { '_' } else { c }).collect();
    cut(&mut level, MAILBOX_LEVEL_OCTETS_MAX);
    if level.is_empty() { "_".to_owned() } else { level }
}

fn cut(text: &mut String, octets_max: usize) {
    let mut end = octets_max.min(text.len());
    while !text.is_char_boundary(end) {
        end = end.saturating_sub(1);
    }
    text.truncate(end);
}

fn numbered(number: usize) -> MailboxName {
    MailboxName::new(&format!("Folder {number}")).unwrap_or_else(|_| MailboxName::inbox())
}

/// A name that is not taken: the wanted one, or one that ends with a number.
pub(crate) fn free(wanted: &MailboxName, is_taken: impl Fn(&str) -> bool) -> MailboxName {
    if !is_taken(wanted.as_str()) {
        return wanted.clone();
    }
    let with_number = |number: usize| {
        let mut text = wanted.as_str().to_owned();
        cut(&mut text, MAILBOX_NAME_OCTETS_MAX.saturating_sub(12));
        let level = text.rsplit('/').next().map_or(0, str::len);
        let over = level.saturating_sub(MAILBOX_LEVEL_OCTETS_MAX.saturating_sub(12));
        let end = text.len().saturating_sub(over);
        cut(&mut text, end);
        MailboxName::new(&format!("{text} ({number})")).unwrap_or_else(|_| numbered(number))
    };
    let tries = 2..FOLDERS_MAX.saturating_add(3);
    let free = tries.map(with_number).find(|name| !is_taken(name.as_str()));
    free.unwrap_or_else(|| numbered(FOLDERS_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_there_become_names_here() {
        for (name, separator, want) in [
            ("Inbox", Some('/'), "INBOX"),
            ("INBOX.Sent", Some('.'), "INBOX/Sent"),
            ("Arquivo/São João", Some('/'), "Arquivo/São João"),
            ("a/b.c", Some('.'), "a_b/c"),
            ("flat/name", None, "flat_name"),
            ("../../etc/passwd", Some('/'), "../../etc/passwd"),
            ("a//b/", Some('/'), "a/_/b/_"),
            ("100%\u{7}*", Some('/'), "100___"),
            ("", Some('/'), "_"),
        ] {
            assert_eq!(local_name(name, separator).as_str(), want, "{name}");
        }
        for odd in ["x/".repeat(500), "é".repeat(3_000), "a\\".repeat(400)] {
            for separator in ['/', '\\', 'é'] {
                let name = local_name(&odd, Some(separator));
                assert!(!name.as_str().is_empty());
            }
        }
    }

    #[test]
    fn a_name_that_is_taken_gets_a_number() {
        let long = MailboxName::new(&"é".repeat(127)).unwrap();
        for wanted in [MailboxName::new("a/b").unwrap(), long] {
            let mut taken = std::collections::HashSet::new();
            for _ in 0..12 {
                let name = free(&wanted, |name| taken.contains(name));
                assert!(taken.insert(name.as_str().to_owned()), "{name:?}");
            }
        }
        let name = free(&MailboxName::new("a/b").unwrap(), |name| name == "a/b");
        assert_eq!(name.as_str(), "a/b (2)");
    }
}

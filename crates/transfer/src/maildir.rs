//! What is particular to Maildir: flags in file names, keywords in a file of their own, and names that no other message
//! has.

use std::collections::HashMap;
use std::path::Path;

use crate::uidl;

/// The flag letters, and Dovecot's keyword letters.
const FLAGS: [(char, &str); 5] = [
    ('D', "\\Draft"),
    ('F', "\\Flagged"),
    ('R', "\\Answered"),
    ('S', "\\Seen"),
    ('T', "\\Deleted"),
];

/// Dovecot's list of keywords, in the folder of a Maildir.
pub(crate) const KEYWORD_LIST: &str = "dovecot-keywords";
/// What marks a folder of a Maildir++.
pub(crate) const FOLDER_MARK: &str = "maildirfolder";

/// The most keywords that letters can stand for.
const KEYWORDS_MAX: usize = 26;

/// The keywords of a Maildir: the letters `a` to `z` in order.
#[derive(Debug, Default)]
pub(crate) struct Keywords(Vec<String>);

impl Keywords {
    /// Reads Dovecot's list (`dovecot-keywords`: a number and a name on each line).
    pub(crate) fn read(folder: &Path) -> Keywords {
        let path = folder.join(KEYWORD_LIST);
        Keywords::of(&machine::files::read_text(&path).unwrap_or_default())
    }

    /// Takes a list as it was written.
    pub(crate) fn of(text: &str) -> Keywords {
        let mut keywords = Keywords::default();
        for line in text.lines() {
            let Some((number, name)) = line.split_once(' ') else { continue };
            let Ok(index) = number.parse::<usize>() else { continue };
            if index < KEYWORDS_MAX {
                if keywords.0.len() <= index {
                    keywords.0.resize(index.saturating_add(1), String::new());
                }
                if let Some(place) = keywords.0.get_mut(index) {
                    name.clone_into(place);
                }
            }
        }
        keywords
    }

    /// The list as Dovecot reads it.
    pub(crate) fn text(&self) -> String {
        self.0.iter().enumerate().map(|(index, name)| format!("{index} {name}\n")).collect()
    }

    /// The letter of a keyword, which is added if there is room.
    fn letter(&mut self, keyword: &str) -> Option<char> {
        let index = match self.0.iter().position(|known| known == keyword) {
            Some(index) => index,
            None if self.0.len() < KEYWORDS_MAX => {
                self.0.push(keyword.to_owned());
                self.0.len().checked_sub(1)?
            }
            None => return None,
        };
        ('a'..='z').nth(index)
    }

    fn name(&self, letter: char) -> Option<&str> {
        let index = ('a'..='z').position(|known| known == letter)?;
        self.0.get(index).map(String::as_str).filter(|name| !name.is_empty())
    }
}

/// The flags in a file name: what follows `:2,` (or `;2,` where the file system has no colons).
pub(crate) fn flags(file_name: &str, keywords: &Keywords) -> Vec<String> {
    let info = file_name.rsplit_once([':', ';']).and_then(|(_, info)| info.strip_prefix("2,"));
    let mut flags = Vec::new();
    for letter in info.unwrap_or_default().chars() {
        let known = FLAGS.iter().find(|(known, _)| *known == letter).map(|(_, name)| *name);
        flags.extend(known.or_else(|| keywords.name(letter)).map(str::to_owned));
    }
    flags
}

/// The info part of a file name for these flags: letters in ASCII order, as the format wants it; and the keywords for which
/// there is no letter.
pub(crate) fn info<'f>(flags: &'f [String], keywords: &mut Keywords) -> (String, Vec<&'f str>) {
    let mut letters = Vec::new();
    let mut without = Vec::new();
    for flag in flags {
        match FLAGS.iter().find(|(_, name)| name == flag) {
            Some((letter, _)) => letters.push(*letter),
            None if flag.starts_with('\\') => {}
            None => match keywords.letter(flag) {
                Some(letter) => letters.push(letter),
                None => without.push(flag.as_str()),
            },
        }
    }
    letters.sort_unstable();
    (format!(":2,{}", letters.into_iter().collect::<String>()), without)
}

/// The keywords that Courier keeps for the messages of a Maildir, by what lasts of the file names. Its list has the names, one
/// on each line, an empty line, and for each message its file name, a colon and the numbers of its keywords.
pub(crate) fn courier_keywords(folder: &Path) -> HashMap<String, Vec<String>> {
    let path = folder.join(COURIER_KEYWORDS).join(":list");
    let octets = uidl::read(&path).ok().flatten().unwrap_or_default();
    let text = String::from_utf8_lossy(&octets);
    let mut lines = text.lines();
    let names: Vec<&str> = lines.by_ref().take_while(|line| !line.is_empty()).collect();
    let messages = lines.filter_map(|line| line.rsplit_once(':'));
    let keywords = |numbers: &str| -> Vec<String> {
        let numbers = numbers.split_ascii_whitespace().filter_map(|word| word.parse().ok());
        numbers.filter_map(|number: usize| names.get(number)).map(|&name| name.to_owned()).collect()
    };
    messages.map(|(file, numbers)| (file.to_owned(), keywords(numbers))).collect()
}

/// The folder within a Maildir in which Courier keeps keywords.
pub(crate) const COURIER_KEYWORDS: &str = "courierimapkeywords";

#[cfg(test)]
mod tests {
    use super::{Keywords, courier_keywords, flags, info};

    #[test]
    fn couriers_keywords_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("courierimapkeywords");
        machine::files::make_private_folder(&path).unwrap();
        let list = "work\n$Label1\n\n1.a.host,S=4:1 0\n2.b.host:7\n";
        machine::files::write_secret(&path.join(":list"), list.as_bytes()).unwrap();
        let found = courier_keywords(folder.path());
        assert_eq!(found["1.a.host,S=4"], ["$Label1", "work"]);
        assert!(found["2.b.host"].is_empty());
        assert!(courier_keywords(&path).is_empty());
    }

    #[test]
    fn keywords_without_a_letter_are_named() {
        let many: Vec<String> = (0..30).map(|number| format!("k{number}")).collect();
        let (info, without) = info(&many, &mut Keywords::default());
        assert_eq!((info.len(), without), (29, vec!["k26", "k27", "k28", "k29"]));
    }

    #[test]
    fn flags_and_keywords_survive_a_file_name() {
        let set = ["$Forwarded", "\\Answered", "\\Seen"].map(str::to_owned);
        let mut keywords = Keywords::default();
        let name = format!("1.x{}", info(&set, &mut keywords).0);
        assert_eq!(name, "1.x:2,RSa");
        let folder = tempfile::tempdir().unwrap();
        machine::files::write_secret(
            &folder.path().join("dovecot-keywords"),
            keywords.text().as_bytes(),
        )
        .unwrap();
        let mut found = flags(&name, &Keywords::read(folder.path()));
        found.sort();
        assert_eq!(found, set);
        assert!(flags("1.x", &Keywords::default()).is_empty());
        assert_eq!(flags("1.x:2,Sz", &Keywords::default()), ["\\Seen"]);
    }
}

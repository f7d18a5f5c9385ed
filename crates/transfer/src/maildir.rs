//! What is particular to Maildir: flags in file names, keywords in a file of their own, and names that no other message
//! has.

use std::path::Path;

/// The flag letters, and Dovecot's keyword letters.
const FLAGS: [(char, &str); 5] = [
    ('D', "\\Draft"),
    ('F', "\\Flagged"),
    ('R', "\\Answered"),
    ('S', "\\Seen"),
    ('T', "\\Deleted"),
];

/// The most keywords that letters can stand for.
const KEYWORDS_MAX: usize = 26;

/// The keywords of a Maildir: the letters `a` to `z` in order.
#[derive(Debug, Default)]
pub(crate) struct Keywords(Vec<String>);

impl Keywords {
    /// Reads Dovecot's list (`dovecot-keywords`: a number and a name on each line).
    pub(crate) fn read(folder: &Path) -> Keywords {
        let text = machine::files::read_text(&folder.join("dovecot-keywords")).unwrap_or_default();
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

/// The info part of a file name for these flags: letters in ASCII order, as the format wants it.
pub(crate) fn info(flags: &[String], keywords: &mut Keywords) -> String {
    let mut letters: Vec<char> = flags
        .iter()
        .filter_map(|flag| match FLAGS.iter().find(|(_, name)| name == flag) {
            Some((letter, _)) => Some(*letter),
            None if flag.starts_with('\\') => None,
            None => keywords.letter(flag),
        })
        .collect();
    letters.sort_unstable();
    format!(":2,{}", letters.into_iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::{Keywords, flags, info};

    #[test]
    fn flags_and_keywords_survive_a_file_name() {
        let set = ["$Forwarded", "\\Answered", "\\Seen"].map(str::to_owned);
        let mut keywords = Keywords::default();
        let name = format!("1.x{}", info(&set, &mut keywords));
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

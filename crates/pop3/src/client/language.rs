//! LANG: in which language the server explains itself (RFC 6856, 3).

use super::{Client, Fault, Stream, accepted};
use crate::limits::CLIENT_LANGUAGES_MAX;
use crate::{Command, Lang};

/// A language that the server speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Language {
    /// Its tag (RFC 5646).
    pub tag: String,
    /// What it calls itself; empty when the server does not say.
    pub name: String,
}

impl<S: Stream> Client<S> {
    /// The languages that the server speaks.
    pub async fn languages(&mut self) -> Result<Vec<Language>, Fault> {
        self.wire.queue(&Command::Lang(Lang { range: None }));
        accepted(self.wire.reply().await?)?;
        let mut languages = Vec::new();
        while let Some(line) = self.wire.listed().await? {
            if languages.len() >= CLIENT_LANGUAGES_MAX {
                let max = u64::try_from(CLIENT_LANGUAGES_MAX).unwrap_or(u64::MAX);
                return Err(self.wire.break_off(Fault::TooMuch { what: "languages", max }));
            }
            let line = String::from_utf8_lossy(&line);
            let (tag, name) = line.split_once(' ').unwrap_or((&line, ""));
            languages.push(Language { tag: tag.to_owned(), name: name.trim().to_owned() });
        }
        Ok(languages)
    }

    /// Chooses a language by its tag or a range, `*` for the one that the server likes best; gives the tag of what it
    /// speaks from here on. Refused: nothing has changed.
    pub async fn choose_language(&mut self, range: &str) -> Result<String, Fault> {
        // A range has letters, digits and hyphens, or is a star (RFC 4647, 2.1).
        let fits = |octet: u8| octet.is_ascii_alphanumeric() || octet == b'-' || octet == b'*';
        if range.is_empty() || range.len() > 64 || !range.bytes().all(fits) {
            return Err(Fault::OutOfOrder("that is no language tag"));
        }
        self.wire.queue(&Command::Lang(Lang { range: Some(range.as_bytes()) }));
        let reply = accepted(self.wire.reply().await?)?;
        Ok(reply.text.split_ascii_whitespace().next().unwrap_or_default().to_owned())
    }
}

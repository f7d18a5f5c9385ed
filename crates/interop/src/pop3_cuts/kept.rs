//! What a program has put on the disk: which message, and whether it is whole.

use std::path::Path;

/// A message as a program keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// The part of its Message-ID that names it.
    pub(super) id: Option<String>,
    /// Its body with plain line ends.
    pub(super) body: String,
    /// The program itself knows that there is more of it.
    pub(super) is_partial: bool,
}

impl Kept {
    /// Reads a message.
    pub(super) fn read(octets: &[u8]) -> Kept {
        let text = String::from_utf8_lossy(octets).replace("\r\n", "\n");
        let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
        Kept { id: id(head), body: body.to_owned(), is_partial: false }
    }

    /// Reads all files of a folder.
    pub(super) fn files(folder: &Path) -> Vec<Kept> {
        let listing = std::fs::read_dir(folder).into_iter().flatten();
        listing.map(|file| Kept::read(&std::fs::read(file.unwrap().path()).unwrap())).collect()
    }

    /// Whether this is that body; programs differ in how they end a file.
    pub(super) fn is_body(&self, body: &str) -> bool {
        self.body.trim_end_matches('\n') == body.trim_end_matches('\n')
    }
}

/// The identity in a header: the left side of its Message-ID.
pub(super) fn id(head: &str) -> Option<String> {
    let line = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("Message-ID").then_some(value)
    })?;
    Some(line.trim().trim_start_matches('<').split('@').next()?.to_owned())
}

//! Messages of which only the header is here. Each is a message of its own: the fields of the header as they came, but for those that
//! say what the body is like, and a body that says where the rest is and how to bring it here. So every mail program shows what it
//! is, and nobody takes it for the whole.
//!
//! It lies under a name of its own beside that of the message at the provider, of which nothing is held as long as the whole has
//! not come: so it is never a reason to delete anything there. When the whole has come, it takes the flags over, and this one goes.

use mailbox::{Flags, PlacementName};

use crate::folders::{Edit, LocalEntry, LocalFolders, Marks, Runs, Which};
use crate::limits::HEADER_KEPT_OCTETS_MAX;

/// What the names of headers begin with. Those of messages begin with other letters (`pop3::client::pull::Identity::key`).
const BEGINS: u8 = b'H';

/// The fields that say what a body is like (RFC 2045), which this body is not like.
const OF_BODIES: [&str; 4] = ["mime-version", "content-", "lines", "x-correio-incomplete"];

/// The name of the header of a message.
pub(crate) fn name_of_header(message: &PlacementName) -> Option<PlacementName> {
    PlacementName::new(&[&[BEGINS], message.octets()].concat())
}

/// Whether a name is that of a header.
pub(crate) fn is_header(name: &PlacementName) -> bool {
    name.octets().first() == Some(&BEGINS)
}

/// What a message is called on a command line, so that its body can be asked for.
pub(crate) fn short_name(message: &PlacementName) -> String {
    blake3::hash(message.octets()).to_hex().chars().take(12).collect()
}

/// A header on its way in. What comes behind it, or is too much, is left out.
#[derive(Default)]
pub(crate) struct HeaderComing {
    octets: Vec<u8>,
}

impl HeaderComing {
    /// Takes octets, as they stand in the message.
    pub(crate) fn take(&mut self, octets: &[u8]) {
        let room = HEADER_KEPT_OCTETS_MAX.saturating_sub(self.octets.len());
        self.octets.extend(octets.iter().take(room));
    }

    /// The message that is kept of it. `account` is what the account is called here.
    pub(crate) fn message(&self, account: &str, short: &str, octets: Option<u64>) -> Vec<u8> {
        let mut message = Vec::with_capacity(self.octets.len().saturating_add(1_024));
        let mut is_kept = true;
        for line in self.octets.split_inclusive(|octet| *octet == b'\n') {
            if matches!(line, b"\r\n" | b"\n") {
                break;
            }
            // A line that begins with a space goes on with the field before it (RFC 5322, 2.2.3).
            if !matches!(line.first(), Some(b' ' | b'\t')) {
                is_kept = !is_of_body(line);
            }
            // What was cut off is no line any more.
            if is_kept && line.ends_with(b"\n") {
                message.extend_from_slice(line);
            }
        }
        let size = octets.map_or_else(String::new, |octets| format!("; {octets} octets there"));
        let fields = format!(
            "X-Correio-Incomplete: header{size}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\
             Content-Transfer-Encoding: 8bit\r\n\r\n"
        );
        message.extend_from_slice(fields.as_bytes());
        message.extend_from_slice(note(account, short, octets).as_bytes());
        message
    }
}

fn is_of_body(line: &[u8]) -> bool {
    OF_BODIES.iter().any(|field| {
        let name = line.get(..field.len());
        let is_whole = field.ends_with('-') || line.get(field.len()) == Some(&b':');
        is_whole && name.is_some_and(|name| name.eq_ignore_ascii_case(field.as_bytes()))
    })
}

fn note(account: &str, short: &str, octets: Option<u64>) -> String {
    let size = octets.map_or_else(String::new, |octets| format!(" ({octets} octets)"));
    format!(
        "Only the header of this message is on this computer. The message itself{size} is at the provider.\r\n\
         To bring it here, alone or with all others:\r\n\r\n\
         \x20   correio pull {account} --body {short}\r\n\x20   correio pull {account}\r\n\r\n\
         --\r\n\r\n\
         Só o cabeçalho desta mensagem está neste computador. A mensagem{size} está no provedor.\r\n\
         Para trazê-la, sozinha ou com todas as outras:\r\n\r\n\
         \x20   correio baixar {account} --body {short}\r\n\x20   correio baixar {account}\r\n"
    )
}

/// A header that is here, and the whole message that has come since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    /// The email of the header.
    pub(crate) header: u64,
    /// The email of the whole.
    pub(crate) whole: u64,
}

/// Gives the flags of headers to the whole messages, and deletes the headers. It can be done again after a cut.
pub(crate) async fn replace<L: LocalFolders>(
    local: &mut L,
    replaced: &[Replaced],
) -> Result<(), L::Fault> {
    if replaced.is_empty() {
        return Ok(());
    }
    let mut found: Vec<(u32, LocalEntry)> = Vec::new();
    let is_meant = |entry: &LocalEntry| {
        replaced.iter().any(|pair| pair.header == entry.email || pair.whole == entry.email)
    };
    for folder in local.folders().await?.into_iter().filter(|folder| folder.holds_messages) {
        let mut after = 0;
        loop {
            let entries = local.entries(folder.id(), Which::After(after)).await?;
            let Some(last) = entries.last() else { break };
            after = last.uid;
            found.extend(entries.into_iter().filter(is_meant).map(|entry| (folder.id, entry)));
        }
    }
    for pair in replaced {
        let of = |email: u64| found.iter().filter(move |(_, entry)| entry.email == email);
        let unkept = Marks { system: Flags::DELETED.0, keywords: Vec::new() };
        let all = of(pair.header).map(|(_, entry)| entry.flags.without(&unkept));
        let marks = all.fold(Marks::default(), |all, marks| all.with(&marks));
        if !marks.is_empty() {
            for (folder, entry) in of(pair.whole) {
                let uids = Runs(vec![(entry.uid, entry.uid)]);
                let (add, remove) = (marks.clone(), Marks::default());
                local.edit(Edit::Mark { folder: *folder, uids, add, remove }).await?;
            }
        }
        for (folder, entry) in of(pair.header) {
            let uids = Runs(vec![(entry.uid, entry.uid)]);
            local.edit(Edit::Delete { folder: *folder, uids }).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::HeaderComing;
    use crate::limits::HEADER_KEPT_OCTETS_MAX;

    fn kept(header: &str) -> String {
        let mut coming = HeaderComing::default();
        // In pieces, as it comes.
        header.as_bytes().chunks(7).for_each(|part| coming.take(part));
        String::from_utf8(coming.message("ana", "1a2b", Some(123))).unwrap()
    }

    #[test]
    fn a_header_keeps_its_fields_and_says_where_the_rest_is() {
        let message = kept(
            "From: bea@example.net\r\nSubject: a\r\n long one\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\
             \tboundary=x\r\ncontent-transfer-encoding: base64\r\nTo: ana@example.org\r\nLines: 7\r\nLinesOf: x\r\n\r\n",
        );
        let (head, body) = message.split_once("\r\n\r\n").unwrap();
        assert_eq!(
            head,
            "From: bea@example.net\r\nSubject: a\r\n long one\r\nTo: ana@example.org\r\nLinesOf: x\r\n\
             X-Correio-Incomplete: header; 123 octets there\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit"
        );
        assert!(body.starts_with("Only the header of this message is on this computer."), "{body}");
        assert!(body.contains("correio pull ana --body 1a2b\r\n"), "{body}");
        assert!(body.contains("Só o cabeçalho"), "{body}");
    }

    #[test]
    fn what_a_server_sends_beside_the_header_is_left_out() {
        // Some servers send lines of the body whatever one asks for.
        let message = kept("Subject: a\r\n\r\nContent of the body\r\n");
        assert!(!message.contains("Content of the body"), "{message}");
        let endless = format!("Subject: a\r\nX: {}", "x".repeat(HEADER_KEPT_OCTETS_MAX));
        let message = kept(&endless);
        assert!(message.starts_with("Subject: a\r\nX-Correio-Incomplete"), "{message:.80}");
        // One that pretends to be whole, or another.
        let message = kept("X-Correio-Incomplete: no\r\nSubject: a\r\n\r\n");
        assert!(!message.contains(": no"), "{message}");
    }
}

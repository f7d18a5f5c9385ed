//! Gmail's labels in the mbox of Google Takeout. Takeout writes `X-GM-THRID` and `X-Gmail-Labels` before the header of
//! each message; what stands elsewhere was written by the sender.

use std::str::FromStr;

use message::{decode_words, fields};

/// What becomes of the labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GmailLabels {
    /// Each label is a mailbox, and a message is in all of its mailboxes, as Gmail shows them over IMAP.
    #[default]
    Mailboxes,
    /// A message is in one mailbox, by what Gmail says of it; labels that somebody made are keywords.
    Keywords,
    /// They are left out: all mail is in one mailbox.
    Nothing,
}

impl FromStr for GmailLabels {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<GmailLabels, &'static str> {
        match text {
            "mailboxes" => Ok(GmailLabels::Mailboxes),
            "keywords" => Ok(GmailLabels::Keywords),
            "none" => Ok(GmailLabels::Nothing),
            _ => Err("expected mailboxes, keywords or none"),
        }
    }
}

/// Where labels put a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Labelled {
    /// The mailboxes, the most important one first.
    pub(crate) mailboxes: Vec<String>,
    pub(crate) flags: Vec<String>,
}

/// What one of Gmail's own labels says.
#[derive(Clone, Copy)]
enum Says {
    In(&'static str),
    Flag(&'static str),
    /// Nothing that a mailbox keeps.
    Nothing,
}

/// Gmail's own labels, in English and as accounts in Portuguese have them. (Takeout writes them in the language of the
/// account.) Of the mailboxes the first counts most.
const LABELS: [(&str, Says); 40] = [
    ("trash", Says::In("Trash")),
    ("lixeira", Says::In("Trash")),
    ("lixo", Says::In("Trash")),
    ("spam", Says::In("Junk")),
    ("drafts", Says::In("Drafts")),
    ("draft", Says::In("Drafts")),
    ("rascunhos", Says::In("Drafts")),
    ("rascunho", Says::In("Drafts")),
    ("sent", Says::In("Sent")),
    ("sent mail", Says::In("Sent")),
    ("enviados", Says::In("Sent")),
    ("enviado", Says::In("Sent")),
    ("e-mails enviados", Says::In("Sent")),
    ("correio enviado", Says::In("Sent")),
    ("inbox", Says::In("INBOX")),
    ("caixa de entrada", Says::In("INBOX")),
    ("archived", Says::In("Archive")),
    ("arquivado", Says::In("Archive")),
    ("arquivada", Says::In("Archive")),
    ("arquivadas", Says::In("Archive")),
    ("arquivados", Says::In("Archive")),
    ("all mail", Says::In("Archive")),
    ("todos os e-mails", Says::In("Archive")),
    ("todo o correio", Says::In("Archive")),
    ("opened", Says::Flag("\\Seen")),
    ("aberto", Says::Flag("\\Seen")),
    ("aberta", Says::Flag("\\Seen")),
    ("abertas", Says::Flag("\\Seen")),
    ("abertos", Says::Flag("\\Seen")),
    ("starred", Says::Flag("\\Flagged")),
    ("com estrela", Says::Flag("\\Flagged")),
    ("marcado com estrela", Says::Flag("\\Flagged")),
    ("marcados com estrela", Says::Flag("\\Flagged")),
    ("important", Says::Flag("$Important")),
    ("importante", Says::Flag("$Important")),
    ("importantes", Says::Flag("$Important")),
    ("unread", Says::Nothing),
    ("não lido", Says::Nothing),
    ("não lidos", Says::Nothing),
    ("não lidas", Says::Nothing),
];

/// Where a message goes that no label puts anywhere.
const ARCHIVE: &str = "Archive";

/// Takes the labels out of a header that Takeout wrote; none: there are none.
pub(crate) fn take_labels(header: &[u8], labels: GmailLabels) -> Option<(Vec<u8>, Labelled)> {
    let (mut length, mut text) = (0usize, None);
    for field in fields(header) {
        if field.is("X-Gmail-Labels") && text.is_none() {
            text = Some(decode_words(&field.unfolded()));
        } else if !field.is("X-GM-THRID") {
            break;
        }
        length = length.saturating_add(field.raw.len());
    }
    let rest = header.get(length..).unwrap_or_default().to_vec();
    let labelled = text.map(|text| labelled(&text, labels))?;
    Some((rest, labelled))
}

fn labelled(text: &str, labels: GmailLabels) -> Labelled {
    let mut found = Labelled::default();
    let mut own = Vec::new();
    let mut made = Vec::new();
    for label in split(text) {
        let lower = label.to_lowercase();
        match LABELS.iter().position(|(name, _)| *name == lower) {
            Some(index) => match LABELS.get(index).map_or(Says::Nothing, |(_, says)| *says) {
                Says::In(mailbox) => own.push((index, mailbox)),
                Says::Flag(flag) => found.flags.push(flag.to_owned()),
                Says::Nothing => {}
            },
            // The tabs of the Inbox.
            None if lower.starts_with("category ") || lower.starts_with("categoria") => {
                found.flags.push(keyword(&label));
            }
            None => made.push(label),
        }
    }
    own.sort_unstable();
    if own.iter().any(|(_, mailbox)| *mailbox == "Drafts") {
        found.flags.push("\\Draft".to_owned());
    }
    found.mailboxes = own.into_iter().map(|(_, mailbox)| mailbox.to_owned()).collect();
    match labels {
        GmailLabels::Mailboxes => {
            // Gmail has what is archived in no other place of its own.
            if !made.is_empty() {
                found.mailboxes.retain(|mailbox| mailbox != ARCHIVE);
            }
            found.mailboxes.extend(made);
        }
        GmailLabels::Keywords => {
            found.mailboxes.truncate(1);
            found.flags.extend(made.iter().map(|label| keyword(label)));
        }
        GmailLabels::Nothing => found.mailboxes.clear(),
    }
    if found.mailboxes.is_empty() && labels != GmailLabels::Nothing {
        found.mailboxes.push(ARCHIVE.to_owned());
    }
    found.mailboxes.dedup();
    found
}

/// Labels stand between commas; one that has a comma itself is quoted.
fn split(text: &str) -> Vec<String> {
    let mut labels = vec![String::new()];
    let mut quoted = false;
    for letter in text.chars() {
        match letter {
            '"' => quoted = !quoted,
            ',' if !quoted => labels.push(String::new()),
            _ => {
                if let Some(label) = labels.last_mut() {
                    label.push(letter);
                }
            }
        }
    }
    let trimmed = labels.iter().map(|label| label.trim().to_owned());
    trimmed.filter(|label| !label.is_empty()).collect()
}

/// A label as a keyword, which is an atom in ASCII (RFC 9051, 9): everything else becomes modified UTF-7 or `_`.
fn keyword(label: &str) -> String {
    let barred = |c: char| c.is_ascii() && (!c.is_ascii_graphic() || "(){%*\"\\]".contains(c));
    let label: String = label.chars().map(|c| if barred(c) { '_' } else { c }).collect();
    imap::wire::utf7::encode(&label)
}

#[cfg(test)]
mod tests {
    use super::{GmailLabels, take_labels};

    fn taken(labels: &str, how: GmailLabels) -> (Vec<String>, Vec<String>) {
        let header = format!("X-GM-THRID: 16\r\nX-Gmail-Labels: {labels}\r\nSubject: x\r\n\r\n");
        let (rest, labelled) = take_labels(header.as_bytes(), how).unwrap();
        assert_eq!(rest, b"Subject: x\r\n\r\n");
        (labelled.mailboxes, labelled.flags)
    }

    #[test]
    fn labels_say_where_a_message_is_and_what_became_of_it() {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        for (labels, mailboxes, flags) in [
            ("Inbox,Opened,Starred", &["INBOX"][..], &["\\Seen", "\\Flagged"][..]),
            ("Work/2024,Inbox,Unread", &["INBOX", "Work/2024"], &[]),
            ("Archived,Work", &["Work"], &[]),
            ("Archived,Important", &["Archive"], &["$Important"]),
            ("Opened", &["Archive"], &["\\Seen"]),
            ("Trash,Inbox", &["Trash", "INBOX"], &[]),
            ("Drafts", &["Drafts"], &["\\Draft"]),
            ("Category Updates,Inbox", &["INBOX"], &["Category_Updates"]),
            ("\"Bills, paid\",Inbox", &["INBOX", "Bills, paid"], &[]),
            ("=?UTF-8?Q?Caixa_de_entrada,N=C3=A3o_lidas?=", &["INBOX"], &[]),
        ] {
            assert_eq!(taken(labels, GmailLabels::Mailboxes), (words(mailboxes), words(flags)));
        }
        let one = taken("Work,Fêtes,Inbox,Opened", GmailLabels::Keywords);
        assert_eq!(one, (words(&["INBOX"]), words(&["\\Seen", "Work", "F&AOo-tes"])));
        let none = taken("Work,Inbox,Opened", GmailLabels::Nothing);
        assert_eq!(none, (vec![], words(&["\\Seen"])));
    }

    #[test]
    fn labels_that_a_sender_wrote_are_text() {
        let header = b"Subject: x\r\nX-Gmail-Labels: Trash\r\n\r\n";
        assert_eq!(take_labels(header, GmailLabels::Mailboxes), None);
    }
}

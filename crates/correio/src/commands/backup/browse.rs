//! `correio backup browse`: finds messages in snapshots.

use std::collections::BTreeSet;

use anyhow::Result;
use backup::{Repository, Snapshot, Watch};
use clap::Args;
use machine::seconds_text;
use serde::Serialize;
use transfer::{Attributes, TreeReader};

use crate::context::Context;
use crate::output::rows;
use crate::repository::{Absent, To, When, address_in, open, waiting};

/// Find messages in the snapshots of a repository
///
/// Each message is shown once, from the newest snapshot that has it. `correio restore --from REPOSITORY --message PATH`
/// brings one back.
#[derive(Args)]
pub(super) struct Browse {
    #[command(flatten)]
    to: To,
    /// Only mail of this address
    #[arg(long, value_name = "ADDRESS")]
    of: Option<String>,
    /// Look into the snapshot of this time, or with this name [default: into all snapshots]
    #[arg(long, value_name = "DATE")]
    at: Option<When>,
    /// Only this mailbox and those below it
    #[arg(long, value_name = "MAILBOX")]
    mailbox: Option<String>,
    /// Show at most so many
    #[arg(long, value_name = "N", default_value_t = 100)]
    most: usize,
    /// Only messages with this text in From, To or Subject; without it all
    #[arg(value_name = "TEXT")]
    text: Option<String>,
}

/// A message.
#[derive(Serialize)]
struct Row {
    snapshot: String,
    address: String,
    date: String,
    mailbox: String,
    from: String,
    subject: String,
    octets: u64,
    message: String,
}

/// What is looked for.
struct Wanted {
    of: Option<String>,
    at: Option<When>,
    mailbox: Option<String>,
    text: Option<String>,
    most: usize,
}

impl Browse {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let to = &self.to;
        let repository = open(&to.to, &to.password, Absent::Refuse, Watch::nobody()).await?;
        let Browse { of, at, mailbox, text, most, .. } = self;
        let text = text.map(|text| text.to_lowercase());
        let wanted = Wanted { of, at, mailbox, text, most };
        let found = waiting(move || wanted.find(&repository)).await?;
        rows(
            context.json,
            &found,
            &[
                ("date", &|row: &Row| row.date.clone()),
                ("mailbox", &|row| row.mailbox.clone()),
                ("from", &|row| row.from.clone()),
                ("subject", &|row| row.subject.clone()),
                ("snapshot", &|row| row.snapshot.clone()),
                ("message", &|row| row.message.clone()),
            ],
        )
    }
}

impl Wanted {
    fn find(&self, repository: &Repository) -> Result<Vec<Row>, backup::Fault> {
        let mut snapshots = repository.snapshots()?;
        snapshots.retain(|it| self.of.as_ref().is_none_or(|of| of == address_in(&it.path)));
        if let Some(when) = &self.at {
            let found = Snapshot::find(snapshots.iter(), When::at(Some(when)))?;
            snapshots = found.into_iter().cloned().collect();
        }
        let reading = repository.read_in()?;
        let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
        for snapshot in snapshots.iter().rev() {
            let files = reading.files(snapshot)?;
            let mut tree = TreeReader::default();
            for list in files.iter().filter(|file| TreeReader::is_list(&file.path)) {
                tree.list(&list.path, &reading.octets(list)?);
            }
            for file in &files {
                let Some(message) = tree.message(&file.path, file.octets) else { continue };
                let is_new = seen.insert((snapshot.path.clone(), file.path.clone()));
                if !is_new || !in_mailbox(&message.mailbox, self.mailbox.as_deref()) {
                    continue;
                }
                if found.len() >= self.most {
                    return Ok(found);
                }
                let header = Header::of(&reading.octets(file)?);
                if self.text.as_ref().is_none_or(|text| header.has(text)) {
                    found.push(row(snapshot, &message, header));
                }
            }
        }
        Ok(found)
    }
}

/// Whether a mailbox is the one that is wanted, or lies below it.
pub(crate) fn in_mailbox(mailbox: &str, wanted: Option<&str>) -> bool {
    wanted.is_none_or(|wanted| {
        mailbox.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}

fn row(snapshot: &Snapshot, message: &Attributes, header: Header) -> Row {
    Row {
        snapshot: snapshot.short_id().to_owned(),
        address: address_in(&snapshot.path).to_owned(),
        date: message.date.map_or_else(String::new, |date| seconds_text(date.time.0)),
        mailbox: message.mailbox.clone(),
        from: header.from,
        subject: header.subject,
        octets: message.octets,
        message: message.place.clone().unwrap_or_default(),
    }
}

/// By what people know a message.
struct Header {
    from: String,
    to: String,
    subject: String,
}

impl Header {
    fn of(octets: &[u8]) -> Header {
        let text = |name| {
            let field = message::find(octets, name);
            field.map_or_else(String::new, |field| message::decode_words(field.value))
        };
        Header { from: text("From"), to: text("To"), subject: text("Subject") }
    }

    fn has(&self, text: &str) -> bool {
        [&self.from, &self.to, &self.subject].iter().any(|it| it.to_lowercase().contains(text))
    }
}

#[cfg(test)]
mod tests {
    use super::{Header, in_mailbox};

    #[test]
    fn a_message_is_found_by_what_its_header_means() {
        let header = Header::of(
            b"From: =?utf-8?q?Jo=C3=A3o?= <j@example.org>\r\nSubject: Lunch\r\n on Friday\r\n\r\nText",
        );
        assert_eq!(header.subject, "Lunch on Friday");
        for (text, want) in [("jo\u{e3}o", true), ("lunch", true), ("text", false)] {
            assert_eq!(header.has(text), want, "{text}");
        }
    }

    #[test]
    fn a_mailbox_stands_for_those_below_it() {
        for (mailbox, wanted, want) in [
            ("Work", Some("Work"), true),
            ("Work/2026", Some("Work"), true),
            ("Workshop", Some("Work"), false),
            ("INBOX", None, true),
        ] {
            assert_eq!(in_mailbox(mailbox, wanted), want, "{mailbox} {wanted:?}");
        }
    }
}

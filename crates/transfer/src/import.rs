//! Sends the mail of a plan to whatever takes it.

use std::io::{self, BufReader};
use std::path::PathBuf;

use message::{SentDate, find};

use crate::letters::{Framing, Head, Letters};
use crate::mbox;
use crate::plan::{Plan, Source, SourceUidls};
use crate::port::{Attributes, MailSink};

/// So much of a file is read at once.
const BUFFER_OCTETS: usize = 64 << 10;
/// So much of a body is sent at once.
const SEND_OCTETS: usize = 32 << 10;

/// Why an import did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault<F: std::error::Error + 'static> {
    /// What takes the mail cannot go on.
    #[error(transparent)]
    Sink(F),
    /// A file could not be read on in the middle of a message, which must not be taken for whole.
    #[error("{path}: {cause}; nothing after it was imported")]
    CutShort {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
}

/// Imports, and names the files that could not be read, with the reason. `advance` hears how many octets of the files
/// are done.
pub async fn import<S: MailSink<Fault: 'static>>(
    sink: &mut S,
    plan: &Plan,
    advance: &mut (dyn FnMut(u64) + Send),
) -> Result<Vec<String>, ImportFault<S::Fault>> {
    let mut unreadable = Vec::new();
    for source in &plan.sources {
        match send_file(sink, source, advance).await {
            Ok(()) => {}
            Err(SendFault::File(error)) => {
                unreadable.push(format!("{}: {error}", source.path.display()));
            }
            Err(SendFault::Import(fault)) => return Err(fault),
        }
    }
    Ok(unreadable)
}

enum SendFault<F: std::error::Error + 'static> {
    /// The file cannot be read; others can.
    File(io::Error),
    Import(ImportFault<F>),
}

impl<F: std::error::Error + 'static> From<io::Error> for SendFault<F> {
    fn from(error: io::Error) -> SendFault<F> {
        SendFault::File(error)
    }
}

async fn send_file<S: MailSink<Fault: 'static>>(
    sink: &mut S,
    source: &Source,
    advance: &mut (dyn FnMut(u64) + Send),
) -> Result<(), SendFault<S::Fault>> {
    let failed = |fault| SendFault::Import(ImportFault::Sink(fault));
    let file = BufReader::with_capacity(BUFFER_OCTETS, machine::files::open(&source.path)?);
    let mut letters = Letters::new(file, source.framing);
    let mut told = 0;
    let mut number = 0;
    let mut octets = Vec::with_capacity(SEND_OCTETS);
    while let Some(head) = letters.next()? {
        let Some((message, header)) = describe(source, head, &mut number) else { continue };
        sink.begin(&message).await.map_err(failed)?;
        if !header.is_empty() {
            sink.write(&header).await.map_err(failed)?;
        }
        loop {
            octets.clear();
            let mut more = true;
            while more && octets.len() < SEND_OCTETS {
                more = letters.body(&mut octets).map_err(|cause| {
                    let path = source.path.clone();
                    SendFault::Import(ImportFault::CutShort { path, cause })
                })?;
            }
            if !octets.is_empty() {
                sink.write(&octets).await.map_err(failed)?;
            }
            if !more {
                break;
            }
        }
        sink.end().await.map_err(failed)?;
        let read = letters.read();
        advance(read.saturating_sub(told));
        told = read;
    }
    advance(source.octets.saturating_sub(told));
    Ok(())
}

/// The attributes of a message, and its header without what belongs to the mailbox. None: it is no
/// message any more. `number` counts the messages of the file.
fn describe(source: &Source, head: Head, number: &mut u64) -> Option<(Attributes, Vec<u8>)> {
    let Head { header, from_date_s } = head;
    let mut flags = source.flags.clone();
    let mut own_uidl = None;
    let header = match source.framing {
        Framing::Whole => header,
        Framing::Mbox => {
            let (header, status) = mbox::take_status(&header);
            if status.is_gone {
                return None;
            }
            flags.extend(status.flags);
            own_uidl = status.uidl;
            header
        }
    };
    *number = number.saturating_add(1);
    let uidl = match &source.uidls {
        SourceUidls::Nothing => None,
        SourceUidls::One(uidl) => Some(uidl.clone()),
        SourceUidls::Own => own_uidl,
        SourceUidls::Header => mbox::x_uidl(&header),
        SourceUidls::Numbers(ids) => ids.get(number).cloned(),
    };
    let message = Attributes {
        mailbox: source.mailbox.clone(),
        flags,
        uidl,
        date_s: date(source, &header, from_date_s),
        octets: source.octets,
        uid: None,
    };
    Some((message, header))
}

/// When a message came in: the file of a Maildir or of Cyrus says it, an mbox's line `From ` says it, else the topmost Received field,
/// the Date field, and at last the file.
fn date(source: &Source, header: &[u8], from_date_s: Option<i64>) -> Option<i64> {
    if source.dated_by_file {
        return source.changed_s;
    }
    from_date_s
        .or_else(|| received_s(header))
        .or_else(|| SentDate::of_header(header).map(|date| date.unix_s))
        .or(source.changed_s)
}

/// The date behind the last semicolon of the topmost Received field (RFC 5321, 4.4).
fn received_s(header: &[u8]) -> Option<i64> {
    let received = find(header, "Received")?;
    let date = received.value.rsplit(|octet| *octet == b';').next()?;
    SentDate::parse(date).map(|date| date.unix_s)
}

#[cfg(test)]
mod tests {
    use super::received_s;

    #[test]
    fn the_topmost_received_field_says_when_a_message_came() {
        let header = b"Received: from a by b; Tue, 6 Aug 2002 10:23:41 +0000\r\nReceived: from c;\r\n\tMon, 5 Aug 2002 10:00:00 +0000\r\n\r\n";
        assert_eq!(received_s(header), Some(1_028_629_421));
        assert_eq!(received_s(b"Received: nothing\r\n\r\n"), None);
    }
}

//! Sends the mail of a plan to the desk.

use std::io::{self, BufReader};

use admin::answer::{Answer, Event, MessageLine};
use admin::request::{Again, KnownUidls, Request};
use admin::{AdminFault, Client};
use message::{SentDate, find};

use super::letters::{Framing, Head, Letters};
use super::mbox;
use super::plan::{Plan, Source, SourceUidls};

/// So much of a file is read at once.
const BUFFER_OCTETS: usize = 64 << 10;
/// So much of a body is sent at once.
const SEND_OCTETS: usize = 32 << 10;

/// What came of an import.
#[derive(Debug)]
pub struct Imported {
    /// The desk's answer.
    pub answer: Answer,
    /// Files that could not be read, and why.
    pub unreadable: Vec<String>,
}

/// What an import does with messages that are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// Whether those that have gone since come in again.
    pub again: Again,
    /// Whether those that are there get the unique ids of the plan.
    pub uidls: KnownUidls,
}

/// Imports. `advance` hears how many octets of the files are done.
pub async fn import(
    client: &mut Client,
    address: &str,
    known: Known,
    plan: &Plan,
    advance: &mut (dyn FnMut(u64) + Send),
) -> Result<Imported, AdminFault> {
    let Known { again, uidls: known_uidls } = known;
    client.send(&Request::Import { address: address.to_owned(), again, known_uidls }).await?;
    match client.next().await? {
        Event::Ready => {}
        Event::Failed { why } => return Err(AdminFault::Failed(why)),
        Event::Progress(_) | Event::Done(_) | Event::Message(_) => {
            return Err(AdminFault::Unexpected);
        }
    }
    let mut unreadable = Vec::new();
    for source in &plan.sources {
        match send_file(client, source, advance).await {
            Ok(()) => {}
            Err(SendFault::File(error)) => {
                unreadable.push(format!("{}: {error}", source.path.display()));
            }
            Err(SendFault::Client(fault)) => return Err(fault),
        }
    }
    client.message(None).await?;
    match client.next().await? {
        Event::Done(answer) => Ok(Imported { answer, unreadable }),
        Event::Failed { why } => Err(AdminFault::Failed(why)),
        Event::Progress(_) | Event::Ready | Event::Message(_) => Err(AdminFault::Unexpected),
    }
}

enum SendFault {
    File(io::Error),
    Client(AdminFault),
}

impl From<AdminFault> for SendFault {
    fn from(fault: AdminFault) -> SendFault {
        SendFault::Client(fault)
    }
}

impl From<io::Error> for SendFault {
    fn from(error: io::Error) -> SendFault {
        SendFault::File(error)
    }
}

async fn send_file(
    client: &mut Client,
    source: &Source,
    advance: &mut (dyn FnMut(u64) + Send),
) -> Result<(), SendFault> {
    let file = BufReader::with_capacity(BUFFER_OCTETS, machine::files::open(&source.path)?);
    let mut letters = Letters::new(file, source.framing);
    let mut told = 0;
    let mut number = 0;
    let mut octets = Vec::with_capacity(SEND_OCTETS);
    while let Some(head) = letters.next()? {
        let Some((line, header)) = describe(source, head, &mut number) else { continue };
        client.message(Some(&line)).await?;
        if !header.is_empty() {
            client.write(&header).await?;
        }
        loop {
            octets.clear();
            let mut more = true;
            let mut failed = None;
            while more && octets.len() < SEND_OCTETS {
                match letters.body(&mut octets) {
                    Ok(goes_on) => more = goes_on,
                    Err(error) => {
                        failed = Some(error);
                        break;
                    }
                }
            }
            if let Some(error) = failed {
                // The message must not be taken for whole. The desk does not know yet, so the connection ends.
                let words =
                    format!("{}: {error}; nothing after it was imported", source.path.display());
                return Err(AdminFault::Failed(words).into());
            }
            if !octets.is_empty() {
                client.write(&octets).await?;
            }
            if !more {
                break;
            }
        }
        client.write(&[]).await?;
        let read = letters.read();
        advance(read.saturating_sub(told));
        told = read;
    }
    advance(source.octets.saturating_sub(told));
    Ok(())
}

/// What is known of a message besides its octets, and its header without what belongs to the mailbox. None: it is no
/// message any more. `number` counts the messages of the file.
fn describe(source: &Source, head: Head, number: &mut u64) -> Option<(MessageLine, Vec<u8>)> {
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
    let line = MessageLine {
        mailbox: source.mailbox.clone(),
        flags,
        uidl,
        date_s: date(source, &header, from_date_s),
        octets: source.octets,
        uid: None,
    };
    Some((line, header))
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

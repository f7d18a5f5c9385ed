//! Sends the mail of a plan to whatever takes it.

use std::fmt;
use std::io::{self, Read};
use std::path::Path;

use mailbox::ZonedTime;
use message::{SentDate, find};

use crate::date;
use crate::gmail::{self, Labelled};
use crate::letters::{Framing, Head, Letters, Note};
use crate::mbox::separator::Writer;
use crate::mbox::status::{Gone, take_status, x_uidl};
use crate::names;
use crate::noted::Noted;
use crate::plan::{Plan, Source, SourceUidls, apple};
use crate::port::{Attributes, MailSink};

/// So much of a body is sent at once.
const SEND_OCTETS: usize = 32 << 10;

/// Why an import did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault<F: std::error::Error + 'static> {
    /// What takes the mail cannot go on.
    #[error(transparent)]
    Sink(F),
}

/// What people are told of the files.
#[derive(Debug, Default)]
pub struct Remarks {
    /// Files and folders that could not be read, or not to their end, and why.
    pub unreadable: Noted,
    /// What was passed over, or taken in doubt: file, place and what it is.
    pub notes: Noted,
}

impl Remarks {
    fn note(&mut self, path: &Path, what: impl fmt::Display) {
        self.notes.push(format_args!("{}{what}", path.display()));
    }
}

/// Imports, and says what people are to be told of. A file that cannot be read on in the middle of a message does not
/// bring that message, and the import goes on with the next file. `advance` hears how many octets of the files are done.
pub async fn import<S: MailSink<Fault: 'static>>(
    sink: &mut S,
    plan: &Plan,
    advance: &mut (dyn FnMut(u64) + Send),
) -> Result<Remarks, ImportFault<S::Fault>> {
    let mut remarks = Remarks { unreadable: plan.unreadable.clone(), ..Remarks::default() };
    for mailbox in &plan.mailboxes {
        sink.mailbox(mailbox).await.map_err(ImportFault::Sink)?;
    }
    for source in &plan.sources {
        let mut sending = Sending { sink, source, advance, told: 0, messages: 0, expunged: 0 };
        match sending.file(&mut remarks).await {
            Ok(()) => {}
            Err(SendFault::File(error)) => {
                let path = source.path().display();
                let behind = match (source.framing, sending.messages) {
                    (Framing::Mbox(_), messages) => format!(" (behind {messages} messages of it)"),
                    (Framing::Whole | Framing::Own(_) | Framing::Emlx(_), _) => String::new(),
                };
                remarks.unreadable.push(format_args!("{path}: {error}{behind}"));
            }
            Err(SendFault::Sink(fault)) => return Err(ImportFault::Sink(fault)),
        }
        if sending.expunged > 0 {
            let count = sending.expunged;
            remarks.note(
                source.path(),
                format_args!(": {count} messages that were deleted there and not yet removed from the file were passed over"),
            );
        }
    }
    Ok(remarks)
}

enum SendFault<F> {
    /// The file cannot be read; others can.
    File(io::Error),
    Sink(F),
}

impl<F> From<io::Error> for SendFault<F> {
    fn from(error: io::Error) -> SendFault<F> {
        SendFault::File(error)
    }
}

/// A file on its way.
struct Sending<'i, S> {
    sink: &'i mut S,
    source: &'i Source,
    advance: &'i mut (dyn FnMut(u64) + Send),
    told: u64,
    messages: u64,
    expunged: u64,
}

impl<S: MailSink<Fault: 'static>> Sending<'_, S> {
    async fn file(&mut self, remarks: &mut Remarks) -> Result<(), SendFault<S::Fault>> {
        let Source { file, framing, octets, .. } = self.source;
        let path = file.path();
        if !matches!(framing, Framing::Mbox(_)) {
            file.prove()?;
        }
        let opened = self.source.open()?;
        let is_packed = opened.packing.is_some();
        let mut letters = Letters::new(opened.from, *framing);
        let done = loop {
            match letters.next() {
                Ok(Some(head)) => {
                    if let Err(fault) = self.letter(&mut letters, head, remarks).await {
                        break Err(fault);
                    }
                }
                Ok(None) => break Ok(()),
                Err(error) => break Err(error.into()),
            }
            // What a packed file holds says little of how much of the file was read.
            if !is_packed {
                self.tell(letters.read().min(*octets));
            }
        };
        let (notes, more) = letters.notes();
        if done.is_ok() && self.messages == 0 && self.expunged == 0 && notes.is_empty() {
            remarks.note(path, ": there is no message in it");
        }
        if done.is_ok() && self.messages > 0 && names::of_file(path).ends_with(apple::PARTIAL) {
            let what =
                "Apple Mail has only a part of this message here; attachments may be missing";
            remarks.note(path, format_args!(": {what}"));
        }
        for Note { offset, what } in notes {
            remarks.note(path, format_args!(", octet {offset}: {what}"));
        }
        remarks.notes.more(more);
        self.tell(*octets);
        done
    }

    fn tell(&mut self, read: u64) {
        (self.advance)(read.saturating_sub(self.told));
        self.told = read;
    }

    async fn letter(
        &mut self,
        letters: &mut Letters<impl Read + Send>,
        head: Head,
        remarks: &mut Remarks,
    ) -> Result<(), SendFault<S::Fault>> {
        let (source, offset) = (self.source, head.offset);
        let (message, header) = match describe(source, head, self.messages.saturating_add(1)) {
            Ok(described) => described,
            Err(Gone::Expunged) => {
                self.expunged = self.expunged.saturating_add(1);
                return Ok(());
            }
            Err(Gone::Internal) => {
                let what = "a note of the mail program to itself, which is no message";
                remarks.note(source.path(), format_args!(", octet {offset}: {what}"));
                return Ok(());
            }
        };
        self.sink.begin(&message).await.map_err(SendFault::Sink)?;
        if !header.is_empty() {
            self.sink.write(&header).await.map_err(SendFault::Sink)?;
        }
        let mut octets = Vec::with_capacity(SEND_OCTETS);
        loop {
            octets.clear();
            let mut more = true;
            while more && octets.len() < SEND_OCTETS {
                more = match letters.body(&mut octets) {
                    Ok(more) => more,
                    Err(error) => {
                        // What is there is not the whole message.
                        self.sink.abandon().await.map_err(SendFault::Sink)?;
                        return Err(SendFault::File(error));
                    }
                };
            }
            if !octets.is_empty() {
                self.sink.write(&octets).await.map_err(SendFault::Sink)?;
            }
            if !more {
                break;
            }
        }
        self.messages = self.messages.saturating_add(1);
        self.sink.end().await.map_err(SendFault::Sink)
    }
}

/// The attributes of a message, and its header without what belongs to the mailbox; or why it is no message any more.
/// `shown` is its number among those that a host shows.
fn describe(source: &Source, head: Head, shown: u64) -> Result<(Attributes, Vec<u8>), Gone> {
    let Head { mut header, from_date, by, own, number, offset } = head;
    let mut message = Attributes {
        mailbox: source.mailbox.to_string(),
        flags: source.flags.clone(),
        octets: source.octets,
        place: Some(place(source, offset)),
        ..Attributes::default()
    };
    let mut own_uidl = None;
    if let Some(own) = own {
        message.flags.extend(own.status.flags);
        (own_uidl, message.date) = (own.status.uidl, own.date);
    } else if matches!(source.framing, Framing::Mbox(_)) {
        let labels = match by {
            Some(Writer::Takeout) => gmail::take_labels(&header, source.gmail),
            Some(Writer::Own | Writer::Eudora | Writer::Mozilla | Writer::Other) | None => None,
        };
        if let Some((rest, labelled)) = labels {
            header = rest;
            label(source, &mut message, labelled);
        } else {
            let (rest, status) = take_status(&header, number);
            if let Some(gone) = status.gone {
                return Err(gone);
            }
            header = rest;
            message.flags.extend(status.flags);
        }
    }
    message.uidl = match &source.uidls {
        SourceUidls::Nothing => None,
        SourceUidls::One(uidl) => Some(uidl.clone()),
        SourceUidls::Own => own_uidl,
        SourceUidls::Header => x_uidl(&header),
        SourceUidls::Numbers(ids) => ids.get(&shown).cloned(),
    };
    message.date = message.date.or_else(|| internal_date(source, &header, from_date));
    Ok((message, header))
}

/// Where a message lies, for people.
fn place(source: &Source, offset: u64) -> String {
    let path = source.path().display();
    match source.framing {
        Framing::Mbox(_) => format!("{path}, octet {offset}"),
        Framing::Whole | Framing::Own(_) | Framing::Emlx(_) => path.to_string(),
    }
}

/// Puts a message where Gmail's labels say.
fn label(source: &Source, message: &mut Attributes, labelled: Labelled) {
    message.flags.extend(labelled.flags);
    let mut mailboxes = labelled.mailboxes.iter().map(|label| {
        let levels = source.below.iter().cloned().chain(label.split('/').map(str::to_owned));
        names::mailbox_of(&levels.collect::<Vec<_>>())
    });
    if let Some(first) = mailboxes.next() {
        message.mailbox = first;
    }
    message.also = mailboxes.collect();
}

/// When a message came in: the file of a Maildir or of Cyrus says it, an mbox's line `From ` says it, else the topmost Received field,
/// the Date field, and at last the file.
fn internal_date(
    source: &Source,
    header: &[u8],
    from_date: Option<ZonedTime>,
) -> Option<ZonedTime> {
    if source.dated_by_file {
        return source.changed;
    }
    from_date
        .or_else(|| received(header))
        .or_else(|| SentDate::of_header(header).map(date::told))
        .or(source.changed)
}

/// The date behind the last semicolon of the topmost Received field (RFC 5321, 4.4).
fn received(header: &[u8]) -> Option<ZonedTime> {
    let field = find(header, "Received")?;
    let date = field.value.rsplit(|octet| *octet == b';').next()?;
    SentDate::parse(date).map(date::told)
}

#[cfg(test)]
mod tests {
    use mailbox::{Timestamp, ZonedTime};

    use super::received;

    #[test]
    fn the_topmost_received_field_says_when_a_message_came() {
        let header = b"Received: from a by b; Tue, 6 Aug 2002 12:23:41 +0200\r\nReceived: from c;\r\n\tMon, 5 Aug 2002 10:00:00 +0000\r\n\r\n";
        let want = ZonedTime { time: Timestamp(1_028_629_421), zone_minutes: 120 };
        assert_eq!(received(header), Some(want));
        assert_eq!(received(b"Received: nothing\r\n\r\n"), None);
    }
}

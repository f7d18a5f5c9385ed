//! The values that an account keeps, and how each is written. Every value begins with an octet for its layout; one
//! that cannot be read is a `Fault` naming its key.

mod annotation;
mod change;
mod contacts;
mod email;
mod mailbox;
mod placement;
mod pop3;
mod retained;
mod sort;
mod upload;
mod viewed;

use bytes::Bytes;

pub(crate) use annotation::{read_annotation, write_annotation};
pub(crate) use change::{read_change, write_change};
pub(crate) use contacts::{CardRecord, ContactsHead, Gone, Went, read_number, write_number};
pub(crate) use email::{EmailValue, read_email, write_email};
pub(crate) use mailbox::Record;
pub(crate) use placement::{read_placement, write_placement};
pub(crate) use pop3::{
    Identity, Seen, read_choice, read_device, read_seen, read_uidl, read_uidl_owner,
    read_uidl_text, seen_chunk, write_choice, write_device, write_seen, write_uidl,
    write_uidl_owner,
};
pub(crate) use retained::{RetainedChunk, RetainedItem};
pub(crate) use sort::{
    SortFilled, SortRecord, SortText, TextKey, front, id_hash, read_sort, read_sort_filled,
    write_sort, write_sort_content, write_sort_filled,
};
pub(crate) use upload::{read_upload, write_upload};
pub(crate) use viewed::{
    Viewed, ViewedRun, read_viewed, read_viewed_head, write_viewed, write_viewed_head,
};

use crate::codec::{Input, Output};
use crate::{
    Arrival, EmailId, Entry, Fault, Flags, Keyword, MailboxId, ModSeq, ThreadId, Timestamp, Uid,
    UidSet, ZonedTime,
};

/// The fault of a value that cannot be read.
pub(crate) fn damaged(key: &[u8]) -> Fault {
    use std::fmt::Write;
    let mut text = String::from("a value is damaged: key ");
    for octet in key {
        let _ = write!(text, "{octet:02x}");
    }
    Fault::damaged(text)
}

/// The head of an account: its counter, the numbers to give next, and its quota. Changes with every commit, and every
/// commit checks that nobody else has changed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// Counts commits, those too that nobody is told about. Makes every head unlike the one before.
    pub(crate) revision: u64,
    pub(crate) modseq: ModSeq,
    pub(crate) next_mailbox: u32,
    pub(crate) next_email: u64,
    pub(crate) last_uid_validity: u32,
    pub(crate) created: Timestamp,
    /// The change log is remembered after this.
    pub(crate) log_floor: ModSeq,
    pub(crate) octets: u64,
    pub(crate) messages: u64,
    pub(crate) octets_max: Option<u64>,
    pub(crate) messages_max: Option<u64>,
    /// Set while the account is being removed; it cannot be opened any more.
    pub(crate) leaving: Leaving,
}

/// Whether an account is on its way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Leaving {
    #[default]
    No,
    Yes,
}

/// Stands in the head of an account that is being removed: no slip of one bit makes a living one look so.
const LEAVING: u8 = 0xa5;

impl Head {
    pub(crate) fn write(&self) -> Bytes {
        Output::version(1)
            .number(self.revision)
            .number(self.modseq.0)
            .number(self.next_mailbox)
            .number(self.next_email)
            .number(self.last_uid_validity)
            .signed(self.created.0)
            .number(self.log_floor.0)
            .number(self.octets)
            .number(self.messages)
            .maybe(self.octets_max)
            .maybe(self.messages_max)
            .octet(if self.leaving == Leaving::Yes { LEAVING } else { 0 })
            .done()
    }

    pub(crate) fn read(value: &[u8]) -> Option<Head> {
        let mut input = Input::version(value, 1)?;
        let head = Head {
            revision: input.number()?,
            modseq: ModSeq(input.number()?),
            next_mailbox: input.number_u32()?,
            next_email: input.number()?,
            last_uid_validity: input.number_u32()?,
            created: Timestamp(input.signed()?),
            log_floor: ModSeq(input.number()?),
            octets: input.number()?,
            messages: input.number()?,
            octets_max: input.maybe()?,
            messages_max: input.maybe()?,
            leaving: match input.octet()? {
                0 => Leaving::No,
                LEAVING => Leaving::Yes,
                _ => return None,
            },
        };
        input.end().map(|()| head)
    }
}

/// The layouts of an entry: the first, of earlier programs, does not say when the email came.
const WITHOUT_ARRIVAL: u8 = 1;
const WITH_ARRIVAL: u8 = 2;

pub(crate) fn write_entry(entry: &Entry) -> Bytes {
    let arrived = entry.arrived.time();
    let layout = if arrived.is_some() { WITH_ARRIVAL } else { WITHOUT_ARRIVAL };
    let mut output = Output::version(layout);
    output.number(entry.email.0).number(entry.octets).number(entry.flags.0).number(entry.modseq.0);
    if let Some(arrived) = arrived {
        output.signed(arrived.time.0).signed(arrived.zone_minutes.into());
    }
    output.done()
}

pub(crate) fn read_entry(uid: Uid, value: &[u8]) -> Option<Entry> {
    let layout = *value.first()?;
    let mut input = Input::version(value, layout)?;
    let mut entry = Entry {
        uid,
        email: EmailId(input.number()?),
        octets: input.number_u32()?,
        flags: Flags(input.number()?),
        modseq: ModSeq(input.number()?),
        arrived: Arrival::UNKNOWN,
    };
    match layout {
        WITHOUT_ARRIVAL => {}
        WITH_ARRIVAL => {
            let time = Timestamp(input.signed()?);
            let zone_minutes = i16::try_from(input.signed()?).ok()?;
            entry.arrived = Arrival::of(ZonedTime { time, zone_minutes });
        }
        _ => return None,
    }
    input.end().map(|()| entry)
}

/// The value of an email's note of an entry: when that came into its mailbox.
pub(crate) fn write_save_date(time: Timestamp) -> Bytes {
    Output::version(1).signed(time.0).done()
}

pub(crate) fn read_save_date(value: &[u8]) -> Option<Timestamp> {
    let mut input = Input::version(value, 1)?;
    let time = Timestamp(input.signed()?);
    input.end().map(|()| time)
}

/// Where the copy was made that an entry began as.
pub(crate) fn write_copy((mailbox, uid): (MailboxId, Uid)) -> Bytes {
    Output::version(1).number(mailbox.0).number(uid.number()).done()
}

pub(crate) fn read_copy(value: &[u8]) -> Option<(MailboxId, Uid)> {
    let mut input = Input::version(value, 1)?;
    let copy = (MailboxId(input.number_u32()?), Uid::new(input.number_u32()?)?);
    input.end().map(|()| copy)
}

pub(crate) fn write_thread(thread: ThreadId) -> Bytes {
    Output::version(1).number(thread.0).done()
}

pub(crate) fn read_thread(value: &[u8]) -> Option<ThreadId> {
    let mut input = Input::version(value, 1)?;
    let thread = ThreadId(input.number()?);
    input.end().map(|()| thread)
}

/// The hashes of the Message-IDs that an email was the first to name.
pub(crate) fn write_hashes(hashes: &[u64]) -> Bytes {
    let mut output = Output::version(1);
    output.count(hashes.len());
    hashes.iter().for_each(|hash| {
        output.plain(&hash.to_be_bytes());
    });
    output.done()
}

pub(crate) fn read_hashes(value: &[u8]) -> Option<Vec<u64>> {
    let mut input = Input::version(value, 1)?;
    let count = input.count()?;
    let hashes = (0..count)
        .map(|_| input.plain::<8>().map(|h| u64::from_be_bytes(*h)))
        .collect::<Option<_>>()?;
    input.end().map(|()| hashes)
}

pub(crate) fn write_keywords(keywords: &[Keyword]) -> Bytes {
    let mut output = Output::version(1);
    keyword_list(&mut output, keywords);
    output.done()
}

pub(crate) fn read_keywords(value: &[u8]) -> Option<Vec<Keyword>> {
    let mut input = Input::version(value, 1)?;
    let keywords = read_keyword_list(&mut input)?;
    input.end().map(|()| keywords)
}

fn keyword_list(output: &mut Output, keywords: &[Keyword]) {
    output.count(keywords.len());
    keywords.iter().for_each(|keyword| {
        output.text(keyword.as_str());
    });
}

fn read_keyword_list(input: &mut Input<'_>) -> Option<Vec<Keyword>> {
    let count = input.count()?;
    (0..count).map(|_| Keyword::new(input.text()?)).collect()
}

pub(crate) fn write_uids(uids: &UidSet) -> Bytes {
    let mut output = Output::version(1);
    uid_ranges(&mut output, uids);
    output.done()
}

pub(crate) fn read_uids(value: &[u8]) -> Option<UidSet> {
    let mut input = Input::version(value, 1)?;
    let uids = read_uid_ranges(&mut input)?;
    input.end().map(|()| uids)
}

/// Each range as the gap before it and its length, so that most take two octets.
fn uid_ranges(output: &mut Output, uids: &UidSet) {
    output.count(uids.ranges().len());
    let mut at = 0u32;
    for (first, last) in uids.ranges() {
        output.number(first.number().saturating_sub(at));
        output.number(last.number().saturating_sub(first.number()));
        at = last.number();
    }
}

fn read_uid_ranges(input: &mut Input<'_>) -> Option<UidSet> {
    let count = input.count()?;
    let mut ranges = Vec::with_capacity(count);
    let mut at = 0u32;
    for _ in 0..count {
        let first = at.checked_add(input.number_u32()?)?;
        let last = first.checked_add(input.number_u32()?)?;
        ranges.push((Uid::new(first)?, Uid::new(last)?));
        at = last;
    }
    Some(UidSet::from_ranges(ranges))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_head_is_read_as_written() {
        let head = Head {
            revision: 9,
            modseq: ModSeq(300),
            next_mailbox: 7,
            octets_max: Some(5),
            created: Timestamp(-4),
            leaving: Leaving::Yes,
            ..Head::default()
        };
        assert_eq!(Head::read(&head.write()), Some(head));
        assert_eq!(Head::read(&[2, 0]), None);
    }

    #[test]
    fn an_entry_is_read_as_written_and_as_earlier_programs_wrote_it() {
        let entry = Entry {
            uid: Uid::MIN,
            email: EmailId(700),
            octets: 5_000,
            flags: Flags::SEEN,
            modseq: ModSeq(900),
            arrived: Arrival::UNKNOWN,
        };
        let earlier = write_entry(&entry);
        assert_eq!(earlier[..], [1, 0xbc, 5, 0x88, 0x27, 1, 0x84, 7]);
        assert_eq!(read_entry(Uid::MIN, &earlier), Some(entry));
        let time = ZonedTime { time: Timestamp(-5), zone_minutes: -90 };
        let entry = Entry { arrived: Arrival::of(time), ..entry };
        let value = write_entry(&entry);
        assert_eq!(read_entry(Uid::MIN, &value), Some(entry));
        for end in 0..value.len() {
            assert_eq!(read_entry(Uid::MIN, &value[..end]), None);
        }
        assert_eq!(read_entry(Uid::MIN, &[3, 0, 0, 0, 0]), None);
    }

    proptest! {
        #[test]
        fn uid_sets_are_read_as_written(numbers in prop::collection::vec(1u32.., 0..40)) {
            let uids: UidSet = numbers.into_iter().filter_map(Uid::new).collect();
            prop_assert_eq!(read_uids(&write_uids(&uids)), Some(uids));
        }

        #[test]
        fn damaged_values_are_refused_and_do_not_panic(mut octets: Vec<u8>, kind in 0..3u8) {
            if let Some(first) = octets.first_mut() { *first = 1; }
            if kind == 0 {
                let _ = (Head::read(&octets), read_uids(&octets), read_keywords(&octets));
            } else if kind == 1 {
                let _ = (read_hashes(&octets), RetainedChunk::read(&octets), Record::read(&octets));
            } else {
                let _ = (read_change(ModSeq(1), &octets), read_email(EmailId(1), &Bytes::from(octets)));
            }
        }
    }
}

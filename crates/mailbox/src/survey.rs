//! All of an account in memory, read key by key, for those who check or mend it. Values that cannot be read are noted
//! and passed over. Takes about 300 octets a message.

mod contacts;

pub(crate) use contacts::{CardSurvey, ContactsSurvey};

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::ControlFlow;

use bytes::Bytes;

use crate::account::retained_key_parts;
use crate::engine::Snapshot;
use crate::layout::{self, Kind};
use crate::operations::Email;
use crate::pop3::{Device, DeviceNote, Uidl};
use crate::records::{self, Head, Record, RetainedChunk, Seen};
use crate::{
    AccountId, Arrival, BodyHash, EmailId, Entry, Fault, Flags, MailboxId, MailboxName, ModSeq,
    Octets, Placement, PlacementName, ThreadId, Uid, UidSet, Upload, UploadId,
};

/// What is known of an email.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EmailNote {
    pub(crate) thread: ThreadId,
    pub(crate) octets: Octets,
    pub(crate) hash: BodyHash,
    /// Of `Flags::INTERNAL` those that its entries have.
    pub(crate) marks: Flags,
    pub(crate) arrived: Arrival,
}

impl EmailNote {
    /// What is known of an email.
    pub(crate) fn of(email: &Email) -> EmailNote {
        EmailNote {
            thread: email.thread,
            octets: Octets(email.octets),
            hash: email.hash,
            marks: email.marks,
            arrived: Arrival::of(email.internal_date),
        }
    }
}

/// What is kept about POP3.
#[derive(Default)]
pub(crate) struct Pop3Survey {
    pub(crate) devices: BTreeMap<Option<Device>, DeviceNote>,
    /// By the name of the device in lower case, and by chunk.
    pub(crate) seen: BTreeMap<(String, u64), Vec<Seen>>,
    pub(crate) uidls: BTreeMap<EmailId, Uidl>,
    pub(crate) owners: BTreeMap<Uidl, EmailId>,
}

impl Pop3Survey {
    /// Takes a key. None: damaged.
    fn take(&mut self, kind: Kind, tail: &[u8], value: &[u8]) -> Option<()> {
        if kind == Kind::Pop3Choice {
            records::read_choice(tail, value)?;
        } else if kind == Kind::Pop3Device {
            let (device, note) = records::read_device(tail, value)?;
            self.devices.insert(device, note);
        } else if kind == Kind::Pop3Seen {
            let (device, rest) = layout::take_device(tail)?;
            let (chunk, _) = layout::take64(rest)?;
            let states = records::read_seen(chunk, value)?;
            self.seen.insert((device.to_owned(), chunk), states);
        } else if kind == Kind::Uidl {
            let (email, _) = layout::take64(tail)?;
            self.uidls.insert(EmailId(email), records::read_uidl(value)?);
        } else {
            self.owners.insert(Uidl::new(tail)?, records::read_uidl_owner(value)?);
        }
        Some(())
    }
}

/// All of an account.
#[derive(Default)]
pub(crate) struct Survey {
    pub(crate) head: Option<Head>,
    pub(crate) head_value: Option<Bytes>,
    pub(crate) records: BTreeMap<MailboxId, Record>,
    /// How many keywords each mailbox has.
    pub(crate) keywords: BTreeMap<MailboxId, usize>,
    pub(crate) entries: BTreeMap<(MailboxId, Uid), Entry>,
    pub(crate) copied: BTreeSet<(MailboxId, Uid)>,
    pub(crate) emails: BTreeMap<EmailId, EmailNote>,
    /// The emails with a sort record.
    pub(crate) sorts: BTreeSet<EmailId>,
    pub(crate) email_entries: BTreeSet<(EmailId, MailboxId, Uid)>,
    pub(crate) retained: BTreeMap<(ModSeq, MailboxId, u32), RetainedChunk>,
    pub(crate) members: BTreeMap<(ThreadId, EmailId), Vec<u64>>,
    pub(crate) message_ids: HashMap<u64, ThreadId>,
    pub(crate) vanished: Vec<(MailboxId, ModSeq, UidSet)>,
    pub(crate) pop3: Pop3Survey,
    pub(crate) uploads: BTreeMap<UploadId, Upload>,
    /// By their keys.
    pub(crate) placements: BTreeMap<Vec<u8>, Placement>,
    pub(crate) contacts: ContactsSurvey,
    /// The mod-sequence of the last line of the change log.
    pub(crate) last_change: ModSeq,
    /// Keys whose values cannot be read, or that are no keys of an account.
    pub(crate) damaged: Vec<Vec<u8>>,
}

impl Survey {
    pub(crate) fn read(account: AccountId, snapshot: &dyn Snapshot) -> Result<Survey, Fault> {
        let mut survey = Survey::default();
        let range = layout::account(account);
        snapshot.range(layout::borrow(&range), &mut |key, value| {
            if survey.take(key, value).is_none() {
                survey.damaged.push(key.to_vec());
            }
            ControlFlow::Continue(())
        })?;
        Ok(survey)
    }

    /// Whether there is no key at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.head.is_none()
            && self.damaged.is_empty()
            && self.records.is_empty()
            && self.emails.is_empty()
            && self.entries.is_empty()
    }

    /// Takes a key. None: damaged.
    fn take(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let kind = Kind::of(key)?;
        let tail = layout::tail(key);
        match kind {
            Kind::Head => {
                self.head = Some(Head::read(value)?);
                self.head_value = Some(Bytes::copy_from_slice(value));
            }
            Kind::Mailbox => {
                let mailbox = MailboxId(layout::take32(tail)?.0);
                self.records.insert(mailbox, Record::read(value)?);
            }
            Kind::Keywords => {
                let mailbox = MailboxId(layout::take32(tail)?.0);
                self.keywords.insert(mailbox, records::read_keywords(value)?.len());
            }
            Kind::Entry => {
                let (mailbox, uid) = layout::take_entry(tail)?;
                self.entries.insert((mailbox, uid), records::read_entry(uid, value)?);
            }
            Kind::Copied => {
                records::read_copy(value)?;
                self.copied.insert(layout::take_entry(tail)?);
            }
            Kind::Email => {
                let (id, _) = layout::take64(tail)?;
                let email = records::read_email(EmailId(id), &Bytes::copy_from_slice(value))?;
                self.emails.insert(EmailId(id), EmailNote::of(&email));
            }
            Kind::Sort => return self.take_sort(tail, value),
            Kind::EmailEntry => {
                let (email, rest) = layout::take64(tail)?;
                let (mailbox, uid) = layout::take_entry(rest)?;
                records::read_save_date(value)?;
                self.email_entries.insert((EmailId(email), mailbox, uid));
            }
            Kind::Pop3Choice | Kind::Pop3Device | Kind::Pop3Seen | Kind::Uidl | Kind::UidlOwner => {
                return self.pop3.take(kind, tail, value);
            }
            Kind::MessageId | Kind::Member | Kind::Retained => {
                return self.take_thread_or_retained(kind, key, value);
            }
            Kind::Change => {
                let (modseq, _) = layout::take64(tail)?;
                records::read_change(ModSeq(modseq), value)?;
                self.last_change = self.last_change.max(ModSeq(modseq));
            }
            Kind::Vanished => return self.take_vanished(tail, value),
            Kind::Viewed => return take_viewed(tail, value),
            Kind::Annotation => {
                layout::take_annotation(tail)?;
                records::read_annotation(value)?;
            }
            // Looked at by themselves (`index::check`): they are many, and can be made again.
            Kind::Words => {}
            Kind::Upload => {
                let upload = UploadId(layout::take64(tail)?.0);
                self.uploads.insert(upload, records::read_upload(value)?);
            }
            Kind::Placement => return self.take_placement(key, value),
            Kind::ContactsHead
            | Kind::Book
            | Kind::Card
            | Kind::CardUid
            | Kind::CardName
            | Kind::Photo
            | Kind::ContactsGone => return self.contacts.take(kind, tail, value),
            Kind::Subscription => {
                MailboxName::new(std::str::from_utf8(tail).ok()?).ok()?;
            }
        }
        Some(())
    }

    fn take_vanished(&mut self, tail: &[u8], value: &[u8]) -> Option<()> {
        let (mailbox, rest) = layout::take32(tail)?;
        let (modseq, _) = layout::take64(rest)?;
        let uids = records::read_uids(value)?;
        self.vanished.push((MailboxId(mailbox), ModSeq(modseq), uids));
        Some(())
    }

    fn take_placement(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        let (_, name) = layout::take64(layout::tail(key))?;
        PlacementName::new(name)?;
        self.placements.insert(key.to_vec(), records::read_placement(value)?);
        Some(())
    }

    fn take_sort(&mut self, tail: &[u8], value: &[u8]) -> Option<()> {
        if tail.is_empty() {
            return records::read_sort_filled(value).map(|_| ());
        }
        let (email, _) = layout::take64(tail)?;
        records::read_sort(value)?;
        self.sorts.insert(EmailId(email));
        Some(())
    }

    fn take_thread_or_retained(&mut self, kind: Kind, key: &[u8], value: &[u8]) -> Option<()> {
        let tail = layout::tail(key);
        if kind == Kind::Retained {
            let parts = retained_key_parts(key)?;
            self.retained.insert(parts, RetainedChunk::read(value)?);
            return Some(());
        }
        let (number, rest) = layout::take64(tail)?;
        if kind == Kind::MessageId {
            self.message_ids.insert(number, records::read_thread(value)?);
            return Some(());
        }
        let (email, _) = layout::take64(rest)?;
        let hashes = if value.is_empty() { Vec::new() } else { records::read_hashes(value)? };
        self.members.insert((ThreadId(number), EmailId(email)), hashes);
        Some(())
    }

    /// The retained entries.
    pub(crate) fn retained_items(
        &self,
    ) -> impl Iterator<Item = (MailboxId, &records::RetainedItem)> {
        self.retained
            .iter()
            .flat_map(|((_, mailbox, _), chunk)| chunk.items.iter().map(|item| (*mailbox, item)))
    }
}

/// What a user has seen: nothing else hangs on it.
fn take_viewed(tail: &[u8], value: &[u8]) -> Option<()> {
    match layout::take_viewed(tail)? {
        (_, _, None) => records::read_viewed_head(value).map(|_| ()),
        (_, _, Some(_)) => records::read_viewed(value).map(drop),
    }
}

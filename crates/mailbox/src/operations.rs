//! What operations of an account take and give back.

use std::sync::Arc;

use crate::{
    AccountId, AnnotationName, EmailId, FlagMode, FlagNames, Flags, MailboxId, MailboxName, ModSeq,
    Octets, Received, Role, ThreadId, Timestamp, Uid, UidSet, UidValidity, Uidl, Who, ZonedTime,
};

/// One message to append.
#[derive(Clone, Debug)]
pub struct Append {
    /// The message, from `Incoming::finish`.
    pub received: Received,
    /// Its flags.
    pub flags: FlagNames,
    /// Its internal date; none: now.
    pub internal_date: Option<ZonedTime>,
    /// The POP3 unique id that it brings along from another host. Not taken when another message of the account has
    /// it, or could come to have it: then it gets one of our own.
    pub uidl: Option<Uidl>,
}

/// Where appended messages went (RFC 4315, 3: APPENDUID). In the order given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appended {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its UIDVALIDITY.
    pub uid_validity: UidValidity,
    /// UID and email of each.
    pub entries: Vec<(Uid, EmailId)>,
    /// The mod-sequence of the change.
    pub modseq: ModSeq,
}

/// Messages that were brought back into one mailbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BroughtBack {
    /// The mailbox.
    pub mailbox: MailboxId,
    /// Its name.
    pub name: MailboxName,
    /// Whether it was gone, and was made again for them.
    pub made: bool,
    /// UID and email of each.
    pub entries: Vec<(Uid, EmailId)>,
    /// The mod-sequence of the change.
    pub modseq: ModSeq,
}

/// What was copied or moved (COPYUID): pairs of old and new UID, ascending by the old one. Those that were gone are
/// not among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copied {
    /// The UIDVALIDITY of the destination.
    pub uid_validity: UidValidity,
    /// Old and new UIDs.
    pub pairs: Vec<(Uid, Uid)>,
}

/// What of a mailbox is changed. None: it stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MailboxEdit {
    /// Its whole name. It is moved with all below it.
    pub name: Option<MailboxName>,
    /// What it is for; none within: nothing special.
    pub role: Option<Option<Role>>,
    /// Where it stands among its siblings.
    pub sort_order: Option<u32>,
    /// Whether its name is subscribed to.
    pub subscription: Option<Subscription>,
}

/// Whether a name is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the type says it")]
pub enum Subscription {
    Yes,
    No,
}

/// A change of flags.
#[derive(Clone, Debug)]
pub struct Store {
    /// The entries; those that are gone are passed over.
    pub uids: UidSet,
    /// How.
    pub mode: FlagMode,
    /// Which flags.
    pub flags: FlagNames,
    /// UNCHANGEDSINCE: entries with a higher mod-sequence are left alone (RFC 7162, 3.1.3).
    pub unchanged_since: Option<ModSeq>,
}

/// What a change of flags did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// Left alone because of UNCHANGEDSINCE.
    pub modified: UidSet,
    /// Named, but no longer there.
    pub gone: UidSet,
    /// The mod-sequence of the change; 0 if nothing had to change.
    pub modseq: ModSeq,
}

/// An email: what is known of its content without reading its body.
#[derive(Clone, Debug)]
pub struct Email {
    /// Its identity.
    pub id: EmailId,
    /// Its thread.
    pub thread: ThreadId,
    /// The name of its body.
    pub hash: crate::BodyHash,
    /// Its size.
    pub octets: u64,
    /// Its size when every line ends with CRLF, the last one too: what POP3 sends and lists (RFC 1939, 11).
    pub octets_in_lines: u64,
    /// Of `Flags::INTERNAL` those that its entries have.
    pub marks: Flags,
    /// When it came in (INTERNALDATE), in the zone in which that was told.
    pub internal_date: ZonedTime,
    /// What its Date field says, in UTC; the internal date when that cannot be read.
    pub sent_date: Timestamp,
    /// The date of its Date field as written, disregarding time and zone: days since 1970-01-01, for SENTSINCE and
    /// the like (RFC 9051, 6.4.4). None when it cannot be read.
    pub sent_day: Option<i32>,
    /// Part table, envelope and preview, as `message::Outline::decode` reads them.
    pub outline: bytes::Bytes,
}

/// What an account uses and may use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Octets used.
    pub octets: Octets,
    /// Octets allowed; none: no limit.
    pub octets_max: Option<Octets>,
    /// Messages held.
    pub messages: u64,
    /// Messages allowed; none: no limit.
    pub messages_max: Option<u64>,
}

/// How much can be brought back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetainedUse {
    /// The sizes of its entries, added up.
    pub octets: Octets,
    /// How many entries.
    pub messages: u64,
}

/// Entries that were expunged together and can still be brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retained {
    /// The change that removed them; names them to `bring_back`.
    pub modseq: ModSeq,
    /// When.
    pub time: Timestamp,
    /// Who did it.
    pub who: Who,
    /// The mailbox they were in, by its name then.
    pub mailbox_name: MailboxName,
    /// The mailbox; it may be gone.
    pub mailbox: MailboxId,
    /// The entries.
    pub entries: Arc<[RetainedEntry]>,
}

/// An entry that can be brought back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetainedEntry {
    /// The UID it had. It gets a new one.
    pub uid: Uid,
    /// The email.
    pub email: EmailId,
    /// Its size.
    pub octets: u32,
    /// Its system flags (`\Deleted` is dropped when it comes back).
    pub flags: Flags,
    /// Its keywords.
    pub keywords: Vec<crate::Keyword>,
}

/// One line of the change log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The account's counter after it.
    pub modseq: ModSeq,
    /// When.
    pub time: Timestamp,
    /// Who did it.
    pub who: Who,
    /// What.
    pub what: What,
    /// What it did to what is visible (ADR 23). None: a line of an earlier program, which does not say.
    pub visible: Option<Visible>,
}

/// What a change did to what is visible: entries without `\Deleted`, of all mailboxes (RFC 8621, 4.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    /// The emails of entries that became visible; an email once for each entry. What only went from one mailbox to another is neither
    /// among these nor among those that went.
    pub came: EmailRuns,
    /// The emails of entries that are not visible any more, in the same way.
    pub went: EmailRuns,
    /// Whether counts of mailboxes may have changed.
    pub counts: Counts,
}

/// Emails, ascending, some of them perhaps several times, as runs of following numbers: first and last of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EmailRuns(pub Vec<(EmailId, EmailId)>);

impl EmailRuns {
    /// Takes emails in ascending order.
    pub fn of(emails: &[EmailId]) -> EmailRuns {
        let runs = emails.chunk_by(|one, other| one.0.checked_add(1) == Some(other.0));
        EmailRuns(runs.filter_map(|run| Some((*run.first()?, *run.last()?))).collect())
    }

    /// Each email.
    pub fn iter(&self) -> impl Iterator<Item = EmailId> {
        self.0.iter().flat_map(|(first, last)| (first.0..=last.0).map(EmailId))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Whether counts of mailboxes may have changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the type says it")]
pub enum Counts {
    #[default]
    Same,
    Changed,
}

/// What changed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are what the variants say")]
pub enum What {
    /// A mailbox was made.
    Created { mailbox: MailboxId, name: MailboxName },
    /// A mailbox was renamed; where both names are the same, it got another role or place.
    Renamed { mailbox: MailboxId, from: MailboxName, to: MailboxName },
    /// A mailbox was deleted with what was in it.
    Deleted { mailbox: MailboxId, name: MailboxName },
    /// Entries were added.
    Added { mailbox: MailboxId, uids: UidSet },
    /// Entries were copied in from another mailbox.
    Copied { from: MailboxId, mailbox: MailboxId, uids: UidSet },
    /// Entries were moved in from another mailbox.
    Moved { from: MailboxId, gone: UidSet, mailbox: MailboxId, uids: UidSet },
    /// Flags were changed.
    Flagged { mailbox: MailboxId, uids: UidSet },
    /// Entries were expunged.
    Expunged { mailbox: MailboxId, uids: UidSet },
    /// Entries were brought back under new UIDs.
    BroughtBack { mailbox: MailboxId, uids: UidSet },
    /// A subscription was set or taken back.
    Subscribed { name: MailboxName },
    /// Annotations of a mailbox, or of the account, were set or taken away. Those that are private are this user's.
    Annotated { mailbox: Option<MailboxId>, user: AccountId, names: Vec<AnnotationName> },
    /// The limits of the account were set.
    QuotaSet,
    /// Cards or address books were changed.
    Contacts(ContactsChange),
}

/// How many cards and address books a change was about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ContactsChange {
    /// Cards that came.
    pub created: u64,
    /// Cards that became others, or lie in other address books.
    pub updated: u64,
    /// Cards that went.
    pub destroyed: u64,
    /// Address books that came, went or became others.
    pub books: u64,
}

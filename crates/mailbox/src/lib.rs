//! The mail model. `Account` is the one gate through which every door reads and changes mail; `Engine` is the port
//! to what keeps it.
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod account;
mod accounts;
mod annotations;
mod check;
mod clock;
mod codec;
mod collation;
mod commit_group;
mod contacts;
mod damaged;
mod describe;
mod emails;
pub mod engine;
mod entries;
mod flags;
mod hot;
mod ids;
mod incoming;
mod index;
pub mod keys;
mod layout;
pub mod limits;
mod loads;
mod lock;
pub mod memory;
mod mend;
mod meter;
mod name;
pub mod operations;
mod placements;
mod policy;
mod pop3;
mod ports;
mod reader;
mod reading;
mod records;
mod refused;
mod registry;
mod room;
pub mod search;
mod shared;
mod sharing;
mod sorting;
mod state;
mod survey;
mod table;
mod transaction;
mod uid_set;
mod upkeep;
mod viewed;
mod who;
mod writer;

pub use account::{
    Account, AddedEmail, Annotate, Carried, Destroy, Dropped, EmailChange, EmailStep,
    EmailsChanged, FlagsBefore, Found, Healed, KeywordChange, KnownAs, MailboxChange,
    MailboxesChange, NewEmail, Pop3Closed, Pop3Ended, Pop3View, Quit, RetainedPart, RetainedPlace,
    StepDone, Undone, Upload, UploadId,
};
pub use accounts::Accounts;
pub use annotations::{Annotated, Annotation, AnnotationDepth, AnnotationName};
pub use check::{About, Checked, Wrong};
pub use clock::{Clock, SetClock};
pub use collation::Collation;
pub use contacts::{
    Book, BookFields, BookId, CardId, CardNote, CardPlace, Contacts, ContactsAt, ContactsChanged,
    ContactsEdit, ContactsRefused, ContactsStates, Contents, KeptCard, NotEdited, PlaceChange,
};
pub use describe::{Description, Kept};
pub use emails::{Changed, EmailCounts, EmailStates, Emails, OnlyCounts};
pub use entries::{Difference, Entries, Entry};
pub use flags::{FlagMode, FlagNames, Flags, Keyword};
pub use ids::{
    AccountId, Arrival, BodyHash, EmailId, MailboxId, ModSeq, Octets, ThreadId, Timestamp, Uid,
    UidValidity, ZonedTime,
};
pub use incoming::{Incoming, Received};
pub use index::{IndexState, Indexed};
pub use mend::Mended;
pub use name::{MailboxName, NameFault};
pub use placements::{
    Mirrored, Place, Placed, Placement, PlacementName, PlacementNote, PlacementState, RemoteId,
    Taken, There,
};
pub use policy::Policy;
pub use pop3::{
    Device, DeviceState, Differ, OnDelete, Pop3Choice, Pop3Policy, Pop3Terms, Retrieved, SentCopy,
    Shows, Uidl,
};
pub use reader::Reader;
pub use refused::{AnnotationLimit, Error, Fault, FaultKind, QuotaResource, Refused};
pub use sharing::{AccessList, Grant, Grantee, Rights, RightsChange, SeenBy, Sign, UnknownRight};
pub use sorting::{Direction, Ranked, SortField, SortKey, ThreadAlgorithm, ThreadPlace};
pub use state::{Mailbox, MailboxKind, MailboxState, Role};
pub use uid_set::UidSet;
pub use upkeep::Upkept;
pub use who::{Door, Who};

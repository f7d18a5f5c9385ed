//! The companion: accounts that people have at providers, and what is done with the mail there. `companion` is what is
//! kept of the accounts, `discovery` finds how a provider is reached, `session` gets in and `trouble` says in plain
//! words why not; `local` is the port to the account here, `keeper` takes mail into it, and `pull` is the verb;
//! `outbox` sends.
//!
//! Nothing here opens a socket or a file: the network comes through [`Network`], the mail goes through [`LocalMail`].
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::too_many_lines,
        reason = "tests may be blunt"
    )
)]

mod account_folders;
mod account_mail;
mod appending;
mod archive;
mod both_ends;
pub mod companion;
pub mod discovery;
mod endpoint;
mod flag_words;
mod folders;
mod headers;
mod identity;
mod keeper;
mod letter;
pub mod limits;
mod local;
mod migrate;
mod mirror;
mod names;
mod network;
pub mod oauth;
pub mod outbox;
mod pull;
mod rate;
mod remote;
mod session;
mod trouble;

pub use account_mail::AccountMail;
pub use appending::{Appender, Puts};
pub use archive::{
    ArchiveDone, ArchiveFault, ArchivePlan, ArchiveRecord, ArchiveStep, ArchiveTarget,
    ArchiveWanted, ArchiveWatch, AtServer, Batch, Copied, Copies, CopySource, EndFault, Failure,
    Given, ImapSource, LetterSource, PlanFault, RECEIPT_VERSION, ReadBack, Receipt, ReceiptFolder,
    ReceiptMessage, Room, SourceFault, Stage, TakeFault, TargetFault, Wanted as WantedMessage,
    archive_planned, archived, room_there,
};
pub use both_ends::{BothEnds, both_ends};
pub use endpoint::{Endpoint, EndpointFault, Service, Transport};
pub use folders::{
    CarriedRow, Edit, Edited, LocalEntry, LocalFolder, LocalFolders, LocalPart, Marks, Runs, Which,
};
pub use imap::client::Fault as ImapFault;
pub use keeper::MailKeeper;
pub use letter::{Letter, Sum, sha256};
pub use local::{Arrived, LocalMail, Target, remote_id};
pub use migrate::{
    AccountTarget, Comparison, MigrationDone, MigrationPlan, MigrationStep, MigrationWatch, fits,
    known_from, migrated, migration_planned,
};
pub use mirror::{
    Direction, DoneThere, FoldersOfOthers, Go, MirrorDone, MirrorFault, MirrorWanted, MirrorWatch,
    Runs as MirrorRuns, Watcher, Why, mirrored, mirrored_on,
};
pub use network::{
    Certificate, Connection, Network, NetworkFault, Server, Stream, Trust, Untrusted,
};
pub use pull::{Extent as PullExtent, PullDone, PullPlan, Wanted, planned, pulled};
pub use rate::{Limited, RateLimited};
pub use remote::folders_there;
pub use session::{Imap, Login, Pop3, Submission, inbox, open, open_imap, open_submission, tried};
pub use trouble::{Exit, Trouble, Words, shown};

//! What an administrator is told. Each event is one line of JSON; the last one of a request is `Done` or `Failed`.

mod changed;
mod reloaded;
mod status;
mod upkeep;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use transfer::{ImportedMailbox, Item};

pub use self::changed::Changed;
pub use self::reloaded::{Reloaded, SettingRow};
pub use self::status::{
    AcmeRow, BackupRow, CertificateRow, DoorRow, HostStatus, QueueStatus, QueueTrouble, RightsRow,
    SessionRow, Sessions, Status, StoreStatus,
};
use crate::keep::Folder;

pub use self::upkeep::{AsideRow, BackedUp, Checked, FindingRow, Repaired, Round, Unchanged};

/// One line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// How far it is.
    Progress(Progress),
    /// It is done.
    Done(Answer),
    /// It failed.
    Failed {
        /// Why, for people.
        why: String,
    },
    /// Messages may be sent now.
    Ready,
    /// A mailbox, or a message: its octets follow the line.
    Item(Item),
    /// A segment of the store: its octets follow the line.
    Segment(u32),
    /// The index of the store: its octets follow the line.
    Index,
    /// A file beside the store: its octets follow the line.
    Beside(Beside),
}

/// The files that lie beside a store. Only these few names can come through the stream, so that whoever writes them, perhaps as
/// root, is led nowhere else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Beside {
    /// The certificate that was made.
    Certificate,
    /// Its key.
    Key,
    /// The configuration.
    Configuration,
    /// The accounts at providers.
    Companion,
    /// The certificate that an authority gave, with its key.
    AcmeCertificate,
    /// The accounts at authorities.
    AcmeAccounts,
}

impl Beside {
    /// All of them.
    pub const ALL: [Beside; 6] = [
        Beside::Certificate,
        Beside::Key,
        Beside::Configuration,
        Beside::Companion,
        Beside::AcmeCertificate,
        Beside::AcmeAccounts,
    ];

    /// Where it lies in a data folder.
    pub fn in_folder(self, folder: &Folder) -> PathBuf {
        match self {
            Beside::Certificate => folder.certificate(),
            Beside::Key => folder.key(),
            Beside::Configuration => folder.configuration(),
            Beside::Companion => folder.companion(),
            Beside::AcmeCertificate => folder.acme_certificate(),
            Beside::AcmeAccounts => folder.acme_accounts(),
        }
    }
}

/// How far a long task is.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// What is being done.
    pub what: String,
    /// How much is done.
    pub done: u64,
    /// Of how much, when that is known.
    pub of: Option<u64>,
}

/// What became of users who were to be added.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct UsersAdded {
    /// How many were added.
    pub added: u64,
    /// The addresses of users who were there, and were left as they are.
    pub there: Vec<String>,
    /// Who was not added for another reason.
    pub refused: Vec<RefusedUser>,
}

/// A user who was not added.
#[derive(Debug, Serialize, Deserialize)]
pub struct RefusedUser {
    /// The address.
    pub address: String,
    /// Why.
    pub why: String,
}

/// The answer to a request.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// What a change came to.
    Changed(Changed),
    /// The host is there.
    Status(Box<Status>),
    /// Who is connected.
    Sessions(Sessions),
    /// Certificate and settings were read again.
    Reloaded(Reloaded),
    /// Domains.
    Domains(Vec<DomainRow>),
    /// Users.
    Users(Vec<UserRow>),
    /// Users were added.
    UsersAdded(UsersAdded),
    /// App passwords.
    AppPasswords(Vec<AppPasswordRow>),
    /// An app password: shown once.
    NewPassword(NewPasswordRow),
    /// Access tokens.
    Tokens(Vec<TokenRow>),
    /// An access token: shown once.
    NewToken(NewTokenRow),
    /// Aliases.
    Aliases(Vec<AliasRow>),
    /// Addresses that a user may send from.
    Identities(Vec<String>),
    /// With whom mailboxes are shared.
    Shares(Vec<ShareRow>),
    /// What can be brought back.
    Retained(Vec<RetainedRow>),
    /// What was dropped for good.
    Purged {
        /// How many messages.
        messages: u64,
        /// Their sizes, added up.
        octets: u64,
    },
    /// What was brought back.
    BroughtBack {
        /// How many messages.
        messages: u64,
        /// By how many changes they had been removed.
        #[serde(default)]
        changes: u64,
        /// Where they are now.
        #[serde(default)]
        into: Vec<BroughtBackRow>,
    },
    /// What happened, and what of it can be undone.
    Undoable(Vec<UndoableRow>),
    /// What was undone.
    Undone(UndoneRow),
    /// Somebody's POP3.
    Pop3(Box<Pop3Row>),
    /// What was hidden is shown again.
    ShownAgain {
        /// How many messages.
        messages: u64,
    },
    /// What happened.
    History(Vec<HistoryRow>),
    /// The outbound queue.
    Queue(Vec<QueuedRow>),
    /// The indexes for searches.
    Indexes(Vec<IndexRow>),
    /// What a check found.
    Checked(Checked),
    /// What a repair came to.
    Repaired(Repaired),
    /// What a backup copied.
    BackedUp(BackedUp),
    /// The host may not write there: `Request::Copy` gives the store out, for the client to write it.
    Elsewhere,
    /// The store was given out, for the client to write it.
    Copied,
    /// How the folders of a user are, as a print.
    Folders(u64),
    /// A companion is done.
    Parted,
    /// What came in.
    Imported(Vec<ImportedMailbox>),
    /// What went out.
    Exported {
        /// Messages.
        messages: u64,
        /// Octets.
        octets: u64,
        /// What was left out because it is damaged.
        #[serde(default)]
        damaged: Vec<FindingRow>,
    },
}

/// A domain.
#[derive(Debug, Serialize, Deserialize)]
pub struct DomainRow {
    /// Its name.
    pub domain: String,
    /// How many users have their address in it.
    pub users: u64,
}

/// A user.
#[derive(Debug, Serialize, Deserialize)]
pub struct UserRow {
    /// The address.
    pub address: String,
    /// The number of the account.
    pub account: u32,
    /// When the user was added (RFC 3339).
    pub added: String,
    /// When the password was last set (RFC 3339).
    pub password_set: String,
    /// Whether SCRAM works for the password.
    pub scram: bool,
    /// Whether nobody can log in.
    #[serde(default)]
    pub disabled: bool,
    /// Messages held.
    pub messages: u64,
    /// Messages allowed.
    pub messages_max: Option<u64>,
    /// Octets held.
    pub octets: u64,
    /// Octets allowed.
    pub octets_max: Option<u64>,
}

/// An app password.
#[derive(Debug, Serialize, Deserialize)]
pub struct AppPasswordRow {
    /// The device.
    pub device: String,
    /// When it was made (RFC 3339).
    pub added: String,
    /// When it was last used, to the hour (RFC 3339).
    pub used: Option<String>,
    /// Whether it is good for APOP, and so kept as it is.
    pub apop: bool,
}

/// An access token.
#[derive(Debug, Serialize, Deserialize)]
pub struct TokenRow {
    /// The device.
    pub device: String,
    /// When it was made (RFC 3339).
    pub added: String,
    /// When it ends (RFC 3339); none: when it is removed.
    pub expires: Option<String>,
    /// When it was last used, to the hour (RFC 3339).
    pub used: Option<String>,
    /// Whether a program got it by its owner's consent (OAuth 2).
    #[serde(default)]
    pub consent: bool,
}

/// A new access token.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewTokenRow {
    /// The user.
    pub address: String,
    /// The device.
    pub device: String,
    /// The token.
    pub token: String,
    /// When it ends (RFC 3339); none: when it is removed.
    pub expires: Option<String>,
}

/// A new app password.
#[derive(Debug, Serialize, Deserialize)]
pub struct NewPasswordRow {
    /// The user.
    pub address: String,
    /// The device.
    pub device: String,
    /// The password.
    pub password: String,
}

/// An alias.
#[derive(Debug, Serialize, Deserialize)]
pub struct AliasRow {
    /// The address; `@domain` for the catch-all.
    pub address: String,
    /// Where it leads.
    pub targets: Vec<String>,
}

/// Somebody's POP3.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pop3Row {
    /// The address.
    pub address: String,
    /// What holds where nobody chose.
    pub host: Pop3Settings,
    /// What holds for whoever logs in without a device.
    pub account: Pop3Settings,
    /// What holds for each device.
    pub devices: Vec<Pop3Devices>,
    /// After how many days mail may be removed, at the earliest; none: never.
    pub expire_days: Option<u16>,
    /// The longest wait between two logins; 0: none.
    pub login_delay_s: u32,
    /// What CAPA says of that after the login.
    pub told: Vec<String>,
    /// What CAPA says of that before the login, of all accounts.
    pub told_before_login: Vec<String>,
}

/// One device and POP3.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pop3Devices {
    /// Its name; none: logins without a device.
    pub device: Option<String>,
    /// Whether it has an app password.
    pub app_password: bool,
    /// What holds for it.
    #[serde(flatten)]
    pub settings: Pop3Settings,
    /// How many of the messages that are there it has downloaded.
    pub downloaded: u64,
    /// How many are hidden from it.
    pub hidden: u64,
    /// When it last downloaded or deleted something (RFC 3339).
    pub last: Option<String>,
}

/// What is in force, in the words of `correio user pop3 set`.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pop3Settings {
    /// What DELE does.
    pub on_delete: Pop3Setting,
    /// What is shown.
    pub show: Pop3Setting,
    /// Whether what is retrieved counts as read.
    pub mark_read: Pop3Setting,
    /// Whether a copy of what is submitted goes into Sent.
    pub sent_copy: Pop3Setting,
    /// The least time between two logins, in seconds.
    pub login_delay: Pop3Setting,
}

/// A setting and where it comes from.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pop3Setting {
    /// What is in force.
    pub value: String,
    /// `device`, `account` or `host`.
    pub chosen_by: String,
}

/// Messages that were removed together.
#[derive(Debug, Serialize, Deserialize)]
pub struct RetainedRow {
    /// The change that removed them: what `bring-back` wants.
    pub change: u64,
    /// When (RFC 3339).
    pub time: String,
    /// Who: the door, the device and the address.
    pub who: String,
    /// The same in parts.
    #[serde(flatten)]
    pub by: WhoRow,
    /// The mailbox, by its name then.
    pub mailbox: String,
    /// What it is called now; none: it is gone, and is made again when this is brought back.
    #[serde(default)]
    pub mailbox_now: Option<String>,
    /// How many.
    pub messages: u64,
    /// How large.
    pub octets: u64,
}

/// A mailbox into which messages came back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BroughtBackRow {
    /// The mailbox.
    pub mailbox: String,
    /// How many.
    pub messages: u64,
    /// Whether the mailbox was gone, and was made again for them.
    pub made: bool,
}

/// With whom a mailbox is shared.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShareRow {
    /// The mailbox.
    pub mailbox: String,
    /// The address of a user, or `anyone`.
    pub with: String,
    /// The rights, as letters of RFC 4314, 2.1.
    pub rights: String,
    /// Whether they are withheld.
    pub withheld: bool,
    /// Whether each user has its own marks of what is read.
    pub seen_by_each: bool,
}

/// Who made a change.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct WhoRow {
    /// The door, as in `request::DOORS`.
    pub door: String,
    /// The device.
    pub device: Option<String>,
    /// The address it came from.
    pub address: Option<String>,
    /// Which user it was, where it was not the owner of the mail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
}

/// A change of somebody's mail.
#[derive(Debug, Serialize, Deserialize)]
pub struct HistoryRow {
    /// Its number.
    pub change: u64,
    /// When (RFC 3339).
    pub time: String,
    /// Who: the door, the device and the address.
    pub who: String,
    /// The same in parts.
    #[serde(flatten)]
    pub by: WhoRow,
    /// What.
    pub what: String,
}

/// A change of somebody's mail, and whether it can be undone.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UndoableRow {
    /// Its number.
    pub change: u64,
    /// When (RFC 3339).
    pub time: String,
    /// Who made it.
    #[serde(flatten)]
    pub by: WhoRow,
    /// What it did.
    pub did: Did,
    /// The mailbox: its name now, or of a mailbox the name after the change; none: it is gone.
    pub mailbox: Option<String>,
    /// The mailbox from which messages came, or the name that a mailbox had before.
    pub from: Option<String>,
    /// Of how many messages.
    pub messages: u64,
    /// Of how many it can be undone; of a name that was changed, 1.
    pub can_be_undone: u64,
}

/// What a change did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum Did {
    Added,
    Copied,
    Moved,
    Flagged,
    Deleted,
    BroughtBack,
    MadeMailbox,
    RenamedMailbox,
    DeletedMailbox,
    /// Something that is no mail.
    Other,
}

/// What was undone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct UndoneRow {
    /// How many messages are as they were.
    pub messages: u64,
    /// How many stay as they are: somebody changed them since, or they are gone.
    pub left: u64,
    /// Where those are now that were brought back.
    pub into: Vec<BroughtBackRow>,
}

/// A message in the outbound queue.
#[derive(Debug, Serialize, Deserialize)]
pub struct QueuedRow {
    /// Its number.
    pub id: u64,
    /// Its name in the log.
    pub name: String,
    /// The sender; none: a notification.
    pub from: Option<String>,
    /// When it came (RFC 3339).
    pub queued: String,
    /// When it is tried next (RFC 3339).
    pub next: String,
    /// Its size.
    pub octets: u64,
    /// To whom, and how far each is.
    pub recipients: Vec<String>,
}

/// The index for searches of one user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct IndexRow {
    /// The user.
    pub address: String,
    /// Messages whose words are there, some of which may be gone by now.
    pub messages: u64,
    /// Messages that searches read, as their words are not there yet.
    pub behind: u64,
    /// What it takes, in octets.
    pub octets: u64,
}

//! What an administrator asks for. One line of JSON each.

use std::path::PathBuf;

use directory::Kept;
use directory::pop3_policy::ChoiceWords;
use serde::{Deserialize, Serialize};
use transfer::{Again, KnownUidls};

use crate::upkeep::{Acknowledge, Copying, Damaged};

/// A request.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Do something and say how it went.
    Do(Task),
    /// Take in messages: they follow, each as a line and its octets.
    Import {
        /// The user.
        address: String,
        /// Whether messages that were imported before and have gone since come in again.
        again: Again,
        /// Whether messages that are there get the POP3 unique ids that come along.
        #[serde(default)]
        known_uidls: KnownUidls,
    },
    /// Give out messages: they come before the answer, each as a line and its octets.
    Export {
        /// The user.
        address: String,
        /// The mailboxes; none: all.
        mailboxes: Vec<String>,
    },
    /// Give out what an account holds, and the bodies that are asked for: lines go both ways (`account_copy`).
    ReadAccount {
        /// The user.
        address: String,
    },
    /// Work with a companion: lines go both ways (`companion`).
    Companion {
        /// The local user.
        address: String,
        /// Which maildrop elsewhere.
        remote: u64,
    },
    /// Wait until the folders of a user are not as they were, or the time is over.
    Watch {
        /// The user.
        address: String,
        /// How they were, as `Answer::Folders` told it; none: it is only told how they are.
        before: Option<u64>,
    },
    /// Give out the whole store: its segments come before the answer, then the files beside it.
    Copy,
}

/// Something to do.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Is anybody there?
    Status,
    /// Who is connected?
    Who {
        /// At most so many sessions.
        most: usize,
    },
    /// Read certificate and settings again.
    Reload,
    /// Something with the domains.
    Domain(DomainTask),
    /// Something with a user.
    User {
        /// The address.
        address: String,
        /// What.
        task: UserTask,
    },
    /// List the users.
    UserList,
    /// Add users.
    UserAddMany(Vec<UserAsked>),
    /// Something with the aliases.
    Alias(AliasTask),
    /// Prove that the store and all accounts are whole.
    Check {
        /// Whether what is damaged is acknowledged.
        #[serde(default)]
        acknowledge: Acknowledge,
    },
    /// Mend all accounts.
    Repair {
        /// What becomes of damaged messages.
        #[serde(default)]
        damaged: Damaged,
    },
    /// Bring the indexes for searches up to the mail, and say how they are.
    Index {
        /// Whose; none: of all users.
        address: Option<String>,
        /// Whether they are made anew.
        rebuild: bool,
    },
    /// Something with the outbound queue.
    Queue(QueueTask),
    /// Copy the whole store into a folder while the host runs, when that is one which the host may write.
    Backup {
        /// The folder.
        folder: PathBuf,
        /// How closed segments come there.
        #[serde(default)]
        copying: Copying,
    },
}

/// What is done with the domains.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DomainTask {
    /// Add one.
    Add(String),
    /// List them.
    List,
    /// Remove one that has no addresses.
    Remove(String),
}

/// What is done with a user.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserTask {
    /// Add.
    Add {
        /// The password.
        password: Password,
        /// The quota; none: what is configured.
        quota: Option<QuotaAsked>,
    },
    /// Show.
    Show,
    /// Set the password.
    SetPassword(Password),
    /// Set the quota.
    SetQuota(QuotaAsked),
    /// Remove with all mail.
    Remove,
    /// Give another address.
    Rename {
        /// The new address.
        to: String,
        /// Whether the old one becomes an alias.
        keep_alias: bool,
    },
    /// Let nobody log in.
    Disable,
    /// Let the user log in again.
    Enable,
    /// Take the second factors of logins to pages away.
    ResetFactors,
    /// Make an app password for a device.
    AddAppPassword {
        /// The device.
        device: String,
        /// What is kept of it.
        kept: Kept,
    },
    /// List the app passwords.
    ListAppPasswords,
    /// Revoke the app password of a device.
    RemoveAppPassword(String),
    /// Make an access token for a device.
    AddToken {
        /// The device.
        device: String,
        /// For how many days; none: until it is removed.
        days: Option<u32>,
    },
    /// List the access tokens.
    ListTokens,
    /// Revoke the access token of a device.
    RemoveToken(String),
    /// Something with the addresses that the user may send from although they do not lead there.
    Identity(IdentityTask),
    /// Something with the sharing of the user's mailboxes.
    Share(ShareTask),
    /// List what can be brought back.
    Retained {
        /// At most so many groups.
        most: usize,
        /// Only these.
        #[serde(default)]
        removed: Removed,
    },
    /// Drop for good what can still be brought back.
    Purge,
    /// Bring back what one change removed.
    BringBack {
        /// The change, as `Retained` lists it.
        change: u64,
    },
    /// Bring back all that was removed in some way, the newest first.
    BringBackAll(Removed),
    /// List what happened to the mail, newest first, and what of it can be undone.
    Undoable {
        /// At most so many changes.
        most: usize,
    },
    /// Undo what one change did, as far as nobody changed it since.
    Undo {
        /// The change, as `Undoable` lists it.
        change: u64,
    },
    /// Something with POP3.
    Pop3(Pop3Task),
    /// Show what happened to the mail, newest first.
    History {
        /// At most so many changes.
        most: usize,
    },
}

/// What is done with the sharing of a user's mailboxes.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShareTask {
    /// List with whom they are shared.
    List {
        /// Only this one.
        mailbox: Option<String>,
    },
    /// Change what somebody may do.
    Set {
        /// The mailbox.
        mailbox: String,
        /// Who.
        with: WithWhom,
        /// What.
        rights: RightsAsked,
    },
    /// Say whose marks of what is read are.
    Seen {
        /// The mailbox.
        mailbox: String,
        /// Whose.
        by: SeenAsked,
    },
}

/// With whom a mailbox is shared, or from whom rights are withheld.
#[derive(Serialize, Deserialize)]
pub struct WithWhom {
    /// The address of a user, or `anyone`.
    pub identifier: String,
    /// Whether rights are withheld.
    pub withheld: bool,
}

/// How rights change: letters of RFC 4314, 2.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RightsAsked {
    /// They become these; none: all go.
    Replace(String),
    /// These come.
    Add(String),
    /// These go.
    Remove(String),
}

/// Whose marks of what is read are.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenAsked {
    /// One for all.
    All,
    /// One for each user.
    Each,
}

/// What is done with a user's identities.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityTask {
    /// Add one.
    Add(String),
    /// List them.
    List,
    /// Take one back.
    Remove(String),
}

/// What is done with somebody's POP3. Without a device the account is meant.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pop3Task {
    /// Show what is in force, and what each device has.
    Show,
    /// Choose.
    Set {
        /// The device.
        device: Option<String>,
        /// What.
        choice: ChoiceWords,
    },
    /// Forget what was chosen.
    Reset {
        /// The device.
        device: Option<String>,
    },
    /// Show again what is hidden from a device. Without one: from whoever logs in without a device.
    ShowAgain {
        /// The device.
        device: Option<String>,
    },
}

/// Which removals are meant.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Removed {
    /// Those by this device; none: by any.
    pub device: Option<String>,
    /// Those through this door, by its name in `DOORS`; none: through any.
    pub over: Option<String>,
}

/// The doors by their names.
pub const DOORS: [(&str, mailbox::Door); 8] = [
    ("imap", mailbox::Door::Imap),
    ("pop3", mailbox::Door::Pop3),
    ("webmail", mailbox::Door::Jmap),
    ("delivery", mailbox::Door::Delivery),
    ("submission", mailbox::Door::Submission),
    ("admin", mailbox::Door::Admin),
    ("companion", mailbox::Door::Sync),
    ("host", mailbox::Door::System),
];

/// What is done with the aliases.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AliasTask {
    /// Set where one leads.
    Set {
        /// The address; `@domain` for the catch-all.
        address: String,
        /// Where it leads.
        targets: Vec<String>,
    },
    /// List them.
    List,
    /// Remove one.
    Remove(String),
}

/// What is done with the outbound queue.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueTask {
    /// List the messages.
    List,
    /// Take a message out; its sender is not told.
    Remove(u64),
    /// Try a message at once.
    Retry(u64),
}

/// Somebody to be added.
#[derive(Serialize, Deserialize)]
pub struct UserAsked {
    /// The address.
    pub address: String,
    /// The password.
    pub password: Password,
    /// The quota; none: what is configured.
    pub quota: Option<QuotaAsked>,
}

/// What a user may fill.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct QuotaAsked {
    /// Octets; none: no limit.
    pub octets_max: Option<u64>,
    /// Messages; none: no limit.
    pub messages_max: Option<u64>,
}

/// A password on its way. It has no `Debug`, so that no log can show it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Password(String);

impl Password {
    /// Takes a password.
    pub fn new(text: String) -> Password {
        Password(text)
    }

    pub(crate) fn secret(&self) -> sasl::Secret {
        sasl::Secret::new(sasl::prepare(&self.0))
    }
}

impl Drop for Password {
    fn drop(&mut self) {
        use zeroize::Zeroize as _;
        self.0.zeroize();
    }
}

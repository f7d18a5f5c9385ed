//! The port to what decides who gets in as somebody: password, second factors, app passwords, access tokens; and what POP3 does for each
//! of their devices. The host answers.

use mailbox::{AccountId, Fault};
use sasl::{Peer, Ready, Secret};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::page_logins::{NewSession, PageSession, RelyingParty};

/// What somebody may see and change of their own security.
pub trait OwnSecurity: Send + Sync + 'static {
    /// All of it.
    fn look(&self, account: AccountId) -> Ready<'_, Result<Security, Fault>>;

    /// Changes something, for the user of a session.
    fn change<'a>(
        &'a self,
        session: &'a PageSession,
        change: Change,
        by: By<'a>,
    ) -> Ready<'a, Result<Changed, NotChanged>>;
}

/// From where a change is asked for.
#[derive(Clone, Copy)]
pub struct By<'a> {
    /// Who is at the other end.
    pub peer: &'a Peer,
    /// The host, as the browser knows it; none where passkeys cannot be made.
    pub party: Option<&'a RelyingParty<'a>>,
}

/// What decides who gets in as somebody. Times are Unix seconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Security {
    /// When the password was last set.
    pub password_set_s: i64,
    /// Whether programs need app passwords or tokens, the password being for pages alone.
    pub only_app_passwords: bool,
    /// When an authenticator app was set up; none: there is none.
    pub app_added_s: Option<i64>,
    /// How many recovery codes are left.
    pub recovery_codes: usize,
    /// The passkeys.
    pub passkeys: Vec<Device>,
    /// The app passwords.
    pub app_passwords: Vec<Device>,
    /// The access tokens.
    pub tokens: Vec<Device>,
    /// What POP3 does for all devices that have no choice of their own, and then for each that is known.
    pub pop3: Vec<Pop3>,
}

/// An app password or an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// What it is named after.
    pub name: String,
    /// When it was made.
    pub added_s: i64,
    /// When it was last used, to the hour.
    pub used_s: Option<i64>,
    /// When it ends; none: when it is removed.
    pub expires_s: Option<i64>,
}

/// What POP3 does for a device, as people write it (`keep-days=14`, `newest=100`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pop3 {
    /// None: all devices.
    pub device: Option<String>,
    /// What DELE does.
    pub on_delete: Setting,
    /// What is shown.
    pub show: Setting,
    /// Whether what was retrieved counts as read.
    pub mark_read: Setting,
    /// Whether a copy of what is submitted goes into Sent.
    pub sent_copy: Setting,
    /// How many messages it downloaded.
    pub downloaded: u64,
    /// When it was last here.
    pub last_s: Option<i64>,
}

/// A setting of POP3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// What is in force.
    pub value: String,
    /// Whether it was chosen here, and does not come from the level above.
    pub is_chosen: bool,
}

/// A change, as pages write it in JSON.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Change {
    /// Sets a new password. All sessions end, and there is a new one for whoever asks.
    Password {
        /// The password.
        #[serde(deserialize_with = "secret")]
        new: Secret,
    },
    /// Begins to set an authenticator app up.
    BeginApp {},
    /// Has it count, by a code of it.
    ConfirmApp {
        /// The code.
        code: String,
    },
    /// Takes it away.
    RemoveApp {},
    /// Makes recovery codes anew.
    NewRecoveryCodes {},
    /// Adds a passkey.
    AddPasskey {
        /// Its name.
        name: String,
        /// `RegistrationResponseJSON` (Web Authentication, 5.1).
        response: Value,
    },
    /// Gives a passkey another name.
    RenamePasskey {
        /// The name that it has.
        name: String,
        /// The other.
        new: String,
    },
    /// Takes a passkey away.
    RemovePasskey {
        /// Its name.
        name: String,
    },
    /// Says whether programs need app passwords.
    OnlyAppPasswords {
        /// Whether they do.
        only: bool,
    },
    /// Makes an app password.
    AddAppPassword {
        /// For which device.
        name: String,
    },
    /// Revokes one.
    RemoveAppPassword {
        /// Of which device.
        name: String,
    },
    /// Makes an access token.
    AddToken {
        /// For which device.
        name: String,
        /// For how many days; none: until it is removed.
        days: Option<u32>,
    },
    /// Revokes one.
    RemoveToken {
        /// Of which device.
        name: String,
    },
    /// Chooses what POP3 does. What is left out stays as it is, `inherit` takes a choice back.
    ChoosePop3 {
        /// For which device; none: for all that have no choice of their own.
        device: Option<String>,
        /// What DELE does.
        on_delete: Option<String>,
        /// What is shown.
        show: Option<String>,
        /// Whether what was retrieved counts as read.
        mark_read: Option<String>,
        /// Whether a copy of what is submitted goes into Sent.
        sent_copy: Option<String>,
    },
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    Ok(Secret::new(String::deserialize(deserializer)?.into_bytes()))
}

impl Change {
    /// Whether it decides who gets in, so that its user has to prove first who they are.
    pub(crate) fn needs_proof(&self) -> bool {
        !matches!(self, Change::ChoosePop3 { .. })
    }
}

/// What a change gave. Secrets are shown this once.
pub enum Changed {
    /// Nothing more.
    Done,
    /// A new session, for all before it ended.
    Session(NewSession),
    /// The secret that an authenticator app is to have, in base 32.
    App(Secret),
    /// Recovery codes.
    Codes(Vec<Secret>),
    /// An app password or an access token.
    Made(Secret),
}

/// Why nothing was changed.
#[derive(Debug)]
pub enum NotChanged {
    /// It was understood, and cannot be done.
    Refused(Refused),
    /// A failure of ours.
    Fault(Fault),
}

/// What cannot be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// A code of an authenticator app is not the right one.
    WrongCode,
    /// No app is being set up, or not any more.
    NothingBegun,
    /// What a browser says of a new passkey does not fit.
    WrongPasskey,
    /// Recovery codes are for a second factor, and there is none.
    NoSecondFactor,
    /// A password needs so many characters.
    WeakPassword {
        /// The fewest.
        characters_min: usize,
    },
    /// There is one of that name.
    NameTaken,
    /// There is none of that name.
    NoSuchName,
    /// A name needs 1 to so many octets, and no control characters.
    BadName {
        /// The most.
        octets_max: usize,
    },
    /// There are too many.
    TooMany {
        /// The most.
        max: usize,
    },
    /// A token lives at least a day, and at most so many.
    BadDays {
        /// The most.
        max: u32,
    },
    /// It says nothing about POP3; the right forms, in words.
    BadPop3(String),
    /// Something else; in words.
    Other(String),
}

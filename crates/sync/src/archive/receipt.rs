//! The receipt of an archive: what went, from where, with what, and where it is now. It is written before anything is
//! fetched, again when all is safe and before anything is deleted, and at the end; so it says at any time how far it came.

use serde::{Deserialize, Serialize};

use crate::letter::Letter;

/// The version of receipts that is written.
pub const RECEIPT_VERSION: u32 = 1;

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The version of its form.
    pub version: u32,
    /// The run, by a name that no other has.
    pub run: String,
    /// The account as it is called here.
    pub account: String,
    /// The server, and who logged in there.
    pub server: String,
    #[expect(missing_docs, reason = "see `server`")]
    pub user: String,
    /// Where the mail went, as it was said on the command line.
    pub target: String,
    /// Where it is: a folder, a file, or a user here.
    pub place: String,
    /// When it began, in RFC 3339.
    pub begun: String,
    /// How far it came.
    pub stage: Stage,
    /// What went, by folders.
    pub folders: Vec<ReceiptFolder>,
}

/// How far an archive came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Messages are being copied; none was deleted.
    #[default]
    Copying,
    /// All that came was read back and compared; some may have been deleted.
    Safe,
    /// It is at its end.
    Done,
}

/// A folder of which messages went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptFolder {
    /// Its name there.
    pub name: String,
    /// What stands between the levels of names there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<char>,
    /// The mailbox that its messages are in now.
    pub mailbox: String,
    /// What it is for, as IMAP writes it: `\\Sent` (RFC 6154, 2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub special_use: Option<String>,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
    /// The messages, ascending by their UIDs.
    pub messages: Vec<ReceiptMessage>,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceiptMessage {
    /// Its UID there.
    pub uid: u32,
    /// When it came there, in seconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_s: Option<i64>,
    /// The zone of that, in minutes east of Greenwich.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub zone_minutes: i16,
    /// Its flags and keywords.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<String>,
    /// How large it is, as the server lists it.
    pub listed_octets: u64,
    /// How many octets came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub octets: Option<u64>,
    /// The SHA-256 of them, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Where it is now, in what the receipt is of. None: it was not read back whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What became of it there.
    #[serde(default)]
    pub at_provider: AtServer,
}

fn is_zero(minutes: &i16) -> bool {
    *minutes == 0
}

/// What became of a message at the provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtServer {
    /// It is there, or nothing is known of it.
    #[default]
    Kept,
    /// It was deleted.
    Deleted,
    /// It is marked as deleted: the server cannot remove single messages (no UIDPLUS).
    Marked,
    /// It went before it could be deleted.
    Gone,
    /// It changed since it was copied, and stays.
    Changed,
}

impl Receipt {
    /// All messages.
    pub fn messages(&self) -> impl Iterator<Item = &ReceiptMessage> {
        self.folders.iter().flat_map(|folder| &folder.messages)
    }

    /// How many messages it has.
    pub fn count(&self) -> u64 {
        u64::try_from(self.messages().count()).unwrap_or(u64::MAX)
    }

    /// How many octets they have, as the server lists them.
    pub fn listed_octets(&self) -> u64 {
        self.messages().fold(0, |sum, message| sum.saturating_add(message.listed_octets))
    }

    /// Takes what was copied, as `ArchiveRecord::note` had it. What fits no message is passed over.
    pub fn take(&mut self, copied: Copied) {
        let Some(folder) = self.folders.get_mut(copied.folder) else { return };
        let found = folder.messages.binary_search_by_key(&copied.uid, |message| message.uid);
        let Some(message) = found.ok().and_then(|index| folder.messages.get_mut(index)) else {
            return;
        };
        let Copied { date_s, zone_minutes, flags, octets, sha256, .. } = copied;
        (message.date_s, message.zone_minutes, message.flags) = (date_s, zone_minutes, flags);
        (message.octets, message.sha256) = (Some(octets), Some(sha256));
    }
}

impl Copied {
    /// Of a message that is being copied.
    pub fn of(folder: usize, uid: u32, letter: &Letter) -> Copied {
        Copied {
            folder,
            uid,
            date_s: letter.date.map(|date| date.time.0),
            zone_minutes: letter.date.map_or(0, |date| date.zone_minutes),
            flags: letter.flags.clone(),
            octets: u64::try_from(letter.octets.len()).unwrap_or(u64::MAX),
            sha256: letter.sha256(),
        }
    }
}

/// A message that was copied and is durable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Copied {
    /// The index of its folder in the receipt.
    pub folder: usize,
    /// Its UID there.
    pub uid: u32,
    /// When it came there, in seconds since 1970.
    pub date_s: Option<i64>,
    /// The zone of that, in minutes east of Greenwich.
    pub zone_minutes: i16,
    /// Its flags and keywords when it was copied.
    pub flags: Vec<String>,
    /// How many octets came.
    pub octets: u64,
    /// The SHA-256 of them, in hexadecimal.
    pub sha256: String,
}

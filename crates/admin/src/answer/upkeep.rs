//! What check and repair tell.

use serde::{Deserialize, Serialize};

/// Something that is not as it should be, by what people call it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingRow {
    /// Whose mail it is about: the address, or what else holds it; none: nobody's.
    pub user: Option<String>,
    /// The mailbox.
    pub mailbox: Option<String>,
    /// The UID.
    pub uid: Option<u32>,
    /// When the message came in (RFC 3339).
    pub date: Option<String>,
    /// From.
    pub from: Option<String>,
    /// Subject.
    pub subject: Option<String>,
    /// The size of the message.
    pub octets: Option<u64>,
    /// What is wrong.
    pub what: String,
}

/// What a check found.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Checked {
    /// What was looked at, in words and numbers.
    pub looked_at: Vec<(String, u64)>,
    /// Messages whose octets are damaged or lost, without those that were acknowledged before.
    pub damaged: Vec<FindingRow>,
    /// How many damaged messages were acknowledged.
    pub acknowledged: u64,
    /// What is wrong otherwise, which `repair` puts right.
    pub faults: Vec<FindingRow>,
    /// How many faults there are that are not listed.
    pub faults_more: u64,
}

impl Checked {
    /// Whether there is nothing to be done.
    pub fn is_right(&self) -> bool {
        self.damaged.is_empty() && self.faults.is_empty() && self.faults_more == 0
    }
}

/// Once through all that is kept: of the scrub, or by a check.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Round {
    /// When it began, in Unix seconds.
    pub began_s: i64,
    /// When it ended; 0: it is under way.
    pub ended_s: i64,
    /// Octets read.
    pub octets: u64,
    /// Damaged bodies found.
    pub damaged: u64,
    /// What else was found.
    pub faults: u64,
}

/// Something that repair put aside.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AsideRow {
    /// Its name there.
    pub name: String,
    /// Its size.
    pub octets: u64,
    /// What it was.
    pub what: String,
}

/// What a backup, or a restore, came to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct BackedUp {
    /// Files, linked ones included.
    pub files: u64,
    /// Those of them that are also those of the original.
    pub linked: u64,
    /// Octets that were copied.
    pub octets: u64,
    /// What reading all of it found: damaged in the original as well.
    pub checked: Checked,
    /// Nothing was copied or read: nothing had changed since the backup that was there.
    #[serde(default)]
    pub unchanged: Option<Unchanged>,
}

/// A backup that is still of all that there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unchanged {
    /// When it was made, in Unix seconds.
    pub made_s: i64,
    /// When all of it was last read and found whole.
    pub read_wholly_s: i64,
}

/// What a repair came to.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Repaired {
    /// Segments of the journal that were replaced; the damaged ones lie in `store/aside`.
    pub segments: u64,
    /// What was put right in the accounts.
    pub mended: Vec<FindingRow>,
    /// Damaged messages that were dropped because that was asked for.
    pub dropped: Vec<FindingRow>,
    /// What a check says afterwards.
    pub checked: Checked,
}

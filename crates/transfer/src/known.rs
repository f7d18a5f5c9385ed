//! What an import does with messages that are known, and what it says of each mailbox.

use serde::{Deserialize, Serialize};

/// What an import does with messages that are known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Known {
    /// Whether those that have gone since come in again.
    pub again: Again,
    /// Whether those that are there get the unique ids that come along.
    pub uidls: KnownUidls,
}

/// What becomes of messages that were imported before and are not there any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Again {
    /// They stay away.
    #[default]
    Skip,
    /// They come in again.
    Take,
}

/// What becomes of the POP3 unique ids of messages that are there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KnownUidls {
    /// They stay: mail programs may know the messages by them.
    #[default]
    Keep,
    /// They are those that come along.
    Replace,
}

/// What came into a mailbox.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ImportedMailbox {
    /// The mailbox.
    pub mailbox: String,
    /// New messages.
    pub imported: u64,
    /// Messages that were there already, or were imported before.
    pub known: u64,
    /// Of the known ones those that were damaged here, and are whole again.
    #[serde(default)]
    pub healed: u64,
    /// Messages that were refused.
    pub refused: u64,
    /// Octets of the new ones.
    pub octets: u64,
    /// Why the first refused one was.
    pub why_refused: Option<String>,
    /// Where the first refused ones lie in files, and why each was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub first_refused: Vec<String>,
    /// What became of the POP3 unique ids that came along; none came: nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uidls: Option<ImportedUidls>,
}

/// What became of the POP3 unique ids of another host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedUidls {
    /// Messages that have the id now that they had there.
    pub taken: u64,
    /// Messages that came without one.
    pub without: u64,
    /// Ids that are not valid, or that another message has.
    pub refused: u64,
    /// The first of them.
    pub first_refused: Vec<String>,
}

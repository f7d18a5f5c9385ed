//! The port to the folders of the account here: what a mirror sees of them, and what it changes. The values are of plain
//! numbers and texts, for they go over the line to a running host as they are.

use std::future::Future;

use mailbox::{BodyHash, FlagNames, Flags, Keyword, MailboxId, Role, Uid, UidSet, ZonedTime};
use serde::{Deserialize, Serialize};

use crate::LocalMail;

/// The folders of the account here.
///
/// Messages come in through [`LocalMail`], with [`crate::Target`] saying where to. Each edit is durable when it returns.
pub trait LocalFolders: LocalMail {
    /// All folders, by name.
    fn folders(&mut self) -> impl Future<Output = Result<Vec<LocalFolder>, Self::Fault>> + Send;

    /// The keywords that are in use in a folder. There can be no more than `mailbox::limits::KEYWORDS_MAX`.
    fn keywords(
        &mut self,
        folder: MailboxId,
    ) -> impl Future<Output = Result<Vec<String>, Self::Fault>> + Send;

    /// Some of the messages of a folder, by UID; none left, or no such folder: none.
    fn entries(
        &mut self,
        folder: MailboxId,
        which: Which,
    ) -> impl Future<Output = Result<Vec<LocalEntry>, Self::Fault>> + Send;

    /// Some octets of an email, from a place on; none: it is not here, or its octets are not what they were.
    fn part(
        &mut self,
        email: u64,
        from: u64,
    ) -> impl Future<Output = Result<Option<LocalPart>, Self::Fault>> + Send;

    /// Changes something.
    fn edit(&mut self, edit: Edit) -> impl Future<Output = Result<Edited, Self::Fault>> + Send;
}

/// A folder here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalFolder {
    /// Which.
    pub id: u32,
    /// Its whole name, `/` between levels.
    pub name: String,
    /// What it is for, as RFC 6154 calls it.
    pub role: Option<String>,
    /// Whether it can hold messages.
    pub holds_messages: bool,
    /// How many it has.
    pub messages: u64,
    /// It changes with each change in it.
    pub modseq: u64,
}

impl LocalFolder {
    /// Which.
    pub fn id(&self) -> MailboxId {
        MailboxId(self.id)
    }

    /// What it is for.
    pub fn role(&self) -> Option<Role> {
        self.role.as_deref().and_then(imap::wire::special_use::role_named)
    }
}

/// Which messages of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Some behind this UID.
    After(u32),
    /// Those of these UIDs, as first and last of each run, at most a step of them.
    These(Runs),
}

/// A message here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalEntry {
    /// Its UID.
    pub uid: u32,
    /// The email.
    pub email: u64,
    /// Its size.
    pub octets: u32,
    /// It changes when the message changes.
    pub modseq: u64,
    /// Its flags.
    pub flags: Marks,
}

/// Some octets of an email here, and what is known of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalPart {
    /// The hash of all its octets.
    pub hash: BodyHash,
    /// How many it has.
    pub octets: u64,
    /// How many it has when every line ends with CRLF.
    pub octets_in_lines: u64,
    /// When it came in.
    pub date: ZonedTime,
    /// These octets, at most `PART_OCTETS_MAX`; none: there are no more.
    pub part: Vec<u8>,
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edit {
    /// Make a folder, and those above it.
    Make {
        /// Its whole name.
        name: String,
        /// What it is for, where no other is for that.
        role: Option<String>,
    },
    /// Give a folder another name.
    Rename {
        /// The folder.
        folder: u32,
        /// The whole name.
        name: String,
    },
    /// Delete a folder, if it is empty.
    Remove {
        /// The folder.
        folder: u32,
    },
    /// Set flags of messages, and take others off.
    Mark {
        /// The folder.
        folder: u32,
        /// The messages.
        uids: Runs,
        /// To be set.
        add: Marks,
        /// To be taken off.
        remove: Marks,
    },
    /// Delete messages. They can be brought back for the time that is set for that.
    Delete {
        /// The folder.
        folder: u32,
        /// The messages.
        uids: Runs,
    },
    /// Take mirrored messages where they went at the provider.
    Carry {
        /// Which.
        carried: Vec<CarriedRow>,
    },
}

/// What a change came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Edited {
    /// It is done.
    Done,
    /// The folder that was made, or was there.
    Folder(u32),
    /// It cannot be, and nothing changed.
    Refused(String),
    /// Which of the messages were there.
    Uids(Runs),
    /// Which messages were carried.
    Carried(Vec<bool>),
}

/// A message to be carried: its names there in hexadecimal, and the folder here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarriedRow {
    /// What it was called there.
    pub before: Vec<u8>,
    /// What it is called there now.
    pub name: Vec<u8>,
    /// The folder here.
    pub to: u32,
}

/// UIDs as first and last of each run, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Runs(pub Vec<(u32, u32)>);

impl Runs {
    /// Of a set.
    pub fn of(uids: &UidSet) -> Runs {
        Runs(uids.ranges().iter().map(|(a, b)| (a.number(), b.number())).collect())
    }

    /// The set. What is no UID is left out.
    pub fn uids(&self) -> UidSet {
        let pairs = self.0.iter().filter_map(|(a, b)| Some((Uid::new(*a)?, Uid::new(*b)?)));
        UidSet::from_ranges(pairs.filter(|(a, b)| a <= b))
    }
}

/// Flags of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// The system flags, as `mailbox::Flags` has them.
    #[serde(default)]
    pub system: u64,
    /// Keywords.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
}

impl Marks {
    /// None.
    pub fn is_empty(&self) -> bool {
        self.system == 0 && self.keywords.is_empty()
    }

    fn has(&self, keyword: &str) -> bool {
        self.keywords.iter().any(|known| known.eq_ignore_ascii_case(keyword))
    }

    /// These without those.
    #[must_use]
    pub fn without(&self, other: &Marks) -> Marks {
        let left = self.keywords.iter().filter(|keyword| !other.has(keyword));
        Marks { system: self.system & !other.system, keywords: left.cloned().collect() }
    }

    /// These and those.
    #[must_use]
    pub fn with(&self, other: &Marks) -> Marks {
        let more = other.keywords.iter().filter(|keyword| !self.has(keyword));
        let keywords = self.keywords.iter().chain(more).cloned().collect();
        Marks { system: self.system | other.system, keywords }
    }

    /// Whether they are the same.
    pub fn same(&self, other: &Marks) -> bool {
        self.without(other).is_empty() && other.without(self).is_empty()
    }

    /// Whether they are the same, but for the mark for deletion.
    pub(crate) fn same_but_deleted(&self, other: &Marks) -> bool {
        let deleted = Marks { system: Flags::DELETED.0, keywords: Vec::new() };
        self.without(&deleted).same(&other.without(&deleted))
    }

    /// By name. What cannot be a keyword is left out.
    pub fn names(&self) -> FlagNames {
        let keywords = self.keywords.iter().filter_map(|keyword| Keyword::new(keyword)).collect();
        FlagNames { system: Flags(self.system & Flags::SYSTEM.0), keywords }
    }
}

impl From<&FlagNames> for Marks {
    fn from(names: &FlagNames) -> Marks {
        let keywords = names.keywords.iter().map(|keyword| keyword.as_str().to_owned()).collect();
        Marks { system: names.system.0 & Flags::SYSTEM.0, keywords }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_compared_without_regard_to_case() {
        let marks = |system, keywords: &[&str]| Marks {
            system,
            keywords: keywords.iter().map(|it| (*it).to_owned()).collect(),
        };
        let (one, other) = (marks(3, &["$Junk", "work"]), marks(1, &["$junk", "home"]));
        assert_eq!(one.without(&other), marks(2, &["work"]));
        assert_eq!(one.with(&other), marks(3, &["$Junk", "work", "home"]));
        assert!(one.same(&marks(3, &["WORK", "$JUNK"])) && !one.same(&other));
        assert_eq!(marks(0xff, &["no keyword", "yes"]).names().keywords.len(), 1);
    }
}

//! Where messages of an account were found elsewhere: in a maildrop at a provider, or in a folder there. What is known of
//! each becomes durable in one step with the message (ADR 33), so that nothing is fetched twice and nothing is removed
//! there that is not here.

use crate::limits::PLACEMENT_NAME_OCTETS_MAX;
use crate::{BodyHash, EmailId, FlagNames, MailboxId, Timestamp, Uid};

/// Which maildrop or account elsewhere. Whoever synchronises makes it of where that is and of the user there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RemoteId(pub u64);

/// What a message is called there: opaque octets, such as a unique id of POP3, or a folder and UID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlacementName(Box<[u8]>);

impl PlacementName {
    /// Takes a name; none: it is empty, or longer than `PLACEMENT_NAME_OCTETS_MAX`.
    pub fn new(octets: &[u8]) -> Option<PlacementName> {
        let fits = (1..=PLACEMENT_NAME_OCTETS_MAX).contains(&octets.len());
        fits.then(|| PlacementName(octets.into()))
    }

    /// Its octets.
    pub fn octets(&self) -> &[u8] {
        &self.0
    }
}

/// What is known of a message that was found elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// When it was first kept, or first passed over.
    pub since: Timestamp,
    /// Its size as it was told there.
    pub listed_octets: Option<u64>,
    /// Since when it is not there any more, as far as anybody looked.
    pub missing_since: Option<Timestamp>,
    /// What became of it.
    pub state: PlacementState,
}

/// What became of a message that was found elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlacementState {
    /// It was taken, and is this email. What became of that, `Place` says.
    Taken(Taken),
    /// It is mirrored: the same message is there and here.
    Mirrored(Mirrored),
    /// It is no message, but a folder, or something else that whoever synchronises has to know again: in words of
    /// its own, of at most `PLACEMENT_NOTE_OCTETS_MAX` octets.
    Noted(Box<[u8]>),
    /// It was not taken.
    Passed {
        /// It has at least so many octets.
        octets_min: Option<u64>,
        /// When it came there, or else was sent.
        date: Option<Timestamp>,
    },
}

impl PlacementState {
    /// The message that came, if one did.
    pub fn message(&self) -> Option<&Taken> {
        match self {
            PlacementState::Taken(taken) => Some(taken),
            PlacementState::Mirrored(mirrored) => Some(&mirrored.taken),
            PlacementState::Noted(_) | PlacementState::Passed { .. } => None,
        }
    }
}

/// A message that is there and here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirrored {
    /// The message.
    pub taken: Taken,
    /// The mailbox in which it is here. It may be gone since.
    pub mailbox: MailboxId,
    /// Its UID here. It may be gone since.
    pub uid: Uid,
    /// The flags on which both ends last agreed.
    pub flags: FlagNames,
}

/// A message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The email. It may have been dropped for good since.
    pub email: EmailId,
    /// The hash of its octets when it came.
    pub hash: BodyHash,
    /// The print of its header, by which it is known again.
    pub header: [u8; 32],
    /// What is being done with it there.
    pub there: There,
}

/// What is being done with a message where it was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum There {
    /// Nothing: it stays.
    Stays,
    /// Its removal was asked for, and perhaps not heard.
    Leaving,
    /// Its removal was confirmed.
    Gone,
}

/// Whether the owner still has a message that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It is in some mailbox, and not marked as deleted there.
    Here,
    /// It is in no mailbox any more, or only marked as deleted.
    Deleted,
}

/// A placement, and whether the owner still has the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placed {
    /// What is known.
    pub placement: Placement,
    /// Whether the owner still has it; `Deleted` for what was not taken.
    pub place: Place,
}

/// What is to be known of a message from now on; none: nothing.
pub type PlacementNote = (PlacementName, Option<Placement>);

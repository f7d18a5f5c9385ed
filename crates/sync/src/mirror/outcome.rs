//! What a mirror is asked to do, and what it came to.

use imap::client::Fault;

use crate::limits::FOLDERS_TOLD;

/// What a mirror is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirrorWanted {
    /// Only folders whose names here fit one of these, with `*` and `%` as in IMAP; none: all.
    pub folders: Vec<String>,
    /// At most so many messages of a folder may be deleted; none: a tenth of it, or 50.
    pub delete_max: Option<u64>,
    /// Whether anything is done, or only found out.
    pub runs: Runs,
    /// Which way changes go.
    pub direction: Direction,
    /// Whether folders that others share come along.
    pub of_others: FoldersOfOthers,
}

/// Whether folders that others share with the person are mirrored. One that is mirrored stays so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FoldersOfOthers {
    /// They are left out: they are others' to keep.
    #[default]
    LeftOut,
    /// They come along.
    Taken,
}

/// Which way changes go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// From the provider to here; nothing changes there.
    #[default]
    Down,
    /// From here to the provider; nothing changes here.
    Up,
    /// Both ways.
    Both,
}

impl Direction {
    /// Whether what changed there changes here.
    pub(super) fn is_down(self) -> bool {
        self != Direction::Up
    }

    /// Whether what changed here changes there.
    pub(super) fn is_up(self) -> bool {
        self != Direction::Down
    }
}

/// Whether anything is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Runs {
    /// It is.
    #[default]
    Really,
    /// It is only found out what would be done.
    Dry,
}

/// What a mirror came to.
#[derive(Debug, Default)]
pub struct MirrorDone {
    /// How many folders there are to mirror.
    pub folders: u64,
    /// How many of them were looked at, for something may have changed.
    pub looked_at: u64,
    /// How many were made here.
    pub folders_made: u64,
    /// How many were renamed here, as they were there.
    pub folders_renamed: u64,
    /// How many were removed here, for they are not there any more.
    pub folders_removed: u64,
    /// How many were left out, for they were deleted here.
    pub folders_left_out: u64,
    /// How many were left out, for they are others'.
    pub folders_of_others: u64,
    /// How many messages are new here.
    pub new: u64,
    /// How many octets of them were fetched.
    pub new_octets: u64,
    /// Of how many messages flags changed.
    pub marked: u64,
    /// How many messages went to another folder, and were not fetched again.
    pub moved: u64,
    /// How many messages were deleted here, for they are not there any more.
    pub deleted: u64,
    /// How many would have been, but were changed here since, and stay.
    pub kept: u64,
    /// How many messages stay here although they were not found again after the server had numbered its messages anew.
    pub kept_renumbered: u64,
    /// How many messages are too large for the account here.
    pub too_large: u64,
    /// How many messages the server did not give.
    pub not_given: u64,
    /// What was done at the provider.
    pub there: DoneThere,
    /// Folders that could not be mirrored, and why.
    pub refused: Vec<(String, Why)>,
    /// Whether somebody stopped it.
    pub stopped: bool,
    /// Why it did not come to its end; none: it did.
    pub fault: Option<MirrorFault>,
}

impl MirrorDone {
    /// Whether something was not deleted because it would have been too much at once.
    pub fn is_guarded(&self) -> bool {
        let guarded = |why: &Why| {
            matches!(
                why,
                Why::TooManyGone { .. } | Why::TooManyDeleted { .. } | Why::NoInbox | Why::WentBack
            )
        };
        self.refused.iter().any(|(_, why)| guarded(why))
    }

    /// Whether anything is to be told.
    pub fn has_changed(&self) -> bool {
        let counts = [
            self.folders_made,
            self.folders_renamed,
            self.folders_removed,
            self.new,
            self.marked,
            self.moved,
            self.deleted,
            self.kept,
            self.kept_renumbered,
            self.too_large,
            self.not_given,
        ];
        let changed = counts.iter().any(|count| *count > 0) || !self.refused.is_empty();
        changed || self.there != DoneThere::default()
    }

    pub(super) fn refuse(&mut self, folder: &str, why: Why) {
        if self.refused.len() < FOLDERS_TOLD {
            self.refused.push((folder.to_owned(), why));
        }
    }
}

/// What a mirror did at the provider, for it was done here before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DoneThere {
    /// How many folders were made.
    pub folders_made: u64,
    /// How many were renamed.
    pub folders_renamed: u64,
    /// How many were removed.
    pub folders_removed: u64,
    /// How many come back here, for something in them changed there after they were deleted here.
    pub folders_back: u64,
    /// How many messages went up.
    pub sent: u64,
    /// How many octets of them.
    pub sent_octets: u64,
    /// Of how many messages flags changed.
    pub marked: u64,
    /// How many went to another folder.
    pub moved: u64,
    /// How many were deleted.
    pub deleted: u64,
    /// How many come back here, for they changed there after they were deleted here.
    pub back: u64,
    /// How many messages cannot be read here, and so did not go up.
    pub damaged: u64,
    /// How many the server confirmed and then did not show; they are not sent again.
    pub unseen: u64,
}

/// Why a folder was not mirrored, or not all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// The server said no.
    Server(String),
    /// The account here does not take it.
    Here(String),
    /// So many messages went there that nothing was deleted here.
    TooManyGone {
        /// How many went.
        gone: u64,
        /// How many may go unasked.
        max: u64,
    },
    /// So many messages were deleted here that nothing was deleted there.
    TooManyDeleted {
        /// How many.
        gone: u64,
        /// How many may be unasked.
        max: u64,
    },
    /// The server lets nobody change it.
    ReadOnly,
    /// The server can only remove all messages that are marked `\Deleted`, and others are marked as well.
    OthersMarked,
    /// Its messages were numbered anew, which has to be taken down first.
    Renumbered,
    /// The server lists no Inbox: what it does not list is not believed to be gone.
    NoInbox,
    /// It gives UIDs again that it has given before (RFC 9051, 2.3.1.1).
    WentBack,
    /// It does not say under which UIDVALIDITY its messages are.
    NoValidity,
    /// It says of fewer messages than it has how they are.
    CutShort,
}

/// Why a mirror did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum MirrorFault {
    /// The server, or the line to it.
    #[error(transparent)]
    Server(#[from] Fault),
    /// The account here.
    #[error("{0}")]
    Local(Box<dyn std::error::Error + Send + Sync>),
}

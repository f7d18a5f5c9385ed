//! `mirror`: keeps the folders of an IMAP account here as they are there.
//!
//! A run first asks which folders there are and how they are (`remote`), and which of them are which here (`folders`). Those
//! that changed are looked at one by one: `changes` takes over flags, and finds what came and what went. Only when all
//! of that is known, `taking` takes what came: what went elsewhere and came here is the same message, which is carried
//! over, and all else is fetched. `going` deletes at last what went, within a guard. What is known of each message is
//! durable in one step with it (`mailbox::Mirrored`); the note of a folder is set when all in it is here, and until then the
//! next run looks at it again.

mod changes;
mod folders;
mod going;
mod here;
mod notes;
mod taking;
mod watching;

use std::collections::{HashMap, HashSet};

use imap::client::Fault;
use imap::commands::{Access, Resync};
use mailbox::{MailboxId, MailboxName, Timestamp};
pub use pop3::client::pull::Go;

pub use self::watching::Watcher;

use self::here::Here;
use self::notes::{FolderNote, MessageName, UNSURE};
use crate::folders::LocalFolders;
use crate::identity::Identity;
use crate::limits::FOLDERS_TOLD;
use crate::remote::{self, Abilities, Figures, RemoteFolder};
use crate::session::Imap;

/// What a mirror is to do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MirrorWanted {
    /// Only folders whose names here fit one of these, with `*` and `%` as in IMAP; none: all.
    pub folders: Vec<String>,
    /// At most so many messages of a folder may be deleted; none: a tenth of it, or 50.
    pub delete_max: Option<u64>,
    /// Whether anything is done, or only found out.
    pub runs: Runs,
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
        let guarded =
            |why: &Why| matches!(why, Why::TooManyGone { .. } | Why::NoInbox | Why::WentBack);
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
        counts.iter().any(|count| *count > 0) || !self.refused.is_empty()
    }

    fn refuse(&mut self, folder: &str, why: Why) {
        if self.refused.len() < FOLDERS_TOLD {
            self.refused.push((folder.to_owned(), why));
        }
    }
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

/// Whom a mirror tells how far it has come, and who may stop it.
pub type MirrorWatch<'w> = dyn FnMut(&MirrorDone) -> Go + Send + 'w;

/// Mirrors, with a session that has just logged in; gives the account back with what was done.
pub async fn mirrored<L: LocalFolders>(
    mut client: Imap,
    local: L,
    wanted: &MirrorWanted,
    now: Timestamp,
    watch: &mut MirrorWatch<'_>,
) -> (L, MirrorDone) {
    let (local, done) = mirrored_on(&mut client, local, wanted, now, watch).await;
    if done.fault.is_none() {
        // It is all here; how the server says goodbye does not matter.
        drop(client.log_out().await);
    }
    (local, done)
}

/// The same, with a session that is used further.
pub async fn mirrored_on<L: LocalFolders>(
    client: &mut Imap,
    local: L,
    wanted: &MirrorWanted,
    now: Timestamp,
    watch: &mut MirrorWatch<'_>,
) -> (L, MirrorDone) {
    let here = Here::new(local, wanted.runs, now);
    let mut mirror = Mirror {
        client,
        here,
        wanted,
        watch,
        can: Abilities::default(),
        selected: None,
        candidates: HashMap::new(),
        carried: HashSet::new(),
    };
    let ended = mirror.run().await;
    let Mirror { here, .. } = mirror;
    let (local, mut done) = here.into_parts();
    done.fault = ended.err();
    (local, done)
}

/// A mirror at work.
struct Mirror<'m, 'w, L> {
    client: &'m mut Imap,
    here: Here<L>,
    wanted: &'m MirrorWanted,
    watch: &'m mut MirrorWatch<'w>,
    can: Abilities,
    /// The folder that is open there, and its UIDVALIDITY.
    selected: Option<(String, u32)>,
    /// Messages that went, by what they are known by.
    candidates: HashMap<Identity, Vec<MessageName>>,
    /// Those of them that were found elsewhere.
    carried: HashSet<MessageName>,
}

/// A folder that is mirrored.
struct Work {
    there: RemoteFolder,
    /// The folder here.
    local: MailboxId,
    /// How many messages it has here.
    messages: u64,
    /// The name that it should have here, where it is not its owner's to choose.
    target: Option<MailboxName>,
    /// What is kept of it.
    note: FolderNote,
    /// What will be kept, when all is here.
    next: FolderNote,
    /// Keywords that it can have here.
    keywords: Vec<String>,
    /// UIDs there that are not here yet.
    new: Vec<u32>,
    /// What went.
    gone: Vec<MessageName>,
    /// Whether it was numbered anew, so that what went may only have another number.
    renumbered: bool,
    /// Whether all is here when this is done.
    whole: bool,
    /// Whether there is anything to do.
    is_open: bool,
}

impl<L: LocalFolders> Mirror<'_, '_, L> {
    async fn run(&mut self) -> Result<(), MirrorFault> {
        self.can = remote::prepare(self.client).await?;
        let there = remote::listed(self.client, self.can).await?;
        let (mut works, mut lost) = self.matched(there).await?;
        self.here.done.folders = u64::try_from(works.len()).unwrap_or(u64::MAX);
        self.rename_all(&mut works).await?;
        let changed = works.iter().filter(|work| !work.is_unchanged()).count();
        self.here.done.looked_at = u64::try_from(changed).unwrap_or(u64::MAX);
        for work in works.iter_mut().filter(|work| !work.is_unchanged()) {
            if self.stops() {
                return Ok(());
            }
            self.look_at(work).await?;
        }
        for (folder, note) in &mut lost {
            let (validity, all) = (note.validity, (1, u32::MAX));
            let gone = self.here.messages_of(*folder, validity, all, |_| true).await?;
            self.note_gone(gone);
        }
        for work in works.iter_mut().filter(|work| work.is_open) {
            if self.stops() {
                return Ok(());
            }
            self.take(work).await?;
            // What went is deleted only when all that came is here: it may be the same.
            if work.gone.is_empty() && !self.here.done.stopped {
                self.close(work).await?;
            }
        }
        if self.here.done.stopped {
            return Ok(());
        }
        for work in works.iter_mut().filter(|work| work.is_open) {
            self.delete_gone(work).await?;
            self.close(work).await?;
        }
        for (folder, note) in lost {
            self.remove_lost(folder, note).await?;
        }
        // What was removed may have had the names of others.
        self.rename_all(&mut works).await
    }

    /// Whether somebody wants it to stop.
    fn stops(&mut self) -> bool {
        if (self.watch)(&self.here.done) == Go::Stop {
            self.here.done.stopped = true;
        }
        self.here.done.stopped
    }

    /// Notes what is kept of a folder when it has been looked at.
    async fn close(&mut self, work: &mut Work) -> Result<(), MirrorFault> {
        work.is_open = false;
        let mut note = work.next.clone();
        if !work.whole {
            // It is looked at again, from where all was here.
            note.messages = UNSURE;
            note.modseq = if work.renumbered { 0 } else { work.note.modseq };
        }
        work.note = note;
        self.here.keep(work.local, Some(&work.note)).await
    }

    /// Opens a folder to look at it. None: the server refuses.
    async fn open(&mut self, name: &str) -> Result<Option<Figures>, MirrorFault> {
        let resync = if self.can.condstore { Resync::Condstore } else { Resync::None };
        self.selected = None;
        let opened = match self.client.open(name, Access::ReadOnly, resync).await {
            Ok(opened) => opened,
            Err(Fault::Refused(status)) => {
                self.here.done.refuse(name, Why::Server(crate::shown(&status.text)));
                return Ok(None);
            }
            Err(fault) => return Err(fault.into()),
        };
        // What happens from here on is told by the commands themselves.
        drop(self.client.take_news());
        let figures = Figures {
            validity: opened.uid_validity,
            uid_next: opened.uid_next,
            messages: Some(opened.exists),
            modseq: opened.highest_modseq.map(|modseq| modseq.0),
            mailbox_id: opened.mailbox_id,
        };
        self.selected = figures.validity.map(|validity| (name.to_owned(), validity));
        Ok(Some(figures))
    }

    /// Remembers what went, so that it is known again where it comes.
    fn note_gone(&mut self, gone: Vec<(MessageName, mailbox::Mirrored)>) -> Vec<MessageName> {
        let mut names = Vec::with_capacity(gone.len());
        for (name, mirrored) in gone {
            names.push(name);
            let identity = mirrored.taken.header;
            if identity != crate::identity::UNKNOWN
                && self.candidates.len() < crate::limits::WENT_MAX
            {
                self.candidates.entry(identity).or_default().push(name);
            }
        }
        names
    }
}

impl Work {
    /// Whether the server's figures say that nothing has changed since all was here.
    fn is_unchanged(&self) -> bool {
        let figures = &self.there.figures;
        let note = &self.note;
        note.messages != UNSURE
            && note.modseq != 0
            && figures.modseq == Some(note.modseq)
            && figures.validity == Some(note.validity)
            && figures.uid_next == Some(note.uid_next)
            && figures.messages == Some(note.messages)
    }
}

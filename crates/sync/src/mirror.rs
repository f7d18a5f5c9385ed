//! `mirror`: keeps the folders of an IMAP account here as they are there, and there as they are here.
//!
//! A run first asks which folders there are and how they are (`remote`), and which of them are which here (`folders`). Those
//! that changed are looked at one by one: `changes` takes over flags, and finds what came and what went. Only when all
//! of that is known, `taking` takes what came: what went elsewhere and came here is the same message, which is carried
//! over, and all else is fetched. `going` deletes at last what went, within a guard. What is known of each message is
//! durable in one step with it (`mailbox::Mirrored`); the note of a folder is set when all in it is here, and until then the
//! next run looks at it again.
//!
//! Where changes go up as well, `survey` first finds what changed here, and `folders_there` makes and renames folders. When all
//! that came down is here, `raising` does there what was done here: `marking`, `moving`, `sending`, `removing`. What is to be
//! there is noted before it is asked for, and is known again by `uploads` where the answer was not heard.

mod changes;
mod folders;
mod folders_there;
mod going;
mod here;
mod marking;
mod moving;
mod notes;
mod outcome;
mod raising;
mod removing;
mod sending;
mod survey;
mod taking;
mod uploads;
mod watching;

use std::collections::HashMap;

use imap::client::Fault;
use imap::commands::{Access, Resync};
use mailbox::{BodyHash, MailboxId, MailboxName, Timestamp};
pub use pop3::client::pull::Go;

pub use self::outcome::{
    Direction, DoneThere, FoldersOfOthers, MirrorDone, MirrorFault, MirrorWanted, Runs, Why,
};
pub use self::watching::Watcher;

use self::folders::Lost;
use self::here::Here;
use self::marking::Permanent;
use self::notes::{FolderNote, MessageName};
pub(crate) use self::notes::{UNSURE, noted_messages};
use self::survey::Changed;
use self::uploads::Uploads;
use crate::folders::LocalFolders;
use crate::identity::Identity;
use crate::limits::PASSES_MAX;
use crate::remote::{Abilities, Figures, RemoteFolder};
use crate::session::Imap;

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
        nameless: HashMap::new(),
        carried: HashMap::new(),
        changed: HashMap::new(),
        uploads: Uploads::default(),
        again: false,
        failed_to_send: false,
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
    /// Those that nothing but all their octets is known by.
    nameless: HashMap<BodyHash, Vec<MessageName>>,
    /// Those of them that were found elsewhere, and how they are called now.
    carried: HashMap<MessageName, MessageName>,
    /// What changed here, by folder here.
    changed: HashMap<MailboxId, Changed>,
    /// What is here and may be there.
    uploads: Uploads,
    /// Whether something showed that has to be looked at once more.
    again: bool,
    /// Whether something that is here could not go up.
    failed_to_send: bool,
}

/// A folder that is mirrored.
struct Work {
    there: RemoteFolder,
    /// The folder here.
    local: MailboxId,
    /// Whether it was deleted here since.
    is_deleted_here: bool,
    /// Whether it was renamed here since, and not there.
    is_renamed_here: bool,
    /// How many messages it has here.
    messages: u64,
    /// The folder here as it was before anything was done.
    local_modseq: u64,
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
    /// Whether the server told all that it has.
    is_listed: bool,
    /// Whether something was in the way of what is to be done there.
    is_held_up: bool,
}

impl<L: LocalFolders> Mirror<'_, '_, L> {
    async fn run(&mut self) -> Result<(), MirrorFault> {
        self.can = crate::remote::prepare(self.client).await?;
        for _ in 0..PASSES_MAX {
            self.again = false;
            self.pass().await?;
            if !self.again || self.here.done.stopped || self.here.is_dry() {
                break;
            }
            self.candidates.clear();
            self.nameless.clear();
            self.carried.clear();
            self.changed.clear();
            self.uploads = Uploads::default();
            self.here.begin_pass();
        }
        Ok(())
    }

    async fn pass(&mut self) -> Result<(), MirrorFault> {
        let there = crate::remote::listed(self.client, self.can).await?;
        let (mut works, lost) = self.matched(there).await?;
        self.here.done.folders = u64::try_from(works.len()).unwrap_or(u64::MAX);
        let is_down = self.wanted.direction.is_down();
        if is_down {
            self.rename_all(&mut works).await?;
        }
        if self.wanted.direction.is_up() {
            self.survey(&works).await?;
            let gone = self.changed.values().flat_map(|changed| changed.gone.iter().copied());
            self.here.deleted_here = gone.collect();
        }
        if is_down {
            self.come_down(&mut works, lost).await?;
        } else {
            self.find_sent(&mut works).await?;
        }
        if self.wanted.direction.is_up() && !self.here.done.stopped {
            self.go_up(&mut works).await?;
        }
        Ok(())
    }

    /// Does here what was done there.
    async fn come_down(&mut self, works: &mut [Work], lost: Lost) -> Result<(), MirrorFault> {
        let changed = works.iter().filter(|work| !self.is_passed_over(work)).count();
        self.here.done.looked_at = u64::try_from(changed).unwrap_or(u64::MAX);
        for work in works.iter_mut() {
            if self.is_passed_over(work) {
                continue;
            }
            if self.stops() {
                return Ok(());
            }
            self.look_at(work).await?;
        }
        for (folder, _) in &lost {
            let gone = self.here.all_of(*folder).await?;
            self.note_gone(gone);
        }
        for work in works.iter_mut().filter(|work| work.is_open && !work.is_deleted_here) {
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
        self.rename_all(works).await
    }

    /// Whether a folder need not be looked at: nothing changed there, and nothing of here may be there unheard of.
    fn is_passed_over(&self, work: &Work) -> bool {
        let waits = |changed: &Changed| !changed.waiting.is_empty();
        let is_waited_for = self.changed.get(&work.local).is_some_and(waits);
        work.is_unchanged() && !is_waited_for
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
        self.open_for(name, Access::ReadOnly).await.map(|opened| opened.map(|(figures, _)| figures))
    }

    /// Opens a folder to look at it, or to change it. None: the server refuses.
    async fn open_for(
        &mut self,
        name: &str,
        access: Access,
    ) -> Result<Option<(Figures, Permanent)>, MirrorFault> {
        let resync = if self.can.condstore { Resync::Condstore } else { Resync::None };
        self.selected = None;
        let opened = match self.client.open(name, access, resync).await {
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
        Ok(Some((figures, Permanent::of(access, opened.access, opened.permanent_flags))))
    }

    /// Remembers what went, so that it is known again where it comes.
    fn note_gone(&mut self, gone: Vec<(MessageName, mailbox::Mirrored)>) -> Vec<MessageName> {
        let mut names = Vec::with_capacity(gone.len());
        for (name, mirrored) in gone {
            names.push(name);
            let identity = mirrored.taken.header;
            if self.candidates.len() >= crate::limits::WENT_MAX {
                continue;
            }
            if identity == crate::identity::UNKNOWN {
                self.nameless.entry(mirrored.taken.hash).or_default().push(name);
            } else {
                self.candidates.entry(identity).or_default().push(name);
            }
        }
        names
    }
}

impl Work {
    /// Whether anything in it may have changed here.
    fn is_changed_here(&self) -> bool {
        self.is_deleted_here || self.local_modseq != self.note.local_modseq
    }

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

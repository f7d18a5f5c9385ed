//! What FETCH marks `\Seen` (RFC 9051, 6.4.5), and takes back where nothing could be shown: who marks what nobody saw
//! hides it.

use std::ops::Range;

use mailbox::operations::Store;
use mailbox::{EmailId, FlagMode, FlagNames, Flags, ModSeq, Uid, UidSet};

use crate::server::outcome::Stop;
use crate::server::session::Session;
use crate::view::Keywords;

/// The messages of a chunk that FETCH marks `\Seen`.
#[derive(Default)]
pub(super) struct Seen {
    /// Marked before they are shown, in one commit, so that their answers tell it.
    marked: UidSet,
    /// The mod-sequence that this gave them.
    modseq: ModSeq,
    /// Known to be damaged: marked only once something of them was shown.
    damaged: UidSet,
    /// Of either, what was shown.
    shown: UidSet,
}

impl Seen {
    /// Whether it was marked for this FETCH: its flags have to be shown.
    pub(super) fn is_marked(&self, uid: Uid) -> bool {
        self.marked.contains(uid)
    }

    /// Takes note of a message of which something was shown.
    pub(super) fn show(&mut self, uid: Uid) {
        if self.marked.contains(uid) || self.damaged.contains(uid) {
            self.shown.insert(uid);
        }
    }
}

impl Session<'_> {
    /// Marks messages as `\Seen`, those that are not.
    pub(super) async fn see(
        &mut self,
        indexes: &Range<usize>,
        changed_since: Option<ModSeq>,
    ) -> Result<Seen, Stop> {
        let view = self.view()?;
        let unseen: Vec<(EmailId, Uid)> = view
            .entries()
            .iter_from(indexes.start)
            .take(indexes.len())
            .filter(|(_, entry)| !entry.flags.contains(Flags::SEEN))
            .filter(|(_, entry)| changed_since.is_none_or(|since| entry.modseq > since))
            .map(|(_, entry)| (entry.email, entry.uid))
            .collect();
        let emails: Vec<EmailId> = unseen.iter().map(|(email, _)| *email).collect();
        let known = self.opened()?.known_damaged_of(&emails)?;
        let mut seen = Seen::default();
        for (email, uid) in unseen {
            if known.contains(&email) { &mut seen.damaged } else { &mut seen.marked }.insert(uid);
        }
        if seen.marked.is_empty() {
            return Ok(seen);
        }
        match self.opened()?.store(self.view()?.state().id, mark(&seen.marked)).await {
            Ok(stored) => seen.modseq = stored.modseq,
            // It can be read all the same: the disk is full, or the mailbox was deleted meanwhile.
            Err(error) => {
                tracing::debug!(%error, "messages could not be marked as seen");
                return Ok(Seen::default());
            }
        }
        let present = self.present()?;
        if self.view_mut()?.absorb(&present, &seen.marked) == Keywords::New {
            self.print_flags()?;
        }
        Ok(seen)
    }

    /// Takes the mark from what could not be shown, unless somebody has changed it since; marks what was shown of damaged
    /// messages. The client hears of both as it hears of what others do.
    pub(super) async fn settle(&mut self, seen: Seen) {
        let unshown = seen.marked.difference(&seen.shown);
        let back =
            Store { mode: FlagMode::Remove, unchanged_since: Some(seen.modseq), ..mark(&unshown) };
        for change in [back, mark(&seen.damaged.intersection(&seen.shown))] {
            if change.uids.is_empty() {
                continue;
            }
            let (Ok(account), Ok(view)) = (self.opened(), self.view()) else { return };
            if let Err(error) = account.store(view.state().id, change).await {
                tracing::debug!(%error, "what FETCH has shown was not marked as it should be");
            }
        }
    }
}

/// Marks as `\Seen`.
fn mark(uids: &UidSet) -> Store {
    Store {
        uids: uids.clone(),
        mode: FlagMode::Add,
        flags: FlagNames { system: Flags::SEEN, keywords: Vec::new() },
        unchanged_since: None,
    }
}

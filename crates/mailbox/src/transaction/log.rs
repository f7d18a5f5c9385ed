//! The change log, in a transaction.

use super::Transaction;
use crate::commit_group::Becoming;
use crate::operations::{Counts, EmailRuns, Visible, What};
use crate::{Entry, Flags, ModSeq, Who, layout, records};

impl Transaction<'_, '_> {
    /// Writes a line of the change log.
    pub(crate) fn log(&mut self, modseq: ModSeq, who: &Who, what: &What) {
        let visible = without_moved(std::mem::take(&mut self.draft.visible));
        let line = records::write_change(self.now(), who, what, Some(&visible));
        self.put(layout::change(self.account(), modseq), line);
    }

    /// Notes what an entry that came, went or got other flags does to what is visible; the next line of the log tells it.
    pub(super) fn note_visible(&mut self, old: Option<&Entry>, new: Option<&Entry>) {
        let shown = |entry: Option<&Entry>| {
            entry.filter(|entry| !entry.flags.contains(Flags::DELETED)).copied()
        };
        let visible = &mut self.draft.visible;
        match (shown(old), shown(new)) {
            (None, None) => {}
            (None, Some(entry)) => {
                visible.came.push(entry.email);
                visible.counts = Counts::Changed;
            }
            (Some(entry), None) => {
                visible.went.push(entry.email);
                visible.counts = Counts::Changed;
            }
            (Some(old), Some(new)) => {
                // RFC 8621, 2: what is unread has neither.
                let counted = Flags::SEEN.with(Flags::DRAFT).0;
                if old.flags.0 & counted != new.flags.0 & counted {
                    visible.counts = Counts::Changed;
                }
            }
        }
    }
}

/// What is in one of the two lists and not in the other.
fn without_moved(became: Becoming) -> Visible {
    let Becoming { mut came, mut went, counts } = became;
    came.sort_unstable();
    went.sort_unstable();
    if came.is_empty() || went.is_empty() {
        return Visible { came: EmailRuns::of(&came), went: EmailRuns::of(&went), counts };
    }
    let (mut only_came, mut only_went) = (Vec::new(), Vec::new());
    let mut went = went.into_iter().peekable();
    for email in came {
        while let Some(earlier) = went.next_if(|other| *other < email) {
            only_went.push(earlier);
        }
        if went.next_if_eq(&email).is_none() {
            only_came.push(email);
        }
    }
    only_went.extend(went);
    Visible { came: EmailRuns::of(&only_came), went: EmailRuns::of(&only_went), counts }
}

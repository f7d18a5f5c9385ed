//! What mailboxes show, counted: by email and by thread, so that a change costs what it is about (RFC 8621, 2).

use std::collections::BTreeMap;

use super::{EmailCounts, Emails};
use crate::{EmailId, Flags, Mailbox, MailboxId, Role, ThreadId};

/// The mailbox whose mail counts apart.
pub(super) fn trash_of(mailboxes: &[Mailbox]) -> Option<MailboxId> {
    mailboxes.iter().find(|mailbox| mailbox.role == Some(Role::Trash)).map(|mailbox| mailbox.id)
}

/// Counts on their way from one view to the next.
pub(super) struct Tally {
    counts: BTreeMap<MailboxId, EmailCounts>,
    trash: Option<MailboxId>,
}

/// From which side a view is counted.
#[derive(Clone, Copy)]
enum Side {
    Out,
    In,
}

impl Tally {
    pub(super) fn of(before: &Emails, trash: Option<MailboxId>) -> Tally {
        Tally { counts: before.counts.clone(), trash }
    }

    pub(super) fn counts(self) -> BTreeMap<MailboxId, EmailCounts> {
        self.counts
    }

    /// Counts an email as it is now instead of as it was.
    pub(super) fn email(&mut self, before: &Emails, after: &Emails, email: EmailId) {
        for (view, side) in [(before, Side::Out), (after, Side::In)] {
            let unread = is_unread(view, email);
            for mailbox in mailboxes_of(view, email) {
                let counts = self.counts.entry(mailbox).or_default();
                side.count(&mut counts.emails);
                if unread {
                    side.count(&mut counts.unread_emails);
                }
            }
        }
    }

    /// Counts a thread as it is now instead of as it was.
    pub(super) fn thread(&mut self, before: &Emails, after: &Emails, thread: ThreadId) {
        for (view, side) in [(before, Side::Out), (after, Side::In)] {
            let mut mailboxes = Vec::new();
            // Unread in the trash, and unread anywhere else: each counts only on its own side.
            let (mut unread_in_trash, mut unread_outside) = (false, false);
            for email in view.members(thread).iter() {
                let unread = is_unread(view, *email);
                for mailbox in mailboxes_of(view, *email) {
                    let in_trash = Some(mailbox) == self.trash;
                    unread_in_trash |= unread && in_trash;
                    unread_outside |= unread && !in_trash;
                    mailboxes.push(mailbox);
                }
            }
            mailboxes.sort_unstable();
            mailboxes.dedup();
            for mailbox in mailboxes {
                let in_trash = Some(mailbox) == self.trash;
                let counts = self.counts.entry(mailbox).or_default();
                side.count(&mut counts.threads);
                if if in_trash { unread_in_trash } else { unread_outside } {
                    side.count(&mut counts.unread_threads);
                }
            }
        }
    }
}

impl Side {
    fn count(self, figure: &mut u64) {
        *figure = match self {
            Side::Out => figure.saturating_sub(1),
            Side::In => figure.saturating_add(1),
        };
    }
}

/// Whether an email is neither `$seen` nor `$draft`.
fn is_unread(view: &Emails, email: EmailId) -> bool {
    let read = Flags::SEEN.with(Flags::DRAFT);
    view.entry(email).is_some_and(|entry| entry.flags.0 & read.0 == 0)
}

/// The mailboxes that show an email, each once.
fn mailboxes_of(view: &Emails, email: EmailId) -> impl Iterator<Item = MailboxId> {
    let mut last = None;
    view.places(email).iter().map(|(mailbox, _)| *mailbox).filter(move |mailbox| {
        let new = last != Some(*mailbox);
        last = Some(*mailbox);
        new
    })
}

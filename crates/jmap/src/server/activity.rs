//! Who did what to the mail of an account: the lines of its change log (`docs/jmap/activity.md`).

mod get;
mod query;

use mailbox::operations::{Change, What};
use mailbox::{MailboxId, ModSeq, UidSet};
use serde_json::{Value, json};

use super::capabilities::Capability;
use super::{Context, own};
use crate::id::Id;
use crate::run::Row;

const CAPABILITY: &str = own::ACTIVITY;

pub(super) const DESCRIBED: Capability =
    Capability { name: CAPABILITY, of_session: || json!({}), of_account };

pub(super) const ROWS: &[Row<Context>] = &[get::ROW, query::ROW];

fn of_account(context: &Context) -> Value {
    let policy = context.ports.accounts.policy();
    json!({"activitySeconds": policy.changes_s, "maxActivities": policy.changes_max})
}

fn id(modseq: ModSeq) -> Id {
    Id::made(format!("L{modseq}"))
}

/// Which change it is; none if it is no id of ours.
pub(super) fn modseq_of(text: &Id) -> Option<ModSeq> {
    let modseq = ModSeq(text.as_str().strip_prefix('L')?.parse().ok()?);
    (id(modseq) == *text).then_some(modseq)
}

/// What a line is called.
fn action(what: &What) -> &'static str {
    match what {
        What::Created { .. } => "mailboxCreated",
        What::Renamed { .. } => "mailboxRenamed",
        What::Deleted { .. } => "mailboxDeleted",
        What::Added { .. } => "added",
        What::Copied { .. } => "copied",
        What::Moved { .. } => "moved",
        What::Flagged { .. } => "flagged",
        What::Expunged { .. } => "destroyed",
        What::BroughtBack { .. } => "restored",
        What::Subscribed { .. } => "subscribed",
        What::Annotated { .. } => "annotated",
        What::QuotaSet => "quotaSet",
        What::Contacts(_) => "contactsChanged",
    }
}

/// The mailbox that it is about, and the one that emails came from.
fn mailboxes(what: &What) -> (Option<MailboxId>, Option<MailboxId>) {
    match what {
        What::Created { mailbox, .. }
        | What::Renamed { mailbox, .. }
        | What::Deleted { mailbox, .. }
        | What::Added { mailbox, .. }
        | What::Flagged { mailbox, .. }
        | What::Expunged { mailbox, .. }
        | What::BroughtBack { mailbox, .. } => (Some(*mailbox), None),
        What::Copied { from, mailbox, .. } | What::Moved { from, mailbox, .. } => {
            (Some(*mailbox), Some(*from))
        }
        What::Annotated { mailbox, .. } => (*mailbox, None),
        What::Subscribed { .. } | What::QuotaSet | What::Contacts(_) => (None, None),
    }
}

/// How many entries it is about, or cards; address books where it is about these alone.
fn count(change: &Change) -> Option<u64> {
    let What::Contacts(did) = &change.what else { return uids(change).map(UidSet::len) };
    let cards = did.created.saturating_add(did.updated).saturating_add(did.destroyed);
    Some(if cards > 0 { cards } else { did.books })
}

/// The entries that it is about, in the mailbox that it is about.
fn uids(change: &Change) -> Option<&UidSet> {
    match &change.what {
        What::Added { uids, .. }
        | What::Copied { uids, .. }
        | What::Moved { uids, .. }
        | What::Flagged { uids, .. }
        | What::Expunged { uids, .. }
        | What::BroughtBack { uids, .. } => Some(uids),
        What::Created { .. }
        | What::Renamed { .. }
        | What::Deleted { .. }
        | What::Subscribed { .. }
        | What::Annotated { .. }
        | What::QuotaSet
        | What::Contacts(_) => None,
    }
}

//! The unique ids that mail of an account brought along. Whoever moved a large account here is listed as quickly as
//! anyone: what was read for one session is kept for the next, as far as there is room.

use std::sync::{Arc, Mutex};

use crate::engine::Snapshot;
use crate::hot::each;
use crate::limits::IMPORTED_OCTETS_MAX;
use crate::lock::lock;
use crate::{AccountId, EmailId, Fault, layout, records};

/// The unique ids of some emails, in one piece of memory.
#[derive(Debug, Default)]
pub(crate) struct Imported {
    /// Ascending by email, with the end of each id in the text.
    emails: Vec<(EmailId, usize)>,
    text: String,
}

impl Imported {
    /// Those of the emails from one to another, both among them.
    pub(crate) fn read(
        account: AccountId,
        (low, high): (EmailId, EmailId),
        snapshot: &dyn Snapshot,
    ) -> Result<Imported, Fault> {
        let mut imported = Imported::default();
        let end = layout::successor(&layout::uidl(account, high));
        each(snapshot, &(layout::uidl(account, low)..end), |key, value| {
            let (email, _) = layout::take64(layout::tail(key))?;
            imported.text.push_str(records::read_uidl_text(value)?);
            imported.emails.push((EmailId(email), imported.text.len()));
            Some(())
        })?;
        Ok(imported)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.emails.is_empty()
    }

    /// The id of an email. `near` is where the last one was found: mail is mostly asked for in its order.
    pub(crate) fn of(&self, email: EmailId, near: &mut usize) -> Option<&str> {
        let next = near.saturating_add(1);
        let index = if self.emails.get(next).is_some_and(|(at, _)| *at == email) {
            next
        } else {
            self.emails.binary_search_by_key(&email, |(at, _)| *at).ok()?
        };
        *near = index;
        let (_, end) = self.emails.get(index)?;
        let before = index.checked_sub(1).and_then(|before| self.emails.get(before));
        self.text.get(before.map_or(0, |(_, end)| *end)..*end)
    }

    fn octets(&self) -> usize {
        self.emails.len().saturating_mul(16).saturating_add(self.text.len())
    }
}

/// What was read lately, of all accounts, the latest first.
#[derive(Debug, Default)]
pub(crate) struct ImportedCache(Mutex<Vec<Kept>>);

#[derive(Debug)]
struct Kept {
    account: AccountId,
    /// Which state of the account's ids this is: no two are numbered alike.
    epoch: u64,
    ids: Arc<Imported>,
}

impl ImportedCache {
    /// The ids of an account as they are in an epoch.
    pub(crate) fn find(&self, account: AccountId, epoch: u64) -> Option<Arc<Imported>> {
        let mut kept = lock(&self.0);
        let index = kept.iter().position(|kept| (kept.account, kept.epoch) == (account, epoch))?;
        let found = kept.remove(index);
        let ids = Arc::clone(&found.ids);
        kept.insert(0, found);
        Some(ids)
    }

    /// Keeps the ids of an account. What was not asked for longest goes.
    pub(crate) fn keep(&self, account: AccountId, epoch: u64, ids: &Arc<Imported>) {
        let mut kept = lock(&self.0);
        kept.retain(|kept| kept.account != account);
        kept.insert(0, Kept { account, epoch, ids: Arc::clone(ids) });
        let mut octets = 0usize;
        kept.retain(|kept| {
            octets = octets.saturating_add(kept.ids.octets());
            octets <= IMPORTED_OCTETS_MAX
        });
    }
}

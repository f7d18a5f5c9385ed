//! What a host does to accounts by itself, so that none grows without bounds: what is due in which account, found without
//! opening it, and making room over all of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;

use crate::account::{oldest_retained, uploads_due};
use crate::engine::Snapshot;
use crate::operations::RetainedUse;
use crate::records::read_change;
use crate::{
    AccountId, Accounts, Door, Error, Fault, ModSeq, Octets, Timestamp, Who, hot, layout, sorting,
};

/// What was expunged stays for up to this part of the retention time longer.
const RETENTION_SLACK: i64 = 100;
/// Changes are forgotten when so many seconds more than they have to be remembered are over, so that it is done for many at
/// once.
const CHANGES_SLACK_S: i64 = 24 * 3600;
/// What was expunged within so many seconds counts as equally old.
const SAME_AGE_S: i64 = 3600;

/// What upkeep of an account came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Upkept {
    /// What was dropped for good of what was retained.
    pub dropped: RetainedUse,
    /// How many records to sort by were made for older mail.
    pub sort_records: u64,
}

impl Accounts {
    /// Drops and forgets what is due in an account, and makes some of what is missing to sort by. Where there is nothing to
    /// do, the account is not even opened.
    pub async fn upkeep(&self, id: AccountId) -> Result<Upkept, Error> {
        let now = self.clock().now();
        let policy = self.policy();
        let retained_before = Timestamp(now.0.saturating_sub(policy.retention_s));
        let changes_before = Timestamp(now.0.saturating_sub(policy.changes_s));
        // So that many go in one commit where they were expunged one by one.
        let slack_s = policy.retention_s.checked_div(RETENTION_SLACK).unwrap_or(0);
        let (is_retained_due, is_log_due, is_upload_due, sort_due) = {
            let snapshot = self.engine().snapshot()?;
            let oldest = oldest_retained(&*snapshot, id)?;
            let due = oldest.is_some_and(|it| it.0.saturating_add(slack_s) < retained_before.0);
            let is_log_due = self.is_log_due(&*snapshot, id, changes_before)?;
            let is_upload_due = uploads_due(id, &*snapshot, now)?;
            (due, is_log_due, is_upload_due, sorting::due(id, &*snapshot)?)
        };
        let mut upkept = Upkept::default();
        if !is_retained_due && !is_log_due && !is_upload_due && sort_due.is_none() {
            return Ok(upkept);
        }
        let account = self.open(id, Who::at(Door::System))?;
        if is_retained_due {
            let dropped = account.drop_oldest(u64::MAX, retained_before).await?;
            upkept.dropped.plus(dropped);
            upkept.dropped.plus(account.drop_excess().await?);
        }
        if is_log_due {
            account.forget_changes(changes_before, policy.changes_max).await?;
        }
        if is_upload_due {
            account.drop_uploads().await?;
        }
        if let Some(due) = sort_due {
            upkept.sort_records = account.fill_some(due).await?;
        }
        Ok(upkept)
    }

    /// Drops for good what was expunged longest ago, of all accounts, until it comes to so many octets or nothing is left.
    pub async fn drop_oldest_retained(&self, octets: u64) -> Result<RetainedUse, Error> {
        let mut oldest = BinaryHeap::new();
        {
            let snapshot = self.engine().snapshot()?;
            for id in self.list()? {
                if let Some(time) = oldest_retained(&*snapshot, id)? {
                    oldest.push(Reverse((time, id)));
                }
            }
        }
        let mut dropped = RetainedUse::default();
        while dropped.octets.0 < octets {
            let Some(Reverse((time, id))) = oldest.pop() else { break };
            let other = oldest.peek().map_or(Timestamp(i64::MAX), |Reverse((time, _))| *time);
            let before = other.max(Timestamp(time.0.saturating_add(SAME_AGE_S)));
            let account = match self.open(id, Who::at(Door::System)) {
                Ok(account) => account,
                // It was removed just now.
                Err(Error::Refused(_)) => continue,
                Err(fault) => return Err(fault),
            };
            let wanted = octets.saturating_sub(dropped.octets.0);
            dropped.plus(account.drop_oldest(wanted, before).await?);
            if let Some(next) = account.retained_since()? {
                // Where it did not get on, it would not the next time either.
                if next > time || next >= before {
                    oldest.push(Reverse((next, id)));
                }
            }
        }
        Ok(dropped)
    }

    /// Whether lines of an account's change log are to be forgotten.
    fn is_log_due(
        &self,
        snapshot: &dyn Snapshot,
        id: AccountId,
        before: Timestamp,
    ) -> Result<bool, Fault> {
        let Some((head, _)) = hot::read_head(id, snapshot)? else { return Ok(false) };
        let most = self.policy().changes_max;
        let slack = most.checked_div(10).unwrap_or(0);
        let surely = head.modseq.0.saturating_sub(most.saturating_add(slack));
        let before = before.0.saturating_sub(CHANGES_SLACK_S);
        let mut is_due = false;
        let range = layout::all(id, layout::Kind::Change);
        snapshot.range(layout::borrow(&range), &mut |key, value| {
            let modseq = layout::take64(layout::tail(key)).map_or(0, |(number, _)| number);
            let line = read_change(ModSeq(modseq), value);
            is_due = modseq <= surely || line.is_some_and(|line| line.time.0 < before);
            ControlFlow::Break(())
        })?;
        Ok(is_due)
    }
}

impl RetainedUse {
    /// Counts an entry in.
    pub(crate) fn add(&mut self, octets: u32) {
        self.plus(RetainedUse { octets: Octets(octets.into()), messages: 1 });
    }

    /// Counts an entry out.
    pub(crate) fn subtract(&mut self, octets: u32) {
        self.octets = Octets(self.octets.0.saturating_sub(octets.into()));
        self.messages = self.messages.saturating_sub(1);
    }

    /// Adds another sum.
    pub fn plus(&mut self, more: RetainedUse) {
        self.octets = Octets(self.octets.0.saturating_add(more.octets.0));
        self.messages = self.messages.saturating_add(more.messages);
    }

    pub(crate) fn exceeds(self, most: RetainedUse) -> bool {
        self.octets > most.octets || self.messages > most.messages
    }
}

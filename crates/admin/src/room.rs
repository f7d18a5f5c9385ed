//! Room on the disk: what nobody needs any more is given back, and where the disk is short, what is retained goes, the
//! oldest of all accounts first.

use mailbox::operations::RetainedUse;
use mailbox::{Accounts, Error, Fault, FaultKind, Refused};
use store::{Compacting, Rewriting, Store};

/// When the disk is short.
#[derive(Clone, Copy, Debug)]
pub struct Margins {
    /// With less than this left for new mail, what is retained goes,
    pub short_octets: u64,
    /// until there is so much.
    pub enough_octets: u64,
}

impl Default for Margins {
    fn default() -> Margins {
        Margins { short_octets: 16 << 20, enough_octets: 64 << 20 }
    }
}

/// When there is no room to delete so much at once, it is tried with such a part of it.
const PORTION_PART: u64 = 8;

/// Whether there is more to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more.
    More,
    /// There was nothing to do.
    Nothing,
}

/// Keeps room on the disk.
#[derive(Clone)]
pub struct RoomKeeper {
    store: Store,
    accounts: Accounts,
    margins: Margins,
}

impl RoomKeeper {
    /// Keeps room on the disk of a store.
    pub fn new(store: Store, accounts: Accounts, margins: Margins) -> RoomKeeper {
        RoomKeeper { store, accounts, margins }
    }

    /// Does a bounded piece of what gives room back. To be called again and again while there is more, and then every few
    /// seconds.
    pub async fn step(&self) -> Result<Step, Fault> {
        let store = self.store.clone();
        let stepped = self.accounts.apart(move || store.rewrite_step()).await??;
        match stepped {
            Rewriting::Nothing => self.compact().await,
            Rewriting::Working { .. } => Ok(Step::More),
            Rewriting::Removed { segment } => {
                tracing::info!(segment, "a segment was rewritten");
                Ok(Step::More)
            }
        }
    }

    /// The index comes after the journal: it becomes small only when there is little in it.
    async fn compact(&self) -> Result<Step, Fault> {
        let store = self.store.clone();
        match self.accounts.apart(move || store.compact_step()).await?? {
            Compacting::Nothing => Ok(Step::Nothing),
            Compacting::Working => Ok(Step::More),
            Compacting::Done { before_octets, after_octets } => {
                tracing::info!(before_octets, after_octets, "the index was made anew");
                Ok(Step::More)
            }
        }
    }

    /// Makes room if the disk is short. Gives what went of what was retained. What others take up meanwhile it does not
    /// wait for: where nothing is retained any more, the disk stays full.
    pub async fn relieve(&self) -> Result<RetainedUse, Error> {
        let mut dropped = RetainedUse::default();
        let mut enough = self.margins.short_octets;
        while let Some(left) = self.accounts.engine().space_left_octets() {
            let missing = enough.saturating_sub(left);
            if missing == 0 {
                break;
            }
            enough = self.margins.enough_octets;
            // What was dropped earlier may be enough, once its room is given back.
            let gave_back = self.give_back().await?;
            let left = self.accounts.engine().space_left_octets().unwrap_or(u64::MAX);
            let missing = enough.saturating_sub(left);
            if missing == 0 {
                break;
            }
            let went = self.drop_retained(missing).await?;
            dropped.plus(went);
            if went.messages == 0 && !gave_back {
                break;
            }
        }
        if dropped.messages > 0 {
            let (messages, octets) = (dropped.messages, dropped.octets.0);
            tracing::warn!(messages, octets, "the disk is short: retained mail was dropped early");
        }
        Ok(dropped)
    }

    /// Drops the oldest of what is retained until it comes to so many octets, or to fewer where the disk is so full that not
    /// even that much can be deleted at once: it gives some room back, and then more can be.
    async fn drop_retained(&self, octets: u64) -> Result<RetainedUse, Error> {
        let mut portion = octets;
        loop {
            match self.accounts.drop_oldest_retained(portion).await {
                Err(Error::Refused(Refused::NoSpace)) if portion > 1 => {
                    portion = portion.div_euclid(PORTION_PART).max(1);
                }
                done => return done,
            }
        }
    }

    /// Gives back all room that can be given back. Says whether there was any. What takes room itself may find none: that
    /// keeps nothing from being dropped, after which there is some.
    async fn give_back(&self) -> Result<bool, Fault> {
        let mut any = false;
        loop {
            match self.step().await {
                Ok(Step::More) => any = true,
                Err(fault) if fault.kind() != FaultKind::Full => return Err(fault),
                Ok(Step::Nothing) | Err(_) => return Ok(any),
            }
        }
    }
}

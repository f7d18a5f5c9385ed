//! `migrate`: copies all folders of an account to another one, and says at the end whether both have the same.
//!
//! A migration is an archive that deletes nothing (`archive`): a receipt of what is at the source is its state. What was copied
//! by an earlier run and was at the target at its end is not copied again; what was copied and is not noted is known there by its
//! header and its octets (`appending`). At the end all folders of the target are read and hashed.

mod plan;
mod target;

use std::collections::HashMap;

pub use self::plan::{MigrationPlan, fits, migration_planned};
pub use self::target::AccountTarget;

use crate::Go;
use crate::archive::{
    ArchiveFault, ArchiveRecord, ArchiveTarget, Copies, CopySource, Copying, ReadBack, Receipt,
    ReceiptMessage, Stage,
};

/// What a migration came to.
#[derive(Debug, Default)]
pub struct MigrationDone {
    /// What was copied in this run, and what was not.
    pub copies: Copies,
    /// How many messages were at the target by an earlier run.
    pub before: u64,
    /// What the comparison found, by folders; none: it did not come to that.
    pub folders: Vec<Comparison>,
    /// Why it did not come to its end; none: it did.
    pub fault: Option<ArchiveFault>,
}

/// What is at both ends of a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Its name at the source.
    pub name: String,
    /// The mailbox at the target.
    pub mailbox: String,
    /// How many messages the source has.
    pub source: u64,
    /// How many messages the target has.
    pub target: u64,
    /// How many of the source are at the target, octet for octet.
    pub same: u64,
}

impl Comparison {
    /// How many of the source are not at the target.
    pub fn missing(&self) -> u64 {
        self.source.saturating_sub(self.same)
    }
}

/// How far a migration is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MigrationStep {
    /// Messages are copied: so many octets of so many.
    Copying(u64, u64),
    /// They are compared: so many messages of so many.
    Comparing(u64, u64),
}

/// Whom a migration tells how far it is, and who may stop it.
pub type MigrationWatch<'w> = dyn FnMut(MigrationStep) -> Go + Send + 'w;

/// What of a new receipt is known by an old one: it was at the target when that was compared, or was copied since.
pub fn known_from(receipt: &mut Receipt, before: &Receipt) -> u64 {
    let mut known = HashMap::new();
    for folder in &before.folders {
        for message in &folder.messages {
            let is_there = message.place.is_some() || before.stage == Stage::Copying;
            if is_there && message.sha256.is_some() {
                known.insert((&*folder.name, folder.uid_validity, message.uid), message);
            }
        }
    }
    let mut count = 0_u64;
    for folder in &mut receipt.folders {
        for message in &mut folder.messages {
            let key = (&*folder.name, folder.uid_validity, message.uid);
            let Some(there) = known.get(&key) else { continue };
            (message.octets, message.sha256) = (there.octets, there.sha256.clone());
            count = count.saturating_add(1);
        }
    }
    count
}

/// Copies what is not copied, and compares.
pub async fn migrated<S: CopySource, T: ArchiveTarget, R: ArchiveRecord>(
    source: &mut S,
    receipt: &mut Receipt,
    target: &mut T,
    record: &mut R,
    watch: &mut MigrationWatch<'_>,
) -> MigrationDone {
    let mut done = MigrationDone::default();
    let copied = |message: &&ReceiptMessage| message.sha256.is_some();
    let before = receipt.messages().filter(copied).count();
    done.before = u64::try_from(before).unwrap_or(u64::MAX);
    receipt.stage = Stage::Copying;
    if let Err(fault) = record.keep(receipt) {
        done.fault = Some(ArchiveFault::Record(fault));
        return done;
    }
    let mut progress = |done, of| watch(MigrationStep::Copying(done, of));
    let mut copying = Copying {
        source,
        receipt,
        target,
        record,
        progress: &mut progress,
        done: Copies::default(),
    };
    let ended = copying.run().await;
    done.copies = copying.done;
    if let Err(fault) = ended {
        done.fault = Some(fault);
        return done;
    }
    if done.copies.stopped {
        return done;
    }
    match compare(receipt, target, watch).await {
        Ok(folders) => done.folders = folders,
        Err(fault) => {
            done.fault = Some(fault);
            return done;
        }
    }
    receipt.stage = Stage::Done;
    done.fault = record.keep(receipt).err().map(ArchiveFault::Record);
    done
}

/// Reads the target, and finds each message of the source in it: two that are the same have to be there twice.
async fn compare<T: ArchiveTarget>(
    receipt: &mut Receipt,
    target: &mut T,
    watch: &mut MigrationWatch<'_>,
) -> Result<Vec<Comparison>, ArchiveFault> {
    let (of, mut seen) = (receipt.count(), 0_u64);
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut found: HashMap<(String, String), Vec<String>> = HashMap::new();
    let mut each = |it: ReadBack| {
        seen = seen.saturating_add(1);
        watch(MigrationStep::Comparing(seen, of.max(seen)));
        let count = counts.entry(it.mailbox.clone()).or_default();
        *count = count.saturating_add(1);
        found.entry((it.mailbox, it.sha256)).or_default().push(it.place);
    };
    target.read_back(&mut each).await.map_err(ArchiveFault::Target)?;
    let mut folders = Vec::new();
    for folder in &mut receipt.folders {
        let mut row = Comparison {
            name: folder.name.clone(),
            mailbox: folder.mailbox.clone(),
            source: u64::try_from(folder.messages.len()).unwrap_or(u64::MAX),
            target: counts.get(&folder.mailbox).copied().unwrap_or(0),
            same: 0,
        };
        for message in &mut folder.messages {
            let key = message.sha256.clone().map(|sha256| (folder.mailbox.clone(), sha256));
            message.place = key.and_then(|key| found.get_mut(&key)).and_then(Vec::pop);
            row.same = row.same.saturating_add(u64::from(message.place.is_some()));
        }
        folders.push(row);
    }
    Ok(folders)
}

//! `archive`: makes room at a provider. Messages are copied to a target, made durable, read back and compared octet for
//! octet; only then are they deleted there.
//!
//! `choice` finds what is to go, and changes nothing. A `receipt` with all of it is kept before anything is fetched; so a
//! run that was cut is known and goes on. `copying` fetches, in batches that are durable before they are noted. When all is
//! there, all of it is read back; what is not what came stays at the provider. The receipt says so, and then `freeing`
//! deletes. Where the mail goes, and where receipts are kept, are ports.

mod choice;
mod copying;
mod freeing;
mod letters;
mod ports;
mod receipt;

use std::collections::HashMap;

use imap::client::Fault;

pub(crate) use self::choice::chosen;
pub use self::choice::{ArchivePlan, ArchiveWanted, PlanFault, Room, archive_planned, room_there};
pub use self::copying::Copies;
pub(crate) use self::copying::Copying;
pub use self::letters::ImapSource;
pub(crate) use self::letters::body_of;
pub use self::ports::{
    ArchiveRecord, ArchiveTarget, Batch, CopySource, EndFault, Failure, Given, LetterSource,
    ReadBack, SourceFault, TakeFault, TargetFault, Wanted,
};
pub use self::receipt::{
    AtServer, Copied, RECEIPT_VERSION, Receipt, ReceiptFolder, ReceiptMessage, Stage,
};

use self::freeing::Begun;
use crate::Go;
use crate::limits::FOLDERS_TOLD;
use crate::session::Imap;

/// What an archive came to.
#[derive(Debug, Default)]
pub struct ArchiveDone {
    /// What was copied in this run, and what was not.
    pub copies: Copies,
    /// How many messages are at the target, read back and compared.
    pub safe: u64,
    /// How many octets of them.
    pub safe_octets: u64,
    /// How many were not read back as they came, and stay at the provider.
    pub unequal: u64,
    /// How many were deleted at the provider.
    pub deleted: u64,
    /// How many octets of them.
    pub deleted_octets: u64,
    /// How many are only marked as deleted: the server cannot remove single messages.
    pub marked: u64,
    /// How many went by themselves before they could be deleted.
    pub gone: u64,
    /// How many changed since they were copied, and stay at the provider.
    pub changed: u64,
    /// How many stay because their folder was numbered anew.
    pub renumbered: u64,
    /// How many the server did not delete.
    pub left: u64,
    /// What it said, by folders.
    pub refused: Vec<(String, String)>,
    /// Whether somebody stopped it while it deleted.
    pub stopped: bool,
    /// Why it did not come to its end; none: it did.
    pub fault: Option<ArchiveFault>,
}

impl ArchiveDone {
    fn refuse(&mut self, folder: &str, said: String) {
        if self.refused.len() < FOLDERS_TOLD {
            self.refused.push((folder.to_owned(), said));
        }
    }

    fn left(&mut self, count: usize) {
        self.left = self.left.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

/// Why an archive did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveFault {
    /// Where the messages come from.
    #[error("{0}")]
    Source(SourceFault),
    /// The target. Nothing of what it does not have was deleted at the provider.
    #[error("{0}")]
    Target(TargetFault),
    /// Receipts cannot be kept.
    #[error("the receipt cannot be kept: {0}")]
    Record(Failure),
}

impl From<Fault> for ArchiveFault {
    fn from(fault: Fault) -> ArchiveFault {
        ArchiveFault::Source(fault.into())
    }
}

impl From<TakeFault> for ArchiveFault {
    fn from(fault: TakeFault) -> ArchiveFault {
        match fault {
            TakeFault::Source(fault) => ArchiveFault::Source(fault),
            TakeFault::Target(fault) => ArchiveFault::Target(fault),
        }
    }
}

/// How far an archive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArchiveStep {
    /// Messages are copied: so many octets of so many.
    Copying(u64, u64),
    /// They are read back: so many messages of so many.
    Comparing(u64, u64),
    /// They are deleted: so many octets of so many.
    Deleting(u64, u64),
}

/// Whom an archive tells how far it is, and who may stop it.
pub type ArchiveWatch<'w> = dyn FnMut(ArchiveStep) -> Go + Send + 'w;

/// Does what a receipt says is to be done, with a session that has logged in: copies what is not copied, reads all of it
/// back, and deletes at the provider what is safe. A receipt of a run that was cut goes on from there.
pub async fn archived<T: ArchiveTarget, R: ArchiveRecord>(
    client: &mut Imap,
    receipt: &mut Receipt,
    target: &mut T,
    record: &mut R,
    watch: &mut ArchiveWatch<'_>,
) -> ArchiveDone {
    let mut archive =
        Archive { client, receipt, target, record, watch, done: ArchiveDone::default() };
    let ended = archive.run().await;
    let mut done = archive.done;
    done.fault = ended.err();
    done
}

/// An archive at work.
struct Archive<'a, 'w, T, R> {
    client: &'a mut Imap,
    receipt: &'a mut Receipt,
    target: &'a mut T,
    record: &'a mut R,
    watch: &'a mut ArchiveWatch<'w>,
    done: ArchiveDone,
}

impl<T: ArchiveTarget, R: ArchiveRecord> Archive<'_, '_, T, R> {
    async fn run(&mut self) -> Result<(), ArchiveFault> {
        if self.receipt.stage == Stage::Done {
            return Ok(());
        }
        crate::remote::prepare(self.client).await?;
        let begun = match self.receipt.stage {
            Stage::Safe => Begun::Before,
            Stage::Copying | Stage::Done => Begun::Now,
        };
        if self.receipt.stage == Stage::Copying {
            self.keep()?;
            self.copy().await?;
            if self.done.copies.stopped {
                return Ok(());
            }
        }
        // Also where it was safe before: a run may go on long after it was cut.
        self.compare().await?;
        self.receipt.stage = Stage::Safe;
        self.keep()?;
        let freed = self.free(begun).await;
        if freed.is_ok() && !self.done.stopped {
            self.receipt.stage = Stage::Done;
        }
        // What was deleted stands in the receipt also where the line broke.
        self.keep()?;
        freed
    }

    fn keep(&mut self) -> Result<(), ArchiveFault> {
        self.record.keep(self.receipt).map_err(ArchiveFault::Record)
    }

    async fn copy(&mut self) -> Result<(), ArchiveFault> {
        let watch = &mut *self.watch;
        let mut progress = |done, of| watch(ArchiveStep::Copying(done, of));
        let mut copying = Copying {
            source: &mut ImapSource(self.client),
            receipt: self.receipt,
            target: self.target,
            record: self.record,
            progress: &mut progress,
            done: Copies::default(),
        };
        let ended = copying.run().await;
        self.done.copies = copying.done;
        ended
    }

    /// Reads the target back, and finds each message in it by its mailbox and its digest.
    async fn compare(&mut self) -> Result<(), ArchiveFault> {
        let of = self.receipt.count();
        let (mut found, mut seen) = (HashMap::new(), 0_u64);
        let watch = &mut *self.watch;
        let mut each = |it: ReadBack| {
            seen = seen.saturating_add(1);
            watch(ArchiveStep::Comparing(seen, of.max(seen)));
            found.insert((it.mailbox, it.sha256), it.place);
        };
        self.target.read_back(&mut each).await.map_err(ArchiveFault::Target)?;
        for folder in &mut self.receipt.folders {
            for message in &mut folder.messages {
                let Some(sha256) = &message.sha256 else {
                    message.place = None;
                    continue;
                };
                message.place = found.get(&(folder.mailbox.clone(), sha256.clone())).cloned();
                let octets = message.octets.unwrap_or(0);
                if message.place.is_some() {
                    self.done.safe = self.done.safe.saturating_add(1);
                    self.done.safe_octets = self.done.safe_octets.saturating_add(octets);
                } else {
                    self.done.unequal = self.done.unequal.saturating_add(1);
                }
            }
        }
        Ok(())
    }

    async fn free(&mut self, begun: Begun) -> Result<(), ArchiveFault> {
        let (mut freed, of) = (0_u64, self.done.safe_octets);
        let watch = &mut *self.watch;
        let mut progress = |octets: u64| {
            freed = freed.saturating_add(octets);
            watch(ArchiveStep::Deleting(freed, of.max(freed)))
        };
        for folder in &mut self.receipt.folders {
            if self.done.stopped {
                break;
            }
            freeing::free(self.client, folder, begun, &mut self.done, &mut progress).await?;
        }
        Ok(())
    }
}

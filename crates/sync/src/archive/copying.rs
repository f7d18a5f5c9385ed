//! Copies the messages of a receipt to a target, in batches that are durable before they are noted.

use super::ArchiveFault;
use super::ports::{ArchiveRecord, ArchiveTarget, Batch, CopySource, Wanted};
use super::receipt::Receipt;
use crate::Go;

/// What was copied, and what was not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copies {
    /// How many messages were copied in this run.
    pub copied: u64,
    /// How many octets of them.
    pub octets: u64,
    /// How many the source did not give, or not whole.
    pub not_given: u64,
    /// How many are too large to be copied.
    pub too_large: u64,
    /// Whether somebody stopped it.
    pub stopped: bool,
}

/// Messages of a receipt that are being copied.
pub(crate) struct Copying<'c, S, T, R> {
    pub(crate) source: &'c mut S,
    pub(crate) receipt: &'c mut Receipt,
    pub(crate) target: &'c mut T,
    pub(crate) record: &'c mut R,
    /// Hears of so many octets, of so many.
    pub(crate) progress: &'c mut (dyn FnMut(u64, u64) -> Go + Send),
    pub(crate) done: Copies,
}

impl<S: CopySource, T: ArchiveTarget, R: ArchiveRecord> Copying<'_, S, T, R> {
    /// Copies what is not copied, batch by batch.
    pub(crate) async fn run(&mut self) -> Result<(), ArchiveFault> {
        let batch = self.target.batch();
        if batch == Batch::ALL {
            // It is written as a whole, so all of it comes again.
            let messages = self.receipt.folders.iter_mut().flat_map(|folder| &mut folder.messages);
            messages.for_each(|message| message.sha256 = None);
        }
        let (mut came, of) = (0_u64, self.receipt.listed_octets());
        let mut left: Vec<Wanted> = Vec::new();
        for (folder, one) in self.receipt.folders.iter().enumerate() {
            for message in &one.messages {
                let (uid, listed_octets) = (message.uid, message.listed_octets);
                match message.sha256 {
                    Some(_) => came = came.saturating_add(listed_octets),
                    None => left.push(Wanted { folder, uid, listed_octets }),
                }
            }
        }
        let mut left = left.into_iter().peekable();
        while left.peek().is_some() && !self.done.stopped {
            let mut some = Vec::new();
            let mut octets = 0_u64;
            while let Some(next) = left.next_if(|next| {
                let fits = octets.saturating_add(next.listed_octets) <= batch.octets;
                some.is_empty() || (some.len() < batch.messages && fits)
            }) {
                octets = octets.saturating_add(next.listed_octets);
                some.push(next);
            }
            self.copy_some(some, &mut came, of).await?;
        }
        Ok(())
    }

    /// Copies a batch. Nothing of it is noted before the target has made it durable.
    async fn copy_some(
        &mut self,
        some: Vec<Wanted>,
        came: &mut u64,
        of: u64,
    ) -> Result<(), ArchiveFault> {
        let watch = &mut *self.progress;
        let mut progress = |octets| {
            *came = came.saturating_add(octets);
            watch(*came, of)
        };
        let given = self.source.give(self.receipt, some, self.target, &mut progress).await?;
        self.done.not_given = self.done.not_given.saturating_add(given.not_given);
        self.done.too_large = self.done.too_large.saturating_add(given.too_large);
        self.done.stopped |= given.stopped;
        self.record.note(&given.copied).map_err(ArchiveFault::Record)?;
        for one in given.copied {
            self.done.copied = self.done.copied.saturating_add(1);
            self.done.octets = self.done.octets.saturating_add(one.octets);
            self.receipt.take(one);
        }
        Ok(())
    }
}

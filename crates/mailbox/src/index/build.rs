//! Brings the words of an account up to its mail: behind delivery, a part at a time.

use std::sync::Arc;

use bytes::Bytes;
use words::Builder;

use super::filters::Filtering;
use super::{Field, Manifest, Segment, merge};
use crate::engine::{Batch, CommitError};
use crate::limits::{
    INDEX_HELD_OCTETS_MAX, INDEX_SPACE_OCTETS_LEAST, INDEXED_AT_ONCE, INDEXED_TEXT_OCTETS_MAX,
};
use crate::search::{Read, Sources};
use crate::shared::AccountShared;
use crate::{
    AccountId, Accounts, Collation, Door, EmailId, Error, Fault, Refused, Who, hot, layout,
};

/// What came of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Indexed {
    /// The words of so many more emails are there now; there may be more to do.
    Emails(u64),
    /// Some segments became one; there may be more to do.
    Merged,
    /// Somebody else makes the words at this moment.
    Busy,
    /// There is nothing to do.
    Idle,
}

impl Accounts {
    /// Makes the words of some more emails of an account, or merges some segments. Bounded in memory; what it does not
    /// finish it does again. Takes long: call it in the slow lane.
    pub async fn index(&self, id: AccountId) -> Result<Indexed, Error> {
        let snapshot = self.engine().snapshot()?;
        let Some((head, _)) = hot::read_head(id, &*snapshot)? else { return Ok(Indexed::Idle) };
        let next = EmailId(head.next_email);
        let known = match Manifest::of(id, &*snapshot) {
            // Words can be made again.
            Err(fault) if fault.is_damaged() => {
                tracing::warn!(user = self.name(id), %fault, "the index for searches is made anew");
                self.drop_index(id).await?;
                None
            }
            known => known?,
        };
        drop(snapshot);
        let is_small = known.is_none() && next.0 <= self.policy().indexed_emails_least;
        if is_small
            || self.engine().space_left_octets().is_some_and(|left| left < INDEX_SPACE_OCTETS_LEAST)
        {
            return Ok(Indexed::Idle);
        }
        // Nobody waits for it: the turns of the user are for what the user asks.
        lane::slow(None).await;
        let (manifest, old) = match known {
            Some((manifest, value)) => (manifest, Some(value)),
            None => {
                // What somebody put there who did not know that the words were thrown away.
                self.drop_index(id).await?;
                (Manifest::default(), None)
            }
        };
        if manifest.making.is_some() {
            return self.clear(id, manifest, old).await;
        }
        if manifest.covered() >= next {
            return merge::some(self, id, manifest, old).await;
        }
        let account = match self.open(id, Who::at(Door::System)) {
            // It was removed just now.
            Err(Error::Refused(_)) => return Ok(Indexed::Idle),
            account => account?,
        };
        self.add(account.shared(), manifest, old, next).await
    }

    /// Removes all words of an account; they are made again.
    pub async fn drop_index(&self, id: AccountId) -> Result<(), Error> {
        self.remove_keys(layout::all(id, layout::Kind::Words)).await
    }

    /// Removes what a merge left that did not end.
    async fn clear(
        &self,
        id: AccountId,
        mut manifest: Manifest,
        old: Option<Bytes>,
    ) -> Result<Indexed, Error> {
        if let Some(number) = manifest.making.take() {
            self.remove_keys(layout::words_of(id, number)).await?;
        }
        let mut batch = Batch::default();
        batch.puts.push((layout::words_manifest(id), manifest.write()));
        let done = self.put_words(id, old, batch).await?;
        Ok(if done == Put::Done { Indexed::Merged } else { Indexed::Busy })
    }

    async fn remove_keys(&self, range: std::ops::Range<Vec<u8>>) -> Result<(), Error> {
        loop {
            let mut batch = Batch::default();
            self.engine().snapshot()?.range(layout::borrow(&range), &mut |key, _| {
                batch.deletes.push(key.to_vec());
                if batch.deletes.len() < KEYS_AT_ONCE {
                    std::ops::ControlFlow::Continue(())
                } else {
                    std::ops::ControlFlow::Break(())
                }
            })?;
            if batch.deletes.is_empty() {
                return Ok(());
            }
            self.commit_words(batch).await?;
        }
    }

    /// Makes a segment of the next emails.
    async fn add(
        &self,
        shared: &Arc<AccountShared>,
        mut manifest: Manifest,
        old: Option<Bytes>,
        next: EmailId,
    ) -> Result<Indexed, Error> {
        let first = manifest.covered();
        let most = EmailId(first.0.saturating_add(INDEXED_AT_ONCE).min(next.0));
        let mut sources = Sources::new(Arc::clone(shared), Collation::UnicodeCasemap);
        let mut builders: [Builder; 8] = Default::default();
        let mut segment = Segment {
            number: manifest.next_segment,
            first,
            end: first,
            blocks: [0; 8],
            unread: Vec::new(),
        };
        let mut held = 0_usize;
        while segment.end < most && held < INDEX_HELD_OCTETS_MAX {
            let number = segment.emails();
            sources.turn_to(segment.end);
            let mut left = INDEXED_TEXT_OCTETS_MAX;
            let mut is_whole = true;
            let read = sources.each_text(&mut |field, text| {
                let fits = text.len() <= left;
                left = left.saturating_sub(text.len());
                match builders.get_mut(usize::from(field.octet())) {
                    Some(builder) if fits => builder.add(number, text),
                    Some(_) | None => is_whole = false,
                }
            })?;
            if read == Read::Damaged || !is_whole {
                segment.unread.push(number);
            }
            held = builders.iter().map(Builder::held_octets).fold(0, usize::saturating_add);
            segment.end = EmailId(segment.end.0.saturating_add(1));
            sources.let_store_go();
            lane::breathe(None).await;
        }
        let mut batch = Batch::default();
        for (field, builder) in Field::ALL.into_iter().zip(builders) {
            let mut filtering = Filtering::new(shared.id, segment.number, field);
            for (block, number) in builder.finish().into_iter().zip(0_u32..) {
                filtering.take(&block, &mut batch).map_err(Fault::from)?;
                let key = layout::words(shared.id, segment.number, field.octet(), number);
                batch.puts.push((key, Bytes::from(block)));
            }
            if let Some(count) = segment.blocks.get_mut(usize::from(field.octet())) {
                *count = filtering.end(&mut batch);
            }
            lane::breathe(None).await;
        }
        let emails = u64::from(segment.emails());
        manifest.next_segment = manifest.next_segment.saturating_add(1);
        manifest.segments.push(segment);
        batch.puts.push((layout::words_manifest(shared.id), manifest.write()));
        let done = self.put_words(shared.id, old, batch).await?;
        Ok(if done == Put::Done { Indexed::Emails(emails) } else { Indexed::Busy })
    }

    /// Commits words, unless somebody else has changed what there is.
    pub(super) async fn put_words(
        &self,
        id: AccountId,
        old: Option<Bytes>,
        mut batch: Batch,
    ) -> Result<Put, Error> {
        batch.checks.push((layout::words_manifest(id), old));
        self.commit_words(batch).await
    }

    /// Commits a bounded part of words, and waits until the engine holds little of it in memory: nobody waits for words, and an
    /// index is made faster than the disk takes it.
    pub(super) async fn commit_words(&self, batch: Batch) -> Result<Put, Error> {
        match self.engine().commit(batch).await {
            Ok(()) => {
                self.engine().settled().await;
                Ok(Put::Done)
            }
            Err(CommitError::Conflict) => Ok(Put::Overtaken),
            Err(CommitError::NoSpace) => Err(Refused::NoSpace.into()),
            Err(CommitError::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// Whether words were put where they belong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Put {
    Done,
    /// Somebody else came first.
    Overtaken,
}

/// How many keys are removed in one commit.
const KEYS_AT_ONCE: usize = 1_000;

/// How far the index of an account has got.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IndexState {
    /// Emails whose words are there, those among them that are gone.
    pub emails: u64,
    /// Emails whose words are not there yet.
    pub behind: u64,
    /// What the words take, in octets.
    pub octets: u64,
}

impl Accounts {
    /// How far the index of an account has got; none where it has none. Reads all of it.
    pub fn index_state(&self, id: AccountId) -> Result<Option<IndexState>, Fault> {
        let snapshot = self.engine().snapshot()?;
        let Some((manifest, _)) = Manifest::of(id, &*snapshot)? else { return Ok(None) };
        let next = hot::read_head(id, &*snapshot)?.map_or(1, |(head, _)| head.next_email);
        let mut octets = 0_u64;
        hot::each(&*snapshot, &layout::all(id, layout::Kind::Words), |_, value| {
            octets = octets.saturating_add(u64::try_from(value.len()).unwrap_or(u64::MAX));
            Some(())
        })?;
        let covered = manifest.covered().0;
        let (emails, behind) = (covered.saturating_sub(1), next.saturating_sub(covered));
        Ok(Some(IndexState { emails, behind, octets }))
    }
}

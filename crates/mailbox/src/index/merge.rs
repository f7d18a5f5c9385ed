//! Makes one segment of several, without the words of emails that are gone.

use bytes::Bytes;
use words::{Damaged, Merge, Numbers, Run};

use super::build::Put;
use super::filters::Filtering;
use super::{Field, Indexed, Manifest, Segment};
use crate::engine::Batch;
use crate::limits::SEGMENT_EMAILS_MAX;
use crate::records::damaged;
use crate::{AccountId, Accounts, EmailId, Error, Fault, hot, layout};

/// So many segments of about the same size become one.
const SEGMENTS_AT_ONCE: usize = 6;
/// The smallest segments, in emails, are taken for equally large.
const SMALL_EMAILS: u32 = 512;
/// Blocks are committed when they have so many octets.
const COMMIT_OCTETS: usize = 2 << 20;

/// Merges segments where there are enough of about the same size.
pub(super) async fn some(
    accounts: &Accounts,
    id: AccountId,
    manifest: Manifest,
    old: Option<Bytes>,
) -> Result<Indexed, Error> {
    let Some((from, to)) = choose(&manifest.segments) else { return Ok(Indexed::Idle) };
    let done = merge(accounts, id, manifest, old, from..to).await?;
    Ok(if done == Put::Done { Indexed::Merged } else { Indexed::Busy })
}

/// How large a segment is, in steps of eight times.
fn size_class(segment: &Segment) -> u32 {
    (segment.emails() / SMALL_EMAILS).checked_ilog(8).map_or(0, |class| class.saturating_add(1))
}

/// The last segments of which there are enough, and which are not too large together.
fn choose(segments: &[Segment]) -> Option<(usize, usize)> {
    let to = segments.len();
    let mut from = to;
    let mut emails = 0_u32;
    let class = size_class(segments.last()?);
    while let Some(segment) = from.checked_sub(1).and_then(|before| segments.get(before)) {
        let sum = emails.saturating_add(segment.emails());
        if size_class(segment) > class || sum > SEGMENT_EMAILS_MAX {
            break;
        }
        emails = sum;
        from = from.saturating_sub(1);
    }
    (to.saturating_sub(from) >= SEGMENTS_AT_ONCE).then_some((from, to))
}

async fn merge(
    accounts: &Accounts,
    id: AccountId,
    mut manifest: Manifest,
    old: Option<Bytes>,
    chosen: std::ops::Range<usize>,
) -> Result<Put, Error> {
    let parts: Vec<Segment> = manifest.segments.get(chosen.clone()).unwrap_or_default().to_vec();
    let (Some(first), Some(last)) = (parts.first(), parts.last()) else { return Ok(Put::Done) };
    let (first, end) = (first.first, last.end);
    let there = emails(accounts, id, first..end)?;
    // What follows is no longer lost when it does not end.
    let number = manifest.next_segment;
    manifest.next_segment = number.saturating_add(1);
    manifest.making = Some(number);
    let mut begun = Batch::default();
    let begun_value = manifest.write();
    begun.puts.push((layout::words_manifest(id), begun_value.clone()));
    if accounts.put_words(id, old, begun).await? == Put::Overtaken {
        return Ok(Put::Overtaken);
    }

    let mut segment = Segment { number, first, end, blocks: [0; 8], unread: Vec::new() };
    let mut batch = Batch::default();
    let mut held = 0_usize;
    for field in Field::ALL {
        let mut merging = Merging::new(accounts, id, field, &parts, first);
        let mut filtering = Filtering::new(id, number, field);
        let mut count = 0_u32;
        while let Some(block) = merging.next(&there)? {
            filtering.take(&block, &mut batch).map_err(Fault::from)?;
            held = held.saturating_add(block.len());
            batch.puts.push((layout::words(id, number, field.octet(), count), Bytes::from(block)));
            count = count.saturating_add(1);
            if held > COMMIT_OCTETS {
                held = 0;
                accounts.commit_words(std::mem::take(&mut batch)).await?;
            }
            lane::breathe(None).await;
        }
        if let Some(blocks) = segment.blocks.get_mut(usize::from(field.octet())) {
            *blocks = filtering.end(&mut batch);
        }
    }
    for part in &parts {
        let shift = shift(part, first);
        segment.unread.extend(part.unread.iter().map(|unread| unread.saturating_add(shift)));
        batch.deletes.extend(part.keys(id));
    }
    segment.unread.retain(|unread| there.contains(*unread));
    manifest.making = None;
    drop(manifest.segments.splice(chosen, [segment]));
    batch.puts.push((layout::words_manifest(id), manifest.write()));
    accounts.put_words(id, Some(begun_value), batch).await
}

fn shift(part: &Segment, first: EmailId) -> u32 {
    u32::try_from(part.first.0.saturating_sub(first.0)).unwrap_or(u32::MAX)
}

/// Which emails of a range are still there, counted from its first.
fn emails(
    accounts: &Accounts,
    id: AccountId,
    range: std::ops::Range<EmailId>,
) -> Result<Numbers, Fault> {
    let count = range.end.0.saturating_sub(range.start.0);
    let mut there = Numbers::none(u32::try_from(count).unwrap_or(u32::MAX));
    let keys = layout::email(id, range.start)..layout::email(id, range.end);
    hot::each(&*accounts.engine().snapshot()?, &keys, |key, _| {
        let (email, _) = layout::take64(layout::tail(key))?;
        there.insert(u32::try_from(email.checked_sub(range.start.0)?).ok()?);
        Some(())
    })?;
    Ok(there)
}

/// One field of several segments on its way into one.
struct Merging<'a> {
    accounts: &'a Accounts,
    id: AccountId,
    field: Field,
    parts: &'a [Segment],
    /// The next block of each.
    next: Vec<u32>,
    merge: Merge,
}

impl<'a> Merging<'a> {
    fn new(
        accounts: &'a Accounts,
        id: AccountId,
        field: Field,
        parts: &'a [Segment],
        first: EmailId,
    ) -> Merging<'a> {
        let merge = Merge::new(parts.iter().map(|part| Run::new(shift(part, first))).collect());
        Merging { accounts, id, field, parts, next: vec![0; parts.len()], merge }
    }

    /// The next block. None: that was all.
    fn next(&mut self, there: &Numbers) -> Result<Option<Vec<u8>>, Fault> {
        loop {
            self.feed()?;
            let block = self.merge.step(|number| there.contains(number)).map_err(Fault::from)?;
            if block.is_some() || self.merge.waiting().next().is_none() {
                return Ok(block);
            }
        }
    }

    /// Gives the runs that wait their next blocks.
    fn feed(&mut self) -> Result<(), Fault> {
        let mut snapshot = None;
        for (at, run) in self.merge.waiting() {
            let (Some(part), Some(next)) = (self.parts.get(at), self.next.get_mut(at)) else {
                run.end();
                continue;
            };
            if *next >= part.blocks_of(self.field) {
                run.end();
                continue;
            }
            let key = layout::words(self.id, part.number, self.field.octet(), *next);
            let snapshot = match &mut snapshot {
                Some(snapshot) => snapshot,
                empty => empty.insert(self.accounts.engine().snapshot()?),
            };
            let block = snapshot.get(&key)?.ok_or_else(|| damaged(&key))?;
            run.take(&block).map_err(|Damaged| damaged(&key))?;
            *next = next.saturating_add(1);
        }
        Ok(())
    }
}

impl From<Damaged> for Fault {
    fn from(damaged: Damaged) -> Fault {
        Fault::caused("making the index for searches", damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_are_merged_when_there_are_enough_of_a_size() {
        let segments = |sizes: &[u64]| {
            let mut manifest = Manifest::default();
            for size in sizes {
                let first = manifest.covered();
                manifest.segments.push(Segment {
                    number: 0,
                    first,
                    end: EmailId(first.0 + size),
                    blocks: [0; 8],
                    unread: Vec::new(),
                });
            }
            choose(&manifest.segments)
        };
        assert_eq!(segments(&[]), None);
        assert_eq!(segments(&[2_048; 5]), None);
        assert_eq!(segments(&[2_048; 6]), Some((0, 6)));
        assert_eq!(segments(&[20_000, 3, 90, 1, 1, 1, 400]), Some((1, 7)));
        assert_eq!(segments(&[60_000; 9]), None);
        assert_eq!(segments(&[9_000, 9_000, 9_000, 9_000, 9_000, 9_000, 9_000]), Some((0, 7)));
    }
}

//! What one of the people who share a mailbox has seen in it (ADR 22). Kept in the owner's account.

use bytes::Bytes;

use crate::ModSeq;
use crate::codec::{Input, Output};
use crate::limits::VIEWED_CHUNK_UIDS;

/// Whether messages are `\Seen` for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Viewed {
    /// They are.
    Seen,
    /// They were, and are not any more.
    Unseen,
}

/// UIDs side by side for which the same was said at once. UIDs that are in no run were never `\Seen`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ViewedRun {
    /// The first, counted from the first of the chunk.
    pub(crate) first: u32,
    /// How many: at least one.
    pub(crate) count: u32,
    pub(crate) viewed: Viewed,
    /// When that was said: of the owner's account.
    pub(crate) modseq: ModSeq,
}

/// The runs of a chunk, ascending, in the order: gap before, count with the bit of `Viewed`, mod-sequence.
pub(crate) fn write_viewed(runs: &[ViewedRun]) -> Bytes {
    let mut output = Output::version(1);
    output.count(runs.len());
    let mut end = 0;
    for run in runs {
        let bit = u32::from(run.viewed == Viewed::Seen);
        output.number(run.first.saturating_sub(end));
        output.number(run.count.saturating_mul(2).saturating_add(bit)).number(run.modseq.0);
        end = run.first.saturating_add(run.count);
    }
    output.done()
}

pub(crate) fn read_viewed(value: &[u8]) -> Option<Vec<ViewedRun>> {
    let mut input = Input::version(value, 1)?;
    let count = input.count()?;
    let mut runs = Vec::new();
    let mut end = 0_u32;
    for _ in 0..count {
        let first = end.checked_add(input.number_u32()?)?;
        let number = input.number_u32()?;
        let viewed = if number & 1 == 1 { Viewed::Seen } else { Viewed::Unseen };
        let run = ViewedRun { first, count: number >> 1, viewed, modseq: ModSeq(input.number()?) };
        end = first.checked_add(run.count)?;
        if run.count == 0 || end > VIEWED_CHUNK_UIDS {
            return None;
        }
        runs.push(run);
    }
    input.end().map(|()| runs)
}

/// What is told of all chunks: the highest mod-sequence in them.
pub(crate) fn write_viewed_head(highest_modseq: ModSeq) -> Bytes {
    Output::version(1).number(highest_modseq.0).done()
}

pub(crate) fn read_viewed_head(value: &[u8]) -> Option<ModSeq> {
    let mut input = Input::version(value, 1)?;
    let highest = ModSeq(input.number()?);
    input.end().map(|()| highest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_was_viewed_is_read_as_written() {
        let run = |first, count, viewed, modseq| ViewedRun {
            first,
            count,
            viewed,
            modseq: ModSeq(modseq),
        };
        for runs in [
            vec![],
            vec![run(0, VIEWED_CHUNK_UIDS, Viewed::Seen, u64::MAX)],
            vec![
                run(3, 1, Viewed::Seen, 7),
                run(4, 2, Viewed::Unseen, 9),
                run(900, 5, Viewed::Seen, 9),
            ],
        ] {
            let value = write_viewed(&runs);
            assert_eq!(read_viewed(&value), Some(runs));
            assert!((0..value.len()).all(|end| read_viewed(&value[..end]).is_none()));
        }
        assert!(
            read_viewed(&write_viewed(&[run(VIEWED_CHUNK_UIDS, 1, Viewed::Seen, 1)])).is_none()
        );
        assert_eq!(read_viewed_head(&write_viewed_head(ModSeq(5))), Some(ModSeq(5)));
    }

    proptest! {
        #[test]
        fn any_octets_are_read_or_refused(mut octets: Vec<u8>) {
            if let Some(first) = octets.first_mut() { *first = 1; }
            let _ = (read_viewed(&octets), read_viewed_head(&octets));
        }
    }
}

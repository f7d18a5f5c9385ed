//! One text of many emails: the fronts of its keys one behind the other, and the rank of each among all.

use std::cmp::Ordering;

use lane::Turns;

use super::steps;
use crate::Fault;
use crate::limits::{SORT_STEP_ENTRIES, SORT_WINDOW_OCTETS};
use crate::records::TextKey;

/// Reads the whole key of the text in some row, from the email's record.
pub(super) trait WholeKeys {
    fn whole_key(&self, row: u32) -> Result<Vec<u8>, Fault>;
}

/// One text of all rows.
#[derive(Debug, Default)]
pub(super) struct TextColumn {
    octets: Vec<u8>,
    /// Where the text of each row ends.
    ends: Vec<u32>,
    /// The rows whose key is cut, ascending, each with a hash of the whole.
    cut: Vec<(u32, u64)>,
    /// The rows in order, as far as they were ranked.
    order: Vec<u32>,
    /// The rank of each; equal texts have the same.
    ranks: Vec<u32>,
}

impl TextColumn {
    /// Adds a row. What the memory is bounded to is far below what 32 bits can count.
    pub(super) fn push(&mut self, text: &TextKey<'_>) {
        let row = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.octets.extend_from_slice(text.octets);
        self.ends.push(u32::try_from(self.octets.len()).unwrap_or(u32::MAX));
        self.cut.extend(text.whole.map(|hash| (row, hash)));
    }

    /// About how much memory it takes.
    pub(super) fn held_octets(&self) -> usize {
        let rows = self.ends.capacity().saturating_add(self.order.capacity());
        let rows = rows.saturating_add(self.ranks.capacity()).saturating_mul(4);
        let cut = self.cut.capacity().saturating_mul(16);
        self.octets.capacity().saturating_add(rows).saturating_add(cut)
    }

    pub(super) fn text(&self, row: u32) -> &[u8] {
        let at = usize::try_from(row).unwrap_or(usize::MAX);
        let end = |at: usize| self.ends.get(at).and_then(|end| usize::try_from(*end).ok());
        let start = at.checked_sub(1).and_then(end).unwrap_or(0);
        self.octets.get(start..end(at).unwrap_or(start)).unwrap_or_default()
    }

    fn whole(&self, row: u32) -> Option<u64> {
        let at = self.cut.binary_search_by_key(&row, |(row, _)| *row).ok()?;
        self.cut.get(at).map(|(_, hash)| *hash)
    }

    /// The rank of a row, once `rank` has run.
    pub(super) fn rank_of(&self, row: u32) -> u32 {
        let at = usize::try_from(row).unwrap_or(usize::MAX);
        self.ranks.get(at).copied().unwrap_or(0)
    }

    /// By front, and of equal ones by hash: the order within those is put right by `rank_cut`.
    fn compare(&self, a: u32, b: u32) -> Ordering {
        self.text(a).cmp(self.text(b)).then_with(|| {
            if self.cut.is_empty() { Ordering::Equal } else { self.whole(a).cmp(&self.whole(b)) }
        })
    }

    /// Ranks the rows that came since the last time among the others.
    pub(super) async fn rank(
        &mut self,
        whole_keys: &(impl WholeKeys + Sync),
        turns: &Turns,
    ) -> Result<(), Fault> {
        let known = self.order.len();
        if known == self.ends.len() {
            return Ok(());
        }
        let rows = u32::try_from(known).unwrap_or(u32::MAX)..;
        let new = rows.zip(self.ends.iter().skip(known));
        let new: Vec<(u64, u32)> = new.map(|(row, _)| (front(self.text(row)), row)).collect();
        // Most differ in their first eight octets, which lie side by side here.
        let compare = |a: &(u64, u32), b: &(u64, u32)| {
            a.0.cmp(&b.0).then_with(|| self.compare(a.1, b.1)).then(a.1.cmp(&b.1))
        };
        let new: Vec<u32> =
            steps::sort(new, turns, compare).await.into_iter().map(|(_, row)| row).collect();
        let mut order = std::mem::take(&mut self.order);
        if new.len() <= INSERTED_MAX {
            for row in new {
                let at =
                    order.partition_point(|other| self.compare(*other, row) != Ordering::Greater);
                order.insert(at, row);
            }
        } else {
            order = steps::merge(&order, &new, turns, |a, b| self.compare(*a, *b)).await;
        }
        let mut ranks = vec![0; self.ends.len()];
        let (mut rank, mut before) = (0u32, None);
        for (step, row) in order.iter().enumerate() {
            if before.is_some_and(|before| !self.same(before, *row)) {
                rank = rank.saturating_add(1);
            }
            before = Some(*row);
            if let Some(slot) = usize::try_from(*row).ok().and_then(|row| ranks.get_mut(row)) {
                *slot = rank;
            }
            if step.is_multiple_of(SORT_STEP_ENTRIES) {
                lane::breathe(Some(turns)).await;
            }
        }
        if !self.cut.is_empty() {
            self.rank_cut(&order, &mut ranks, whole_keys, turns).await?;
        }
        (self.order, self.ranks) = (order, ranks);
        Ok(())
    }

    /// Whether two rows have the same text. Of those ranked before, their ranks say so.
    fn same(&self, a: u32, b: u32) -> bool {
        let known = u32::try_from(self.ranks.len()).unwrap_or(u32::MAX);
        if a < known && b < known {
            return self.rank_of(a) == self.rank_of(b);
        }
        self.compare(a, b) == Ordering::Equal
    }

    /// Ranks texts whose fronts are equal by what comes behind: a window of all of them at a time, so that little is held.
    async fn rank_cut(
        &self,
        order: &[u32],
        ranks: &mut [u32],
        whole_keys: &(impl WholeKeys + Sync),
        turns: &Turns,
    ) -> Result<(), Fault> {
        for same_front in order.chunk_by(|a, b| self.text(*a) == self.text(*b)) {
            let rank =
                |row: &u32| usize::try_from(*row).ok().and_then(|row| ranks.get(row)).copied();
            let Some(lowest) = same_front.first().and_then(rank) else { continue };
            // One row for each rank.
            let mut rows: Vec<(u32, u32)> =
                same_front.iter().filter_map(|row| Some((rank(row)?, *row))).collect();
            rows.dedup_by_key(|(rank, _)| *rank);
            if rows.len() < 2 {
                continue;
            }
            let sorted = by_windows(rows, whole_keys, turns).await?;
            let mut right: Vec<(u32, u32)> =
                sorted.into_iter().map(|(rank, _)| rank).zip(lowest..).collect();
            right.sort_unstable();
            for row in same_front {
                let slot = usize::try_from(*row).ok().and_then(|row| ranks.get_mut(row));
                if let Some(slot) = slot
                    && let Ok(at) = right.binary_search_by_key(slot, |(rank, _)| *rank)
                {
                    *slot = right.get(at).map_or(*slot, |(_, rank)| *rank);
                }
            }
        }
        Ok(())
    }
}

/// Up to so many new rows are put in one by one.
const INSERTED_MAX: usize = 64;

/// The first eight octets of a text, so that they compare as it does.
fn front(text: &[u8]) -> u64 {
    let mut octets = [0; 8];
    octets.iter_mut().zip(text).for_each(|(slot, octet)| *slot = *octet);
    u64::from_be_bytes(octets)
}

/// Sorts rows by their whole keys.
async fn by_windows(
    rows: Vec<(u32, u32)>,
    whole_keys: &(impl WholeKeys + Sync),
    turns: &Turns,
) -> Result<Vec<(u32, u32)>, Fault> {
    let mut sorted = Vec::with_capacity(rows.len());
    // Groups whose keys agree up to an offset, the last one on top.
    let mut groups = vec![(0usize, rows)];
    while let Some((offset, rows)) = groups.pop() {
        if rows.len() < 2 {
            sorted.extend(rows);
            continue;
        }
        let mut windows = Vec::with_capacity(rows.len());
        for row in rows {
            let key = whole_keys.whole_key(row.1)?;
            let rest = key.get(offset..).unwrap_or_default();
            let window = rest.get(..SORT_WINDOW_OCTETS).unwrap_or(rest).to_vec();
            windows.push((window, row));
            lane::breathe(Some(turns)).await;
        }
        windows.sort();
        let next = offset.saturating_add(SORT_WINDOW_OCTETS);
        for group in windows.chunk_by(|a, b| a.0 == b.0).rev() {
            let rows: Vec<(u32, u32)> = group.iter().map(|(_, row)| *row).collect();
            if group.first().is_none_or(|(window, _)| window.is_empty()) {
                // They are whole: nothing tells them apart any more. Each is a group of its own.
                groups.extend(rows.into_iter().rev().map(|row| (next, vec![row])));
            } else {
                groups.push((next, rows));
            }
        }
    }
    Ok(sorted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::id_hash;

    struct Keys(Vec<Vec<u8>>);

    impl WholeKeys for Keys {
        fn whole_key(&self, row: u32) -> Result<Vec<u8>, Fault> {
            Ok(self.0[row as usize].clone())
        }
    }

    async fn check(texts: &[String], pieces: &[usize]) {
        let keys = Keys(texts.iter().map(|text| text.clone().into_bytes()).collect());
        let mut column = TextColumn::default();
        let mut at = 0;
        for piece in pieces {
            for key in keys.0.iter().skip(at).take(*piece) {
                let front = &key[..key.len().min(16)];
                let whole = (key.len() > 16).then(|| id_hash(key));
                column.push(&TextKey { octets: front, whole });
            }
            at += piece;
            column.rank(&keys, &Turns::default()).await.unwrap();
            let here = &texts[..at.min(texts.len())];
            let mut distinct: Vec<&String> = here.iter().collect();
            distinct.sort_unstable();
            distinct.dedup();
            for (row, text) in here.iter().enumerate() {
                let want = distinct.binary_search(&text).unwrap();
                assert_eq!(column.rank_of(row as u32) as usize, want, "{text}");
            }
        }
    }

    #[tokio::test]
    async fn rows_are_ranked_by_their_whole_keys_also_when_more_come() {
        let mut texts = Vec::new();
        let mut seed = 3u32;
        for _ in 0..400 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let length = [0, 3, 16, 17, 40, 700, 1_100][(seed >> 8) as usize % 7];
            let letters = (seed >> 16) % 3 + 1;
            let mut text: String = "x".repeat(length);
            text.push_str(&"ab".repeat(letters as usize)[..(seed >> 20) as usize % 3]);
            texts.push(text);
        }
        check(&texts, &[400]).await;
        check(&texts, &[100, 1, 5, 94, 200]).await;
    }
}

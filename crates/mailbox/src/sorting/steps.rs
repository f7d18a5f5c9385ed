//! Sorting in steps, so that others get their turn in between.

use std::cmp::Ordering;

use lane::Turns;

use crate::limits::SORT_STEP_ENTRIES;

/// Sorts, stably. About `n log n`.
pub(super) async fn sort<T: Copy + Send>(
    mut items: Vec<T>,
    turns: &Turns,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    for run in items.chunks_mut(SORT_STEP_ENTRIES) {
        run.sort_by(&compare);
        lane::breathe(Some(turns)).await;
    }
    let mut run = SORT_STEP_ENTRIES;
    while run < items.len() {
        let mut merged = Vec::with_capacity(items.len());
        for pair in items.chunks(run.saturating_mul(2)) {
            let (left, right) = pair.split_at(run.min(pair.len()));
            merge_onto(&mut merged, left, right, turns, &compare).await;
        }
        items = merged;
        run = run.saturating_mul(2);
    }
    items
}

/// Merges two sorted runs; of equal ones those of the first come first.
pub(super) async fn merge<T: Copy + Send>(
    left: &[T],
    right: &[T],
    turns: &Turns,
    compare: impl Fn(&T, &T) -> Ordering,
) -> Vec<T> {
    let mut merged = Vec::with_capacity(left.len().saturating_add(right.len()));
    merge_onto(&mut merged, left, right, turns, &compare).await;
    merged
}

async fn merge_onto<T: Copy + Send>(
    merged: &mut Vec<T>,
    mut left: &[T],
    mut right: &[T],
    turns: &Turns,
    compare: &impl Fn(&T, &T) -> Ordering,
) {
    // Runs that follow each other, as of mail that came in order, are only put together.
    if let (Some(last), Some(first)) = (left.last(), right.first())
        && compare(last, first) != Ordering::Greater
    {
        merged.extend_from_slice(left);
        merged.extend_from_slice(right);
        lane::breathe(Some(turns)).await;
        return;
    }
    loop {
        for _ in 0..SORT_STEP_ENTRIES {
            match (left.split_first(), right.split_first()) {
                (Some((a, rest)), Some((b, _))) if compare(a, b) != Ordering::Greater => {
                    merged.push(*a);
                    left = rest;
                }
                (_, Some((b, rest))) => {
                    merged.push(*b);
                    right = rest;
                }
                (Some(_), None) => {
                    merged.extend_from_slice(left);
                    left = &[];
                }
                (None, None) => return,
            }
        }
        lane::breathe(Some(turns)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_sorted_in_steps_is_sorted_stably() {
        let mut seed = 7u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            seed >> 16
        };
        for count in [0, 1, 5, SORT_STEP_ENTRIES, SORT_STEP_ENTRIES * 5 + 77] {
            let items: Vec<(u32, usize)> = (0..count).map(|at| (next() % 1_000, at)).collect();
            let mut want = items.clone();
            want.sort_unstable();
            let turns = Turns::default();
            let by_first = |a: &(u32, usize), b: &(u32, usize)| a.0.cmp(&b.0);
            assert_eq!(sort(items, &turns, by_first).await, want);
            assert_eq!(sort(want.clone(), &turns, by_first).await, want);
        }
    }
}

//! The range behind PARTIAL: which of the results are asked for, counted from the first or from the last (RFC 9394, 4).

use std::ops::Range;

use super::{Args, print};
use crate::Syntax;

/// Some of the results, as asked for. The ends may be in any order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PartialRange {
    /// From where is counted.
    pub from: End,
    /// One end; the first result is 1.
    pub first: u32,
    /// The other end.
    pub last: u32,
}

/// From where results are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// `1:100`: from the first.
    First,
    /// `-1:-100`: from the last.
    Last,
}

impl PartialRange {
    /// The indexes of the results that are asked for, when there are so many.
    pub fn of(self, count: usize) -> Range<usize> {
        let wide = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
        let low = wide(self.first.min(self.last)).saturating_sub(1).min(count);
        let high = wide(self.first.max(self.last)).min(count);
        match self.from {
            End::First => low..high,
            End::Last => count.saturating_sub(high)..count.saturating_sub(low),
        }
    }

    /// Takes a range.
    pub fn parse(args: &mut Args<'_>) -> Result<PartialRange, Syntax> {
        let error = args.expected("a range like 1:100 or -1:-100");
        let from = if args.peek() == Some(b'-') { End::Last } else { End::First };
        let end = |args: &mut Args<'_>| {
            if args.eat(b'-') == (from == End::Last) {
                args.nz_number().map_err(|_| error)
            } else {
                Err(error)
            }
        };
        let first = end(args)?;
        args.take(b':', error.expected)?;
        let last = end(args)?;
        Ok(PartialRange { from, first, last })
    }

    /// Appends it as written on the wire.
    pub fn print(self, out: &mut Vec<u8>) {
        for (index, number) in [self.first, self.last].into_iter().enumerate() {
            if index > 0 {
                out.push(b':');
            }
            if self.from == End::Last {
                out.push(b'-');
            }
            print::number(out, u64::from(number));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_cut_to_what_there_is() {
        for (from, first, last, want) in [
            (End::First, 1, 3, 0..3),
            (End::First, 3, 1, 0..3),
            (End::First, 4, 9, 3..5),
            (End::First, 6, 9, 5..5),
            (End::Last, 1, 2, 3..5),
            (End::Last, 9, 4, 0..2),
            (End::Last, 6, 9, 0..0),
        ] {
            let range = PartialRange { from, first, last };
            assert_eq!(range.of(5), want, "{range:?}");
        }
    }
}

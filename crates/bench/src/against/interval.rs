//! The median of some ratios, and where the true one lies with 95 % confidence.

/// A median and what is known of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) median: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
    /// Between these two lies the true median with at least 95 % confidence, whatever the distribution; with fewer
    /// than six values nothing can be said with so much confidence.
    pub(crate) confident: Option<(f64, f64)>,
}

impl Interval {
    /// Of at least one value.
    pub(crate) fn of(mut values: Vec<f64>) -> Option<Interval> {
        values.sort_by(f64::total_cmp);
        let (least, most) = (*values.first()?, *values.last()?);
        let middle = values.len() / 2;
        let median = if values.len().is_multiple_of(2) {
            f64::midpoint(values[middle - 1], values[middle])
        } else {
            values[middle]
        };
        let confident = outermost_left_out(values.len())
            .map(|left_out| (values[left_out], values[values.len() - 1 - left_out]));
        Some(Interval { median, least, most, confident })
    }
}

/// How many of the sorted values may be left out at each end, so that the true median lies between the rest with at
/// least 95 % confidence: each value is above or below it like the toss of a coin.
fn outermost_left_out(count: usize) -> Option<usize> {
    let mut ways = 1.0;
    let mut tail = 0.0;
    let all = 2f64.powi(i32::try_from(count).ok()?);
    let mut left_out = None;
    for rank in 0..count / 2 {
        tail += ways / all;
        if 2.0 * tail > 0.05 {
            break;
        }
        left_out = Some(rank);
        ways *= (count - rank) as f64 / (rank + 1) as f64;
    }
    left_out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ten_values_one_is_left_out_at_each_end() {
        // 2 * (1 + 10) / 1024 = 2.1 %; with two left out, 2 * (1 + 10 + 45) / 1024 = 10.9 %.
        let interval = Interval::of((1..=10).rev().map(f64::from).collect()).unwrap();
        assert_eq!(interval.median, 5.5);
        assert_eq!((interval.least, interval.most), (1.0, 10.0));
        assert_eq!(interval.confident, Some((2.0, 9.0)));
    }

    #[test]
    fn ranks_are_those_of_the_tables() {
        let known =
            [(5, None), (6, Some(0)), (8, Some(0)), (9, Some(1)), (12, Some(2)), (20, Some(5))];
        for (count, left_out) in known {
            assert_eq!(outermost_left_out(count), left_out, "of {count}");
        }
    }

    #[test]
    fn the_median_of_an_odd_number_is_the_middle_one() {
        let interval = Interval::of(vec![0.9, 1.2, 1.0]).unwrap();
        assert_eq!((interval.median, interval.confident), (1.0, None));
        assert_eq!(Interval::of(Vec::new()), None);
    }
}

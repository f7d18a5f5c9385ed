//! How a series of times is spread: the middle, the 99th of a hundred, and the worst.

/// Of some times in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Spread {
    /// How many times there were.
    pub(crate) count: usize,
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    pub(crate) max: f64,
}

impl Spread {
    /// Of these times; all zero if there are none.
    pub(crate) fn of(mut times: Vec<f64>) -> Spread {
        times.sort_by(f64::total_cmp);
        Spread {
            count: times.len(),
            p50: percentile(&times, 50),
            p99: percentile(&times, 99),
            max: percentile(&times, 100),
        }
    }
}

/// The smallest of the sorted values that at least so many per cent of all do not exceed (the nearest rank).
fn percentile(sorted: &[f64], per_cent: usize) -> f64 {
    let rank = (sorted.len() * per_cent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::Spread;

    #[test]
    fn ranks_are_the_nearest_that_reach_the_share() {
        let times = (1..=200).rev().map(f64::from).collect();
        assert_eq!(Spread::of(times), Spread { count: 200, p50: 100.0, p99: 198.0, max: 200.0 });
    }

    #[test]
    fn few_times_have_their_worst_as_p99() {
        let spread = Spread::of(vec![3.0, 1.0, 2.0]);
        assert_eq!(spread, Spread { count: 3, p50: 2.0, p99: 3.0, max: 3.0 });
    }

    #[test]
    fn no_times_are_all_zero() {
        assert_eq!(Spread::of(Vec::new()), Spread::default());
    }
}

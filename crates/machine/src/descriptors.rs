//! How the file descriptors that the system allows are shared out, so that connections never take those that the store and
//! the administrator's socket need.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// The descriptors that a program may have open, shared out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptors {
    /// How many closed segments of the store may be open for reading.
    pub segments: usize,
    /// How many connections there may be.
    pub connections: usize,
}

/// No system allows a program fewer.
const LIMIT_MIN: u64 = 16;

impl Descriptors {
    /// Raises the limit to the most that the system allows this program, and shares it out.
    pub fn claim() -> Descriptors {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        let raised = Rlimit { current: maximum, maximum };
        // Some systems give "no limit" as the most, and take only less than that.
        let current = match setrlimit(Resource::Nofile, raised) {
            Ok(()) => maximum,
            Err(_) => current,
        };
        Descriptors::of(current)
    }

    /// Shares out so many; none: as many as one likes.
    fn of(limit: Option<u64>) -> Descriptors {
        let limit = limit.unwrap_or(u64::MAX).max(LIMIT_MIN);
        // For the journal, the index, listeners, logs, mail on its way out, and the administrator.
        let reserve = (limit / 8).clamp(32, 256).min(limit / 2);
        let segments = (limit / 8).clamp(2, 256);
        let connections = limit.saturating_sub(reserve).saturating_sub(segments).max(1);
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Descriptors { segments: number(segments), connections: number(connections) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn something_is_always_left_for_the_store_and_the_administrator() {
        for (limit, segments, connections) in [
            (Some(8), 2, 6),
            (Some(64), 8, 24),
            (Some(1_024), 128, 768),
            (Some(65_536), 256, 65_024),
        ] {
            assert_eq!(Descriptors::of(limit), Descriptors { segments, connections });
        }
        assert!(Descriptors::of(None).connections > 1_000_000);
    }

    #[test]
    fn the_limit_is_raised_to_the_most() {
        let claimed = Descriptors::claim();
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        assert_eq!(current, maximum);
        assert_eq!(claimed, Descriptors::of(current));
    }
}

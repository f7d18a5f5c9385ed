//! When a provider will be full, at the pace that was seen.

use super::RoomSample;

const DAY_S: i64 = 24 * 3600;
/// So much has to be seen before a pace is told, in seconds.
const SEEN_MIN_S: i64 = 2 * DAY_S;
/// What was longer ago does not count, in seconds.
const SEEN_MAX_S: i64 = 90 * DAY_S;
/// What lies further ahead is not told, in days.
const AHEAD_MAX_DAYS: i128 = 3_650;
/// Where less is used than before by more than this part of what may be, room was made there.
const MADE_ROOM_PART: u64 = 50;

/// What is known of the room at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Forecast {
    /// The last sample.
    pub(crate) now: RoomSample,
    /// When it will be full.
    pub(crate) full: Full,
}

/// When a provider will be full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Full {
    /// It is.
    Now,
    /// At this time, in seconds since 1970.
    At(i64),
    /// Not within ten years.
    NotSoon,
    /// Too little was seen.
    NotKnown,
}

impl Forecast {
    /// Of samples, oldest first.
    pub(crate) fn of(samples: &[RoomSample]) -> Option<Forecast> {
        let now = *samples.last()?;
        Some(Forecast { now, full: full(samples, now) })
    }

    /// How much is used, in hundredths.
    pub(crate) fn percent(&self) -> u64 {
        let used = u128::from(self.now.used_octets).saturating_mul(100);
        let percent = used.checked_div(u128::from(self.now.quota_octets)).unwrap_or(0);
        u64::try_from(percent).unwrap_or(u64::MAX)
    }
}

fn full(samples: &[RoomSample], now: RoomSample) -> Full {
    if now.used_octets >= now.quota_octets {
        return Full::Now;
    }
    let seen = since_room_was_made(samples, now);
    let span = seen.first().map_or(0, |first| now.at_s.saturating_sub(first.at_s));
    if span < SEEN_MIN_S {
        return Full::NotKnown;
    }
    let Some((octets, seconds)) = slope(seen) else { return Full::NotKnown };
    if octets <= 0 {
        return Full::NotSoon;
    }
    let left = i128::from(now.quota_octets.saturating_sub(now.used_octets));
    let ahead_s = left.saturating_mul(seconds).checked_div(octets).unwrap_or(i128::MAX);
    if ahead_s > AHEAD_MAX_DAYS.saturating_mul(i128::from(DAY_S)) {
        return Full::NotSoon;
    }
    Full::At(now.at_s.saturating_add(i64::try_from(ahead_s).unwrap_or(i64::MAX)))
}

/// The samples since room was last made there, of the last 90 days.
fn since_room_was_made(samples: &[RoomSample], now: RoomSample) -> &[RoomSample] {
    let is_old = |it: &RoomSample| now.at_s.saturating_sub(it.at_s) > SEEN_MAX_S;
    let recent = samples.iter().rposition(is_old).map_or(0, |index| index.saturating_add(1));
    let fell = |pair: &[RoomSample]| match pair {
        [before, after] => {
            let allowed = after.quota_octets.checked_div(MADE_ROOM_PART).unwrap_or(0);
            after.used_octets.saturating_add(allowed) < before.used_octets
        }
        _ => false,
    };
    let fallen = samples.windows(2).rposition(fell).map_or(0, |index| index.saturating_add(1));
    samples.get(recent.max(fallen)..).unwrap_or_default()
}

/// The line that lies closest to all samples (least squares): so many octets in so many seconds.
fn slope(samples: &[RoomSample]) -> Option<(i128, i128)> {
    let first = samples.first()?.at_s;
    let number = i128::try_from(samples.len()).ok()?;
    let (mut t, mut u, mut tt, mut tu) = (0_i128, 0_i128, 0_i128, 0_i128);
    for sample in samples {
        let at = i128::from(sample.at_s.saturating_sub(first));
        let used = i128::from(sample.used_octets);
        t = t.checked_add(at)?;
        u = u.checked_add(used)?;
        tt = tt.checked_add(at.checked_mul(at)?)?;
        tu = tu.checked_add(at.checked_mul(used)?)?;
    }
    let octets = number.checked_mul(tu)?.checked_sub(t.checked_mul(u)?)?;
    let seconds = number.checked_mul(tt)?.checked_sub(t.checked_mul(t)?)?;
    (seconds > 0).then_some((octets, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples of days and octets used, of 1,000.
    fn samples(days: &[(i64, u64)]) -> Vec<RoomSample> {
        let sample = |(day, used): &(i64, u64)| RoomSample {
            at_s: day * DAY_S,
            used_octets: *used,
            quota_octets: 1_000,
        };
        days.iter().map(sample).collect()
    }

    #[test]
    fn a_provider_is_full_when_the_pace_says() {
        for (days, want) in [
            (&[(0, 500)][..], Full::NotKnown),
            (&[(0, 500), (1, 510)], Full::NotKnown),
            (&[(0, 500), (10, 600)], Full::At(50 * DAY_S)),
            (&[(0, 500), (5, 550), (10, 600)], Full::At(50 * DAY_S)),
            (&[(0, 500), (10, 500)], Full::NotSoon),
            (&[(0, 500), (10, 490)], Full::NotSoon),
            (&[(0, 500), (60, 501)], Full::NotSoon),
            (&[(0, 900), (10, 1_000)], Full::Now),
            // Room was made on day 11: only what came since counts.
            (&[(0, 500), (10, 900), (11, 200), (21, 300)], Full::At(91 * DAY_S)),
            (&[(0, 500), (10, 900), (11, 200)], Full::NotKnown),
            // What was long ago does not count.
            (&[(0, 0), (200, 500), (210, 600)], Full::At(250 * DAY_S)),
        ] {
            assert_eq!(Forecast::of(&samples(days)).unwrap().full, want, "{days:?}");
        }
        assert_eq!(Forecast::of(&[]), None);
        let huge = RoomSample { at_s: i64::MAX, used_octets: u64::MAX - 1, quota_octets: u64::MAX };
        let early = RoomSample { at_s: i64::MIN, used_octets: 0, ..huge };
        assert!(Forecast::of(&[early, huge]).is_some());
        let none = RoomSample { quota_octets: 0, used_octets: 5, at_s: 0 };
        assert_eq!(Forecast::of(&[none]).unwrap().percent(), 0);
    }
}

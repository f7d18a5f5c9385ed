//! When a certificate is ordered anew, and how long to wait after an order that came to nothing.

use mailbox::Timestamp;

use crate::tls::Life;

/// The first pause after an order that came to nothing: with the next two an hour sees three orders, and authorities take
/// five wrong ones an hour.
const PAUSE_FIRST_S: i64 = 10 * 60;
const PAUSE_LAST_S: i64 = 12 * 3600;
/// The least pause where the authority says that there were too many.
const PAUSE_RATE_LIMITED_S: i64 = 3600;
/// What is left of a life at the latest when a certificate is ordered anew, whatever the authority suggests.
const LEFT_PART: i64 = 12;
/// For how long a new certificate is left as it is.
const REST_S: i64 = 24 * 3600;
/// Orders of hosts that began together are spread over such a part of a life.
const SPREAD_PART: f64 = 30.0;

/// When the authority suggests to order anew (RFC 9773, 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    pub(super) start: Timestamp,
    pub(super) end: Timestamp,
}

/// When a certificate is ordered anew: at a place in the authority's window, else after two thirds of its life. `spread` is
/// from 0 to 1, and always the same for a certificate: asked again, the answer is the same.
pub(super) fn renewal(life: Life, window: Option<Window>, spread: f64) -> Timestamp {
    let whole_s = life.until.0.saturating_sub(life.from.0).max(0);
    let latest = life.until.0.saturating_sub(whole_s / LEFT_PART);
    let at = match window {
        Some(Window { start, end }) => {
            let long_s = end.0.saturating_sub(start.0).max(0);
            start.0.saturating_add(part(long_s, spread))
        }
        None => {
            let two_thirds = (whole_s / 3).saturating_mul(2);
            let spread = part(whole_s, spread / SPREAD_PART);
            life.from.0.saturating_add(two_thirds).saturating_add(spread)
        }
    };
    Timestamp(at.min(latest))
}

/// Until when a new certificate is left as it is, whatever the authority suggests: one whose suggestions lie in the past
/// would be asked without end.
pub(super) fn rest_until(life: Option<Life>, now: Timestamp) -> Timestamp {
    let left_s = life.map_or(0, |life| life.until.0.saturating_sub(now.0).max(0));
    Timestamp(now.0.saturating_add((left_s / 3).min(REST_S)))
}

/// How long to wait after so many orders in a row that came to nothing. `spread` is from 0 to 1.
pub(super) fn pause_s(failures: u32, is_rate_limited: bool, spread: f64) -> i64 {
    let doubled = 1_i64.checked_shl(failures.saturating_sub(1).min(16)).unwrap_or(i64::MAX);
    let pause = PAUSE_FIRST_S.saturating_mul(doubled).min(PAUSE_LAST_S);
    let pause = if is_rate_limited { pause.max(PAUSE_RATE_LIMITED_S) } else { pause };
    pause.saturating_add(part(pause, spread / 4.0))
}

#[expect(clippy::as_conversions, reason = "a part of a time, to the second or so")]
fn part(of_s: i64, part: f64) -> i64 {
    (of_s as f64 * part) as i64
}

/// From 0 to 1, by octets that are spread evenly.
pub(super) fn spread(octets: [u8; 4]) -> f64 {
    f64::from(u32::from_le_bytes(octets)) / f64::from(u32::MAX)
}

#[cfg(test)]
mod tests {
    use mailbox::Timestamp;

    use super::{Window, pause_s, renewal, spread};
    use crate::tls::Life;

    const DAY: i64 = 86_400;

    #[test]
    fn a_certificate_is_renewed_after_two_thirds_of_its_life() {
        let life = Life { from: Timestamp(0), until: Timestamp(90 * DAY) };
        assert_eq!(renewal(life, None, 0.0), Timestamp(60 * DAY));
        assert_eq!(renewal(life, None, 1.0), Timestamp(63 * DAY));
        let week = Life { from: Timestamp(0), until: Timestamp(6 * DAY) };
        assert_eq!(renewal(week, None, 0.0), Timestamp(4 * DAY));
        // One that ends before it begins is renewed at once.
        let never = Life { from: Timestamp(9 * DAY), until: Timestamp(0) };
        assert_eq!(renewal(never, None, 1.0), Timestamp(0));
    }

    #[test]
    fn the_window_of_the_authority_counts_but_not_beyond_the_end() {
        let life = Life { from: Timestamp(0), until: Timestamp(90 * DAY) };
        let window =
            |start, end| Some(Window { start: Timestamp(start * DAY), end: Timestamp(end * DAY) });
        assert_eq!(renewal(life, window(50, 54), 0.5), Timestamp(52 * DAY));
        assert_eq!(renewal(life, window(-9, -8), 0.5).0, -17 * DAY / 2);
        assert_eq!(renewal(life, window(5_000, 6_000), 0.5).0, 90 * DAY - 90 * DAY / 12);
        assert_eq!(renewal(life, window(20, 10), 1.0), Timestamp(20 * DAY));
    }

    #[test]
    fn pauses_grow_and_an_authority_that_has_had_enough_is_left_alone() {
        let pauses: Vec<i64> = (1..=9).map(|failures| pause_s(failures, false, 0.0) / 60).collect();
        assert_eq!(pauses, [10, 20, 40, 80, 160, 320, 640, 720, 720]);
        assert_eq!(pause_s(u32::MAX, false, 0.0), 12 * 3600);
        assert_eq!(pause_s(1, true, 0.0), 3600);
        assert_eq!(pause_s(1, false, 1.0), 750);
        assert_eq!((spread([0; 4]), spread([255; 4])), (0.0, 1.0));
    }
}

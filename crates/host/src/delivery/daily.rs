//! How many recipients elsewhere each user has written to today: a stolen password must not make a spam gun.

use std::collections::HashMap;
use std::sync::Mutex;

use mailbox::{AccountId, Timestamp};

const DAY_S: i64 = 24 * 3600;

/// The counts of the present day. They begin anew when the host does.
#[derive(Default)]
pub(super) struct Daily(Mutex<Today>);

#[derive(Default)]
struct Today {
    day: i64,
    counts: HashMap<AccountId, u32>,
}

impl Daily {
    /// Counts one more, or says for how many seconds there are none left.
    pub(super) fn take(&self, account: AccountId, max: u32, now: Timestamp) -> Result<(), u32> {
        let Ok(mut today) = self.0.lock() else { return Ok(()) };
        let day = now.0.div_euclid(DAY_S);
        if today.day != day {
            *today = Today { day, counts: HashMap::new() };
        }
        let count = today.counts.entry(account).or_insert(0);
        if *count >= max {
            let left = DAY_S.saturating_sub(now.0.rem_euclid(DAY_S));
            return Err(u32::try_from(left).unwrap_or(u32::MAX));
        }
        *count = count.saturating_add(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use mailbox::{AccountId, Timestamp};

    use super::Daily;

    #[test]
    fn each_user_has_so_many_recipients_a_day() {
        let daily = Daily::default();
        let (ana, bob) = (AccountId(1), AccountId(2));
        assert_eq!(daily.take(ana, 2, Timestamp(10)), Ok(()));
        assert_eq!(daily.take(ana, 2, Timestamp(20)), Ok(()));
        assert_eq!(daily.take(ana, 2, Timestamp(86_000)), Err(400));
        assert_eq!(daily.take(bob, 2, Timestamp(86_000)), Ok(()));
        assert_eq!(daily.take(ana, 2, Timestamp(86_400)), Ok(()));
    }
}

//! What is to be pushed, and when: of each subscription one thing at most, however much happens and however slow its server is.
//!
//! `take` what there is, call `rang` when an account changed, `next` gives what is due, and `done` what came of it. It knows no clock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mailbox::AccountId;
use tokio::time::Instant;

use crate::jmap::states::States;
use crate::limits::{
    PUSH_RETRY_MAX, PUSH_RETRY_MIN, PUSHES_APART, PUSHES_APART_MAX, PUSHES_MAX, PUSHES_PER_USER_MAX,
};

/// A subscription: whose, and its number.
pub(super) type Key = (AccountId, u64);

/// What is pushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Push {
    /// The code that the client has to say.
    Verification,
    /// What changed since these; none: it was told nothing yet.
    States(Option<States>),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Came {
    /// It was pushed, or there was nothing to tell: these are known now.
    Told(Option<States>),
    /// The subscription is no more.
    Gone,
    /// It was not taken. The server may have said how long to leave it alone, and that it gets too much.
    Failed { after: Option<Duration>, too_much: bool },
}

/// Whether subscriptions that are found were just made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// At the start: who was to be sent a code was, or is not.
    AtStart,
    /// Those that are new were just made.
    Later,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wants {
    Nothing,
    Verification,
    States,
}

struct Entry {
    is_verified: bool,
    wants: Wants,
    /// Not before this.
    due: Instant,
    is_flying: bool,
    failures: u32,
    /// How long after a push the next one comes.
    apart: Duration,
    told: Option<States>,
}

/// All subscriptions.
#[derive(Default)]
pub(super) struct Board {
    entries: BTreeMap<Key, Entry>,
    /// Those that want something and are not on their way, by when.
    due: BTreeSet<(Instant, Key)>,
    /// How many are on their way.
    flying: BTreeMap<AccountId, usize>,
    all_flying: usize,
}

impl Board {
    /// Takes in the subscriptions that an account has now, and whether each was verified.
    pub(super) fn take(
        &mut self,
        account: AccountId,
        there: &[(u64, bool)],
        found: Found,
        now: Instant,
    ) {
        let of_account = (account, u64::MIN)..=(account, u64::MAX);
        let known: Vec<Key> = self.entries.range(of_account).map(|(key, _)| *key).collect();
        for key in known.into_iter().filter(|key| !there.iter().any(|it| it.0 == key.1)) {
            self.forget(key);
        }
        for (number, is_verified) in there {
            let (key, is_verified) = ((account, *number), *is_verified);
            match self.entries.get_mut(&key) {
                Some(entry) if is_verified && !entry.is_verified => {
                    entry.is_verified = true;
                    entry.failures = 0;
                    self.want(key, Wants::States, now);
                }
                Some(_) => {}
                None => {
                    let entry = Entry {
                        is_verified,
                        wants: Wants::Nothing,
                        due: now,
                        is_flying: false,
                        failures: 0,
                        apart: PUSHES_APART,
                        told: None,
                    };
                    self.entries.insert(key, entry);
                    match (is_verified, found) {
                        // Nobody knows what it was told before.
                        (true, _) => self.want(key, Wants::States, now),
                        (false, Found::Later) => self.want(key, Wants::Verification, now),
                        (false, Found::AtStart) => {}
                    }
                }
            }
        }
    }

    /// Whether an account has any.
    pub(super) fn has(&self, account: AccountId) -> bool {
        self.entries.range((account, u64::MIN)..=(account, u64::MAX)).next().is_some()
    }

    /// Takes note that something of an account changed.
    pub(super) fn rang(&mut self, account: AccountId, now: Instant) {
        let of_account = self.entries.range((account, u64::MIN)..=(account, u64::MAX));
        let verified = of_account.filter(|(_, entry)| entry.is_verified).map(|(key, _)| *key);
        for key in verified.collect::<Vec<_>>() {
            self.want(key, Wants::States, now);
        }
    }

    fn want(&mut self, key: Key, wants: Wants, now: Instant) {
        let Some(entry) = self.entries.get_mut(&key) else { return };
        self.due.remove(&(entry.due, key));
        entry.wants = wants;
        entry.due = entry.due.max(now);
        if !entry.is_flying {
            self.due.insert((entry.due, key));
        }
    }

    /// The first that may go, by when. Those of a user wait for others of that user.
    fn first(&self) -> Option<(Instant, Key)> {
        if self.all_flying >= PUSHES_MAX {
            return None;
        }
        let may = |(_, (account, _)): &&(Instant, Key)| {
            self.flying.get(account).is_none_or(|count| *count < PUSHES_PER_USER_MAX)
        };
        self.due.iter().find(may).copied()
    }

    /// When something is due that may go; none: not before something is done or happens.
    pub(super) fn wakes_at(&self) -> Option<Instant> {
        self.first().map(|(due, _)| due)
    }

    /// Sends off what is due.
    pub(super) fn next(&mut self, now: Instant) -> Option<(Key, Push)> {
        let (due, key) = self.first().filter(|(due, _)| *due <= now)?;
        self.due.remove(&(due, key));
        let entry = self.entries.get_mut(&key)?;
        let push = match entry.wants {
            Wants::Nothing => return None,
            Wants::Verification => Push::Verification,
            Wants::States => Push::States(entry.told),
        };
        entry.wants = Wants::Nothing;
        entry.is_flying = true;
        let flying = self.flying.entry(key.0).or_default();
        *flying = flying.saturating_add(1);
        self.all_flying = self.all_flying.saturating_add(1);
        Some((key, push))
    }

    /// Takes note of what came of one that was sent off.
    pub(super) fn done(&mut self, key: Key, push: Push, came: Came, now: Instant) {
        self.all_flying = self.all_flying.saturating_sub(1);
        if let Some(flying) = self.flying.get_mut(&key.0) {
            *flying = flying.saturating_sub(1);
            if *flying == 0 {
                self.flying.remove(&key.0);
            }
        }
        let Some(entry) = self.entries.get_mut(&key).filter(|entry| entry.is_flying) else {
            return;
        };
        entry.is_flying = false;
        let after = |pause: Duration| now.checked_add(pause).unwrap_or(now);
        match came {
            Came::Gone => return self.forget(key),
            Came::Told(states) => {
                entry.told = states.or(entry.told);
                entry.failures = 0;
                entry.due = after(entry.apart);
                entry.apart = entry.apart.checked_div(2).unwrap_or_default().max(PUSHES_APART);
            }
            Came::Failed { after: asked, too_much } => {
                entry.failures = entry.failures.saturating_add(1);
                if too_much {
                    entry.apart = entry.apart.saturating_mul(4).min(PUSHES_APART_MAX);
                }
                let pause = pause(entry.failures).max(asked.unwrap_or_default());
                entry.due = after(pause.min(PUSH_RETRY_MAX));
                // A code is sent once (RFC 9749, 6): the client makes another subscription.
                if push != Push::Verification {
                    entry.wants = Wants::States;
                }
            }
        }
        if entry.wants != Wants::Nothing {
            self.due.insert((entry.due, key));
        }
    }

    fn forget(&mut self, key: Key) {
        if let Some(entry) = self.entries.remove(&key) {
            self.due.remove(&(entry.due, key));
        }
    }
}

/// How long one is left alone after so many failures, one behind the other.
fn pause(failures: u32) -> Duration {
    let doubled = 1_u32.checked_shl(failures.saturating_sub(1).min(20)).unwrap_or(u32::MAX);
    PUSH_RETRY_MIN.saturating_mul(doubled).min(PUSH_RETRY_MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use mailbox::AccountId;
    use tokio::time::Instant;

    use super::{Board, Came, Found, Key, Push, pause};
    use crate::jmap::states::States;
    use crate::limits::{
        PUSH_RETRY_MAX, PUSH_RETRY_MIN, PUSHES_APART, PUSHES_APART_MAX, PUSHES_MAX,
        PUSHES_PER_USER_MAX,
    };

    const ANA: AccountId = AccountId(1);
    const FAILED: Came = Came::Failed { after: None, too_much: false };

    fn states(number: u64) -> States {
        States::all(number)
    }

    fn one(found: Found) -> (Board, Key, Instant) {
        let (mut board, now) = (Board::default(), Instant::now());
        board.take(ANA, &[(7, true)], found, now);
        (board, (ANA, 7), now)
    }

    #[test]
    fn a_code_is_sent_once_and_nothing_else_before_it_was_said() {
        let (mut board, now) = (Board::default(), Instant::now());
        board.take(ANA, &[(1, false)], Found::AtStart, now);
        assert_eq!(board.next(now), None, "it was sent before the start");
        board.take(ANA, &[(1, false), (2, false)], Found::Later, now);
        board.rang(ANA, now);
        let key = (ANA, 2);
        assert_eq!(board.next(now), Some((key, Push::Verification)));
        board.done(key, Push::Verification, FAILED, now);
        board.rang(ANA, now);
        assert_eq!(board.wakes_at(), None, "not again (RFC 9749, 6)");
        board.take(ANA, &[(1, false), (2, true)], Found::Later, now);
        assert!(board.wakes_at().is_some());
        let later = now + PUSH_RETRY_MAX;
        assert_eq!(board.next(later), Some((key, Push::States(None))));
    }

    #[test]
    fn a_code_that_is_said_while_it_is_sent_counts() {
        let (mut board, now) = (Board::default(), Instant::now());
        board.take(ANA, &[(1, false)], Found::Later, now);
        let (key, push) = board.next(now).unwrap();
        board.take(ANA, &[(1, true)], Found::Later, now);
        assert_eq!(board.next(now), None, "one at a time");
        board.done(key, push, Came::Told(None), now);
        assert_eq!(board.next(now + PUSHES_APART), Some((key, Push::States(None))));
    }

    #[test]
    fn whatever_happens_meanwhile_comes_as_one() {
        let (mut board, key, now) = one(Found::AtStart);
        let (_, push) = board.next(now).unwrap();
        assert_eq!(push, Push::States(None));
        for _ in 0..1_000 {
            board.rang(ANA, now);
        }
        assert_eq!(board.wakes_at(), None, "one at a time");
        board.done(key, push, Came::Told(Some(states(1))), now);
        assert_eq!(board.wakes_at(), Some(now + PUSHES_APART));
        let now = now + PUSHES_APART;
        assert_eq!(board.next(now), Some((key, Push::States(Some(states(1))))));
        board.done(key, push, Came::Told(Some(states(2))), now);
        assert_eq!(board.wakes_at(), None);
        board.rang(AccountId(2), now);
        assert_eq!(board.wakes_at(), None, "somebody else");
    }

    #[test]
    fn what_fails_is_tried_later_and_later_with_all_that_changed() {
        let (mut board, key, mut now) = one(Found::AtStart);
        let mut pauses = Vec::new();
        for _ in 0..12 {
            let (_, push) = board.next(now).unwrap();
            assert_eq!(push, Push::States(None));
            board.done(key, push, FAILED, now);
            // Whatever happens does not make it come earlier.
            board.rang(ANA, now);
            let next = board.wakes_at().unwrap();
            pauses.push(next - now);
            now = next;
        }
        assert_eq!(pauses[..3], [1, 2, 4].map(|times| PUSH_RETRY_MIN * times));
        assert_eq!(pauses.last(), Some(&PUSH_RETRY_MAX));
        let (_, push) = board.next(now).unwrap();
        board.done(key, push, Came::Told(Some(states(9))), now);
        board.rang(ANA, now);
        assert_eq!(board.wakes_at(), Some(now + PUSHES_APART));
        assert_eq!(pause(u32::MAX), PUSH_RETRY_MAX);
    }

    #[test]
    fn who_gets_too_much_gets_less_often() {
        let (mut board, key, mut now) = one(Found::AtStart);
        let wait = Duration::from_secs(3_600);
        for _ in 0..9 {
            let (_, push) = board.next(now).unwrap();
            board.done(key, push, Came::Failed { after: Some(wait), too_much: true }, now);
            assert!(board.wakes_at().unwrap() >= now + wait);
            now = board.wakes_at().unwrap();
        }
        let mut apart = Vec::new();
        for _ in 0..20 {
            let (_, push) = board.next(now).unwrap();
            board.done(key, push, Came::Told(Some(states(1))), now);
            board.rang(ANA, now);
            apart.push(board.wakes_at().unwrap() - now);
            now = board.wakes_at().unwrap();
        }
        assert_eq!(apart[0], PUSHES_APART_MAX);
        assert!(apart.is_sorted_by(|one, next| one >= next));
        assert_eq!(apart.last(), Some(&PUSHES_APART));
    }

    #[test]
    fn no_user_takes_the_room_of_all_and_so_many_go_at_once() {
        let (mut board, now) = (Board::default(), Instant::now());
        let many: Vec<(u64, bool)> = (0..64).map(|number| (number, true)).collect();
        for account in 1..=64 {
            board.take(AccountId(account), &many, Found::AtStart, now);
        }
        let mut flying = Vec::new();
        while let Some(next) = board.next(now) {
            flying.push(next);
        }
        assert_eq!(flying.len(), PUSHES_MAX);
        let of_first = flying.iter().filter(|((account, _), _)| *account == ANA).count();
        assert_eq!(of_first, PUSHES_PER_USER_MAX);
        assert_eq!(board.wakes_at(), None);
        let (key, push) = flying.pop().unwrap();
        board.done(key, push, Came::Gone, now);
        assert!(board.next(now).is_some());
    }

    #[test]
    fn what_went_is_forgotten_even_on_its_way() {
        let (mut board, key, now) = one(Found::AtStart);
        board.rang(ANA, now);
        board.take(ANA, &[], Found::Later, now);
        assert_eq!((board.next(now), board.has(ANA)), (None, false));
        board.take(ANA, &[(7, true)], Found::Later, now);
        let (_, push) = board.next(now).unwrap();
        board.take(ANA, &[], Found::Later, now);
        board.done(key, push, FAILED, now);
        assert_eq!((board.wakes_at(), board.has(ANA)), (None, false));
        assert!(board.flying.is_empty() && board.due.is_empty());
    }

    #[test]
    fn ten_thousand_cost_little_memory() {
        // With keys, and the trees' own: less than half a kilobyte each.
        assert!(size_of::<super::Entry>() <= 200, "{}", size_of::<super::Entry>());
        let (mut board, now) = (Board::default(), Instant::now());
        for account in 0..10_000 {
            board.take(AccountId(account), &[(1, true)], Found::AtStart, now);
        }
        assert_eq!(board.due.len(), 10_000, "one thing of each");
        for account in 0..10_000 {
            board.rang(AccountId(account), now);
        }
        assert_eq!(board.due.len(), 10_000);
    }
}

//! Logins that wait for a second factor: the password was right, and nobody is in yet. Kept in memory, for a few minutes.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mailbox::AccountId;
use sasl::Secret;

use super::Proven;
use crate::hashing::sha256;
use crate::limits::{
    CODE_FAILURES_HALVED_S, CODE_FAILURES_MAX, CODES_PER_LOGIN_MAX, PENDING_LOGIN_S,
    PENDING_LOGINS_MAX, PENDING_LOGINS_PER_USER_MAX,
};
use crate::logins::throttle::Count;

/// All of them, and the wrong codes of users.
#[derive(Default)]
pub(in crate::logins) struct Pending(Mutex<State>);

#[derive(Default)]
struct State {
    by_hash: HashMap<Vec<u8>, Waiting>,
    /// Codes are short: however many logins begin, one user has so many tries.
    tried: HashMap<AccountId, Count>,
}

struct Waiting {
    proven: Proven,
    until_s: i64,
    tries_left: u32,
}

/// What a try comes to before the code is looked at.
pub(super) enum Try {
    /// Look at it.
    Go(Proven),
    /// There is no such login, or not any more.
    Over,
    /// Too many codes of this user were wrong.
    TooMany { proven: Proven, wait_s: u32 },
}

impl Pending {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has a login wait, by the secret of its ticket. With too many of one user, or of all, the oldest goes.
    pub(super) fn add(&self, ticket: &Secret, proven: Proven, now_s: i64) {
        let mut state = self.state();
        let waiting = &mut state.by_hash;
        waiting.retain(|_, waiting| now_s < waiting.until_s);
        let account = proven.account;
        let is_own = |waiting: &Waiting| waiting.proven.account == account;
        let own = waiting.values().filter(|waiting| is_own(waiting)).count();
        if own >= PENDING_LOGINS_PER_USER_MAX {
            let_go_of_oldest(waiting, is_own);
        }
        if waiting.len() >= PENDING_LOGINS_MAX {
            let_go_of_oldest(waiting, |_| true);
        }
        let until_s = now_s.saturating_add(PENDING_LOGIN_S);
        let entry = Waiting { proven, until_s, tries_left: CODES_PER_LOGIN_MAX };
        waiting.insert(sha256(ticket.expose()).0, entry);
    }

    /// Begins a try. It counts before its code is looked at, so that many at once are no more than as many one by one.
    pub(super) fn attempt(&self, ticket: &Secret, now_s: i64) -> Try {
        let mut state = self.state();
        let hash = sha256(ticket.expose()).0;
        let Some(waiting) = state.by_hash.get_mut(&hash) else { return Try::Over };
        if now_s >= waiting.until_s || waiting.tries_left == 0 {
            state.by_hash.remove(&hash);
            return Try::Over;
        }
        waiting.tries_left = waiting.tries_left.saturating_sub(1);
        let proven = waiting.proven.clone();
        match state.count(proven.account, now_s) {
            Ok(()) => Try::Go(proven),
            Err(wait_s) => Try::TooMany { proven, wait_s },
        }
    }

    /// Whose login waits with this ticket.
    pub(super) fn whose(&self, ticket: &Secret, now_s: i64) -> Option<AccountId> {
        let state = self.state();
        let waiting = state.by_hash.get(&sha256(ticket.expose()).0)?;
        (now_s < waiting.until_s).then_some(waiting.proven.account)
    }

    /// Counts a try of a user who is in already, and proves who they are by a code.
    pub(super) fn attempt_of(&self, account: AccountId, now_s: i64) -> Result<(), u32> {
        self.state().count(account, now_s)
    }

    /// Whether a login still waits, after a code of it was wrong.
    pub(super) fn still_waits(&self, ticket: &Secret) -> bool {
        let state = self.state();
        let waiting = state.by_hash.get(&sha256(ticket.expose()).0);
        waiting.is_some_and(|waiting| waiting.tries_left > 0)
    }

    /// A code was right: what was tried before is forgiven, and the login, if there was one, waits no more.
    pub(super) fn right(&self, ticket: Option<&Secret>, account: AccountId) {
        let mut state = self.state();
        state.tried.remove(&account);
        if let Some(ticket) = ticket {
            state.by_hash.remove(&sha256(ticket.expose()).0);
        }
    }
}

impl State {
    fn count(&mut self, account: AccountId, now_s: i64) -> Result<(), u32> {
        self.tried.retain(|_, count| {
            *count = count.aged_by(CODE_FAILURES_HALVED_S, now_s);
            count.failures() > 0
        });
        let count = self.tried.entry(account).or_insert(Count::none(now_s));
        if count.failures() >= CODE_FAILURES_MAX {
            return Err(CODE_FAILURES_HALVED_S);
        }
        *count = count.added();
        Ok(())
    }
}

fn let_go_of_oldest(waiting: &mut HashMap<Vec<u8>, Waiting>, of: impl Fn(&Waiting) -> bool) {
    let theirs = waiting.iter().filter(|(_, waiting)| of(waiting));
    let oldest = theirs.min_by_key(|(_, waiting)| waiting.until_s);
    if let Some(hash) = oldest.map(|(hash, _)| hash.clone()) {
        waiting.remove(&hash);
    }
}

#[cfg(test)]
mod tests {
    use mailbox::AccountId;
    use sasl::Secret;

    use super::{Pending, Try};
    use crate::limits::{PENDING_LOGIN_S, PENDING_LOGINS_MAX};
    use crate::logins::pages::Proven;
    use crate::records::Stay;

    fn proven(account: u32) -> Proven {
        Proven {
            account: AccountId(account),
            address: "ana@example.org".parse().unwrap(),
            hash: String::new(),
            program: String::new(),
            from: None,
            stay: Stay::Long,
        }
    }

    #[test]
    fn so_many_logins_wait_and_the_oldest_goes() {
        let pending = Pending::default();
        let ticket = |number: usize| Secret::new(number.to_string());
        for number in 0..=PENDING_LOGINS_MAX {
            let account = u32::try_from(number).unwrap();
            let now = i64::try_from(number).unwrap() / 1_000;
            pending.add(&ticket(number), proven(account), now);
            assert!(pending.state().by_hash.len() <= PENDING_LOGINS_MAX);
        }
        assert!(matches!(pending.attempt(&ticket(PENDING_LOGINS_MAX), 10), Try::Go(_)));
        let first = (0..1_000).filter(|number| pending.whose(&ticket(*number), 10).is_none());
        assert_eq!(first.count(), 1, "one of the oldest went");
        pending.add(&ticket(0), proven(1), 2 * PENDING_LOGIN_S);
        assert_eq!(pending.state().by_hash.len(), 1, "those whose time is over go");
    }
}

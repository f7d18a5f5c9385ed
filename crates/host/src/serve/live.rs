//! The sessions in which somebody is logged in, so that they end when what let them in is taken back.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use directory::{Revoked, same_device};
use mailbox::AccountId;
use sasl::Login;
use tokio::sync::Notify;

/// All of them.
#[derive(Default)]
pub(super) struct Live {
    by_user: Mutex<HashMap<AccountId, Vec<Arc<End>>>>,
    revocations: AtomicU64,
}

/// The end of one session, which may be called for from outside.
#[derive(Default)]
pub(super) struct End {
    device: OnceLock<Option<String>>,
    called: AtomicBool,
    bell: Notify,
}

/// How many revocations there were when somebody began to log in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Moment(u64);

/// Something was revoked in between: whoever logs in has to try again.
pub(super) struct Meanwhile;

impl End {
    /// Whether the session shall end.
    pub(super) fn is_called(&self) -> bool {
        self.called.load(Ordering::Acquire)
    }

    /// Waits until the session shall end.
    pub(super) async fn called(&self) {
        // The bell keeps one ring for who comes late.
        while !self.is_called() {
            self.bell.notified().await;
        }
    }

    fn call(&self) {
        self.called.store(true, Ordering::Release);
        self.bell.notify_one();
    }
}

impl Live {
    /// To be taken before a login is checked.
    pub(super) fn moment(&self) -> Moment {
        Moment(self.revocations.load(Ordering::SeqCst))
    }

    /// Takes a session in once somebody has logged in there.
    pub(super) fn enter(
        &self,
        login: &Login,
        end: &Arc<End>,
        began: Moment,
    ) -> Result<(), Meanwhile> {
        drop(end.device.set(login.device.clone()));
        let mut by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        if self.moment() != began {
            return Err(Meanwhile);
        }
        by_user.entry(AccountId(login.account)).or_default().push(Arc::clone(end));
        Ok(())
    }

    /// Lets a session go.
    pub(super) fn leave(&self, account: AccountId, end: &Arc<End>) {
        let mut by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sessions) = by_user.get_mut(&account) {
            sessions.retain(|session| !Arc::ptr_eq(session, end));
            if sessions.is_empty() {
                by_user.remove(&account);
            }
        }
    }

    /// Ends the sessions of a user, or those of one device. One that has the same name by its login name ends too,
    /// and comes back.
    pub(super) fn end(&self, account: AccountId, revoked: Revoked<'_>) {
        let by_user = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        self.revocations.fetch_add(1, Ordering::SeqCst);
        for session in by_user.get(&account).into_iter().flatten() {
            let device = session.device.get().and_then(Option::as_deref);
            let meant = match revoked {
                Revoked::All => true,
                Revoked::Device(name) => device.is_some_and(|device| same_device(device, name)),
            };
            if meant {
                session.call();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use directory::Revoked;
    use mailbox::AccountId;
    use sasl::Login;

    use super::{End, Live};

    fn session(live: &Live, account: u32, device: Option<&str>) -> Arc<End> {
        let (end, device) = (Arc::new(End::default()), device.map(str::to_owned));
        let login = Login { account, address: String::new(), device };
        assert!(live.enter(&login, &end, live.moment()).is_ok());
        end
    }

    #[tokio::test]
    async fn what_is_revoked_ends_and_nothing_else() {
        let live = Live::default();
        let phone = session(&live, 1, Some("Phone"));
        let main = session(&live, 1, None);
        let bob = session(&live, 2, Some("Phone"));
        live.end(AccountId(1), Revoked::Device("phone"));
        phone.called().await;
        assert!(!main.is_called() && !bob.is_called());
        live.end(AccountId(1), Revoked::All);
        main.called().await;
        assert!(!bob.is_called());
        for (account, end) in [(1, &phone), (1, &main), (2, &bob)] {
            live.leave(AccountId(account), end);
        }
        assert!(live.by_user.lock().unwrap().is_empty());
    }

    #[test]
    fn who_logs_in_while_something_is_revoked_does_not_slip_through() {
        let live = Live::default();
        let began = live.moment();
        live.end(AccountId(1), Revoked::Device("Phone"));
        let login = Login { account: 1, address: String::new(), device: Some("Phone".to_owned()) };
        assert!(live.enter(&login, &Arc::new(End::default()), began).is_err());
    }
}

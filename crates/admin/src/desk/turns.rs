//! Turns of imports: one at a time for each account. What one brings in the next must know, or mail would come twice when
//! somebody starts an import again before the first has ended.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use mailbox::AccountId;
use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// The imports that go on or wait.
#[derive(Default)]
pub(super) struct Turns(Mutex<HashMap<AccountId, Weak<Turn<()>>>>);

impl Turns {
    /// Waits until no other import goes on for an account. The turn lasts until it is dropped.
    pub(super) async fn wait(&self, account: AccountId) -> OwnedMutexGuard<()> {
        self.of(account).lock_owned().await
    }

    fn of(&self, account: AccountId) -> Arc<Turn<()>> {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&account).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(account, Arc::downgrade(&turn));
        turn
    }
}

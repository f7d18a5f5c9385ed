//! Pushes changes to addresses that programs subscribed (RFC 8620, 7.2): encrypted (RFC 8291), signed (RFC 8292), by POST (RFC 8030).
//!
//! One task serves all subscriptions of a host. What is kept of each in memory is when it may be told of what; address and keys are
//! read when they are needed.

mod board;
mod deliver;
mod encrypt;
#[cfg(test)]
mod tests;
mod vapid;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jmap::server::ports::{Notes, Pushes};
use jmap::server::{PushKeys, keep_push_subscriptions, push_subscriptions};
use mailbox::{AccountId, Accounts, Fault};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};
use url::Url;

use self::board::{Board, Came, Found};
use self::encrypt::Reader;
use self::vapid::Signer;
use crate::limits::{PUSH_RETRY_MIN, SUBSCRIBED_APART, SUBSCRIBED_AT_ONCE};
use crate::outside::{Outside, Schemes, port};

/// Gives random octets.
pub type Random = Box<dyn Fn() -> Result<[u8; 48], Fault> + Send + Sync>;

/// Says whether what let somebody in is good still.
pub type IsGood = Box<dyn Fn(AccountId, &str) -> Result<bool, Fault> + Send + Sync>;

/// What the host decides.
pub struct PushSettings {
    /// A secret that stays the same over restarts: the key that signs is made of it.
    pub secret: [u8; 32],
    /// Where operators of push services find who sends, such as `mailto:postmaster@example.org` (RFC 8292, 2.1).
    pub contact: String,
    /// The network.
    pub outside: Arc<dyn Outside>,
    /// Random octets.
    pub random: Random,
    /// Whether what let somebody in is good still.
    pub is_good: IsGood,
}

/// Pushes changes.
pub struct Pusher {
    signer: Signer,
    outside: Arc<dyn Outside>,
    random: Random,
    is_good: IsGood,
    heard: Mutex<Heard>,
    bell: Notify,
    /// When somebody who makes subscriptions all the time could make the next one.
    created: Mutex<HashMap<AccountId, Instant>>,
}

/// What happened since it was looked at.
#[derive(Default)]
struct Heard {
    /// The accounts that have subscriptions.
    subscribed: BTreeSet<AccountId>,
    /// Of these, those in which something changed.
    rang: BTreeSet<AccountId>,
    /// Those whose subscriptions, or what lets people in, changed.
    changed: BTreeSet<AccountId>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Pusher {
    /// Begins nothing yet: `run` does the work, and what happens before is not forgotten.
    pub fn new(settings: PushSettings) -> Result<Pusher, Fault> {
        let PushSettings { secret, contact, outside, random, is_good } = settings;
        let signer = Signer::new(&secret, contact)?;
        let (heard, bell, created) = (Mutex::default(), Notify::new(), Mutex::default());
        Ok(Pusher { signer, outside, random, is_good, heard, bell, created })
    }

    /// Hears that the bell of an account rang.
    pub fn rang(&self, account: AccountId) {
        let mut heard = lock(&self.heard);
        if heard.subscribed.contains(&account) && heard.rang.insert(account) {
            self.bell.notify_one();
        }
    }

    /// Hears that something that let a user in was taken back.
    pub fn revoked(&self, account: AccountId) {
        let mut heard = lock(&self.heard);
        if heard.subscribed.contains(&account) && heard.changed.insert(account) {
            self.bell.notify_one();
        }
    }

    /// Pushes until it is dropped.
    pub async fn run(self: Arc<Self>, accounts: Accounts, notes: Arc<dyn Notes>) {
        let mut board = Board::default();
        self.begin(&mut board, &accounts, &*notes).await;
        let mut flying = JoinSet::new();
        let mut under_way = BTreeMap::new();
        loop {
            self.take_in(&mut board, &accounts, &*notes).await;
            let now = Instant::now();
            while let Some((key, push)) = board.next(now) {
                let (pusher, notes) = (Arc::clone(&self), Arc::clone(&notes));
                let of_task = accounts.clone();
                let delivery = accounts
                    .in_lanes(async move { pusher.deliver((&of_task, &*notes), key, push).await });
                under_way.insert(flying.spawn(delivery).id(), (key, push));
            }
            tokio::select! {
                () = self.bell.notified() => {}
                Some(done) = flying.join_next_with_id() => {
                    let (id, came) = match done {
                        Ok((id, came)) => (id, came),
                        Err(error) => {
                            tracing::error!(%error, "a push did not end");
                            (error.id(), Came::Failed { after: None, too_much: false })
                        }
                    };
                    if let Some((key, push)) = under_way.remove(&id) {
                        board.done(key, push, came, Instant::now());
                        if !board.has(key.0) {
                            lock(&self.heard).subscribed.remove(&key.0);
                        }
                    }
                }
                () = until(board.wakes_at()) => {}
            }
        }
    }

    /// Finds the subscriptions that there are. What cannot be read is looked at again later.
    async fn begin(&self, board: &mut Board, accounts: &Accounts, notes: &dyn Notes) {
        let all = loop {
            match accounts.list() {
                Ok(all) => break all,
                Err(fault) => {
                    tracing::error!(%fault, "the accounts cannot be listed");
                    sleep(PUSH_RETRY_MIN).await;
                }
            }
        };
        for account in all {
            // Who was heard of before this comes in here as well.
            self.read(board, (accounts, notes), account, Found::AtStart).await;
            tokio::task::yield_now().await;
        }
    }

    /// Takes in what happened.
    async fn take_in(&self, board: &mut Board, accounts: &Accounts, notes: &dyn Notes) {
        let (rang, changed) = {
            let mut heard = lock(&self.heard);
            (std::mem::take(&mut heard.rang), std::mem::take(&mut heard.changed))
        };
        for account in changed {
            self.read(board, (accounts, notes), account, Found::Later).await;
        }
        let now = Instant::now();
        rang.into_iter().for_each(|account| board.rang(account, now));
    }

    /// Reads the subscriptions of an account, and lets those go whose credentials are no more.
    async fn read(
        &self,
        board: &mut Board,
        (accounts, notes): (&Accounts, &dyn Notes),
        account: AccountId,
        found: Found,
    ) {
        let read = async {
            let mut there = Vec::new();
            let mut over = Vec::new();
            for (number, subscription) in push_subscriptions(notes, account)? {
                if (self.is_good)(account, &subscription.credential)? {
                    there.push((number, subscription.is_verified));
                } else {
                    over.push(number);
                }
            }
            if !over.is_empty() {
                keep_push_subscriptions(notes, account, |number, _| !over.contains(&number))
                    .await?;
            }
            Ok::<_, Fault>(there)
        };
        match read.await {
            Ok(there) => {
                let mut heard = lock(&self.heard);
                if there.is_empty() {
                    heard.subscribed.remove(&account);
                } else {
                    heard.subscribed.insert(account);
                }
                board.take(account, &there, found, Instant::now());
            }
            Err(fault) => {
                let user = accounts.name(account);
                tracing::error!(user, %fault, "subscriptions to pushes cannot be read");
                // When something happens next.
                lock(&self.heard).changed.insert(account);
            }
        }
    }
}

async fn until(wakes: Option<Instant>) {
    match wakes {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}

impl Pushes for Pusher {
    fn application_server_key(&self) -> &str {
        self.signer.public()
    }

    fn check(
        &self,
        url: &str,
        keys: Option<&PushKeys>,
    ) -> Result<(), (&'static str, &'static str)> {
        let url = Url::parse(url).map_err(|_| ("url", "it is no URL"))?;
        if port(&url, Schemes::Https).is_none() {
            return Err(("url", "it does not begin with https://, or names a port"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(("url", "it names a user"));
        }
        match keys {
            Some(keys) if Reader::of(keys).is_none() => {
                Err(("keys", "they are no key of P-256 and 16 octets, in base64 for URLs"))
            }
            Some(_) | None => Ok(()),
        }
    }

    fn may_create(&self, account: AccountId) -> bool {
        let now = Instant::now();
        let mut created = lock(&self.created);
        // Who could make all at once again is forgotten.
        created.retain(|_, next| *next > now);
        let next = created.get(&account).copied().unwrap_or(now).max(now);
        let ahead = SUBSCRIBED_APART.saturating_mul(SUBSCRIBED_AT_ONCE);
        let (Some(next), Some(latest)) =
            (next.checked_add(SUBSCRIBED_APART), now.checked_add(ahead))
        else {
            return false;
        };
        if next > latest {
            return false;
        }
        created.insert(account, next);
        true
    }

    fn changed(&self, account: AccountId) {
        let mut heard = lock(&self.heard);
        heard.subscribed.insert(account);
        heard.changed.insert(account);
        self.bell.notify_one();
    }
}

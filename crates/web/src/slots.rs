//! How much of one kind one user does at once (RFC 8620, 2: maxConcurrentRequests, maxConcurrentUpload), and how much memory large
//! requests of all users take.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use mailbox::AccountId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{
    DOWNLOADS_PER_USER_MAX, LARGE_REQUEST_OCTETS, LARGE_REQUESTS_OCTETS_MAX, PICTURES_MAX,
    PICTURES_PER_USER_MAX,
};
use crate::problem::Problem;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Request,
    Upload,
    Listening,
    Export,
}

/// What all users do.
pub(crate) struct Slots {
    taken: Mutex<HashMap<(AccountId, Kind), u32>>,
    /// The turns of those who download; gone with the last of them.
    downloads: Turns,
    /// The same for pictures from elsewhere, and all of these together.
    pictures: Turns,
    all_pictures: Arc<Semaphore>,
    /// In KiB.
    large: Arc<Semaphore>,
}

impl Slots {
    pub(crate) fn new() -> Arc<Slots> {
        let large = Arc::new(Semaphore::new(LARGE_REQUESTS_OCTETS_MAX / 1_024));
        let all_pictures = Arc::new(Semaphore::new(PICTURES_MAX));
        Arc::new(Slots {
            taken: Mutex::default(),
            downloads: Turns::default(),
            pictures: Turns::default(),
            all_pictures,
            large,
        })
    }

    /// Takes one of so many; none if all are taken.
    pub(crate) fn take(
        self: &Arc<Self>,
        account: AccountId,
        kind: Kind,
        most: u32,
    ) -> Option<Slot> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let count = taken.entry((account, kind)).or_default();
        if *count >= most {
            return None;
        }
        *count = count.saturating_add(1);
        Some(Slot { slots: Arc::clone(self), of: (account, kind) })
    }

    /// Waits for a turn to download.
    pub(crate) async fn download(&self, account: AccountId) -> Option<OwnedSemaphorePermit> {
        self.downloads.take(account, DOWNLOADS_PER_USER_MAX).await
    }

    /// Waits for a turn to fetch a picture from elsewhere.
    pub(crate) async fn picture(&self, account: AccountId) -> [Option<OwnedSemaphorePermit>; 2] {
        let own = self.pictures.take(account, PICTURES_PER_USER_MAX).await;
        [own, Arc::clone(&self.all_pictures).acquire_owned().await.ok()]
    }

    /// Takes room for a request of so many octets.
    pub(crate) fn room(&self, octets: usize) -> Result<Option<OwnedSemaphorePermit>, Problem> {
        if octets <= LARGE_REQUEST_OCTETS {
            return Ok(None);
        }
        let kib = u32::try_from(octets.div_ceil(1_024)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.large).try_acquire_many_owned(kib);
        let full = |_| Problem::try_later("too many large requests at once");
        room.map(Some).map_err(full)
    }
}

/// Turns of users; gone with the last of each.
#[derive(Default)]
struct Turns(Mutex<HashMap<AccountId, Weak<Semaphore>>>);

impl Turns {
    /// Waits for one of so many.
    async fn take(&self, account: AccountId, most: usize) -> Option<OwnedSemaphorePermit> {
        let turns = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let turns = all.get(&account).and_then(Weak::upgrade);
            turns.unwrap_or_else(|| {
                let turns = Arc::new(Semaphore::new(most));
                all.retain(|_, turns| turns.strong_count() > 0);
                all.insert(account, Arc::downgrade(&turns));
                turns
            })
        };
        turns.acquire_owned().await.ok()
    }
}

/// One of them; free again when dropped.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    of: (AccountId, Kind),
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut taken = self.slots.taken.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = taken.get_mut(&self.of) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mailbox::AccountId;

    use super::{Kind, Slots};
    use crate::limits::{
        DOWNLOADS_PER_USER_MAX, LARGE_REQUESTS_OCTETS_MAX, PICTURES_MAX, PICTURES_PER_USER_MAX,
    };

    #[test]
    fn each_user_has_as_many_of_each_kind() {
        let slots = Slots::new();
        let take = |account, kind| slots.take(AccountId(account), kind, 1);
        let first = take(1, Kind::Request);
        assert!(first.is_some() && take(1, Kind::Request).is_none());
        assert!(take(1, Kind::Upload).is_some() && take(2, Kind::Request).is_some());
        drop(first);
        assert!(take(1, Kind::Request).is_some());
        assert!(slots.taken.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn downloads_of_one_user_wait_for_one_another() {
        let slots = Slots::new();
        let mut turns = Vec::new();
        for _ in 0..DOWNLOADS_PER_USER_MAX {
            turns.push(slots.download(AccountId(1)).await.unwrap());
        }
        assert!(slots.download(AccountId(2)).await.is_some());
        let (one_more, ()) =
            tokio::join!(slots.download(AccountId(1)), async { drop(turns.pop()) });
        assert!(one_more.is_some());
    }

    #[tokio::test]
    async fn pictures_from_elsewhere_wait_for_those_of_the_user_and_of_all() {
        let slots = Slots::new();
        let mut turns = Vec::new();
        for _ in 0..PICTURES_PER_USER_MAX {
            turns.push(slots.picture(AccountId(1)).await);
        }
        let waiting = |account| {
            let slots = &slots;
            async move {
                tokio::time::timeout(
                    std::time::Duration::from_millis(5),
                    slots.picture(AccountId(account)),
                )
                .await
                .is_err()
            }
        };
        assert!(waiting(1).await);
        for number in turns.len()..PICTURES_MAX {
            turns.push(slots.picture(AccountId(u32::try_from(number).unwrap() + 10)).await);
        }
        assert!(waiting(2).await);
        turns.clear();
        assert!(!waiting(2).await);
    }

    #[test]
    fn large_requests_have_so_much_room_and_small_ones_any() {
        let slots = Slots::new();
        let all = slots.room(LARGE_REQUESTS_OCTETS_MAX).unwrap();
        assert!(slots.room(1 << 20).is_err() && slots.room(1 << 10).is_ok());
        drop(all);
        assert!(slots.room(1 << 20).is_ok());
    }
}

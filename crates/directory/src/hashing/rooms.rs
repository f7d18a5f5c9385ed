//! The memory that hashing works in, 19 MiB for each turn. Given back each time, the allocator would keep it for each thread
//! that ever hashed a password, and clearing it anew would cost a tenth of the time; so it is kept as long as somebody hashes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::Block;

/// Memory that nobody has used for so long is given back.
const IDLE: Duration = Duration::from_secs(10);

/// Memory for as many as hash at the same time.
#[derive(Default)]
pub(crate) struct Rooms(Mutex<State>);

#[derive(Default)]
struct State {
    free: Vec<Vec<Block>>,
    /// How often one was taken.
    taken: u64,
    /// Whether somebody sees to it that they are given back.
    watched: bool,
}

impl Rooms {
    /// Takes one; an empty one if there is none.
    pub(crate) fn take(&self) -> Vec<Block> {
        let mut state = self.lock();
        state.taken = state.taken.wrapping_add(1);
        state.free.pop().unwrap_or_default()
    }

    /// Puts one back. On a thread of the runtime.
    pub(crate) fn put_back(self: &Arc<Rooms>, room: Vec<Block>) {
        let mut state = self.lock();
        state.free.push(room);
        if !std::mem::replace(&mut state.watched, true) {
            tokio::spawn(Arc::clone(self).give_back_when_idle(state.taken));
        }
    }

    async fn give_back_when_idle(self: Arc<Rooms>, mut taken: u64) {
        loop {
            tokio::time::sleep(IDLE).await;
            let mut state = self.lock();
            if state.taken == taken {
                state.watched = false;
                let free = std::mem::take(&mut state.free);
                drop(state);
                drop(free);
                return;
            }
            taken = state.taken;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use argon2::Block;
    use tokio::time::sleep;

    use super::{IDLE, Rooms};

    #[tokio::test(start_paused = true)]
    async fn memory_is_used_again_and_given_back_when_nobody_hashes() {
        let rooms = Arc::<Rooms>::default();
        let room = vec![Block::default(); 3];
        rooms.put_back(room);
        sleep(IDLE / 2).await;
        let room = rooms.take();
        assert_eq!(room.len(), 3, "another one was made");
        rooms.put_back(room);
        sleep(IDLE).await;
        assert_eq!(rooms.0.lock().unwrap().free.len(), 1, "it was just used");
        sleep(IDLE).await;
        assert!(rooms.0.lock().unwrap().free.is_empty());
        // And all over again.
        rooms.put_back(rooms.take());
        assert_eq!(rooms.0.lock().unwrap().free.len(), 1);
        sleep(IDLE * 3).await;
        assert!(rooms.0.lock().unwrap().free.is_empty());
    }
}

//! Whose turn it is to have a password hashed. Hashing is slow on purpose, so many guesses at once make a queue; this
//! one is fair: each source has its place in a round, however many attempts it sends, and those who logged in
//! rightly before pass by strangers, who pass by sources that failed lately. None of the three waits for ever. Every
//! other turn goes to the source that came last: a flood stands in the line already when somebody comes who means it.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use super::Busy;
use crate::limits::{HASHES_AT_ONCE_MAX, WAITING_MAX, WAITING_PER_SOURCE_MAX};
use crate::logins::Source;

/// What is known of who tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Logged in rightly before, from about there.
    Known,
    /// Nothing is known.
    New,
    /// Others failed from there lately.
    Suspect,
}

/// Who comes first, turn by turn; where nobody of the kind waits, the first of the others.
const ROUND: [Standing; 16] = {
    use Standing::{Known, New, Suspect};
    [
        Known, New, Known, New, Known, New, Known, New, Known, New, Known, New, Known, New, Known,
        Suspect,
    ]
};

/// The turns. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Turns(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    taken: usize,
    place: usize,
    known: Line,
    new: Line,
    suspect: Line,
}

/// Those who wait and have the same standing.
#[derive(Default)]
struct Line {
    /// The sources in the order of their turns; each stands here once.
    round: VecDeque<Source>,
    waiting: HashMap<Source, Attempts>,
    count: usize,
    next: Next,
}

/// The attempts of one source, the oldest first.
#[derive(Default)]
struct Attempts {
    waiting: VecDeque<oneshot::Sender<Turn>>,
    /// Whether it had no turn since it came.
    is_fresh: bool,
}

/// Who has the next turn of a line.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Next {
    /// The source that came last and had none yet.
    #[default]
    Newest,
    /// The first of the round.
    First,
}

/// One turn; free again when dropped.
pub(crate) struct Turn(Option<Turns>);

impl Turns {
    /// Waits for a turn.
    pub(crate) async fn take(&self, source: Source, standing: Standing) -> Result<Turn, Busy> {
        let mine = {
            let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if state.taken < HASHES_AT_ONCE_MAX {
                state.taken = state.taken.saturating_add(1);
                return Ok(Turn(Some(self.clone())));
            }
            state.line(standing).join(source)?
        };
        mine.await.map_err(|_| Busy)
    }

    /// Gives a turn that came back to whoever is next. Who hung up meanwhile is passed over.
    fn give(&self) {
        loop {
            let next = {
                let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
                match state.next() {
                    Some(next) => next,
                    None => {
                        state.taken = state.taken.saturating_sub(1);
                        return;
                    }
                }
            };
            match next.send(Turn(Some(self.clone()))) {
                Ok(()) => return,
                // Not through its drop, which would come here again.
                Err(mut refused) => refused.0 = None,
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.give();
        }
    }
}

impl State {
    fn line(&mut self, standing: Standing) -> &mut Line {
        match standing {
            Standing::Known => &mut self.known,
            Standing::New => &mut self.new,
            Standing::Suspect => &mut self.suspect,
        }
    }

    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let first = ROUND.get(self.place).copied().unwrap_or(Standing::Known);
        self.place = self.place.saturating_add(1).checked_rem(ROUND.len()).unwrap_or(0);
        [first, Standing::Known, Standing::New, Standing::Suspect]
            .into_iter()
            .find_map(|standing| self.line(standing).next())
    }
}

impl Line {
    fn join(&mut self, source: Source) -> Result<oneshot::Receiver<Turn>, Busy> {
        if self.waiting.get(&source).is_some_and(|of| of.waiting.len() >= WAITING_PER_SOURCE_MAX) {
            return Err(Busy);
        }
        if self.count >= WAITING_MAX {
            // Whoever waits longest has most likely given up; dropped, it is told that too many wait.
            drop(self.serve(0));
        }
        let of_source = self.waiting.entry(source.clone()).or_default();
        if of_source.waiting.is_empty() {
            of_source.is_fresh = true;
            self.round.push_back(source);
        }
        let (sender, receiver) = oneshot::channel();
        of_source.waiting.push_back(sender);
        self.count = self.count.saturating_add(1);
        Ok(receiver)
    }

    fn next(&mut self) -> Option<oneshot::Sender<Turn>> {
        let is_fresh = |source: &Source| self.waiting.get(source).is_some_and(|of| of.is_fresh);
        let (index, after) = match self.next {
            Next::Newest => (self.round.iter().rposition(is_fresh).unwrap_or(0), Next::First),
            Next::First => (0, Next::Newest),
        };
        self.next = after;
        self.serve(index)
    }

    /// Takes the oldest attempt of a source in the round; with others left the source goes to its end.
    fn serve(&mut self, index: usize) -> Option<oneshot::Sender<Turn>> {
        let source = self.round.remove(index)?;
        let of_source = self.waiting.get_mut(&source)?;
        let next = of_source.waiting.pop_front();
        of_source.is_fresh = false;
        if of_source.waiting.is_empty() {
            self.waiting.remove(&source);
        } else {
            self.round.push_back(source);
        }
        self.count = self.count.saturating_sub(1);
        next
    }
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;
    use std::time::Duration;

    use tokio::task::JoinSet;
    use tokio::time::{Instant, sleep};

    use super::{Busy, Source, Standing, Turns};
    use crate::limits::{WAITING_MAX, WAITING_PER_SOURCE_MAX};

    /// As long as a hash takes on a slow machine, two at once (measured: 35 ms alone, 77 to 85 ms beside other work).
    const HASH: Duration = Duration::from_millis(85);

    fn source(number: u32) -> Source {
        Source::of(Some(IpAddr::from((0x0a00_0001 + (number << 16)).to_be_bytes())), "")
    }

    /// Lets each task get as far as it can; the scheduler runs some dozens of them between two looks at the test itself.
    async fn settle() {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    }

    async fn hash(turns: Turns, source: Source, standing: Standing) -> Result<Duration, Busy> {
        let began = Instant::now();
        let turn = turns.take(source, standing).await?;
        sleep(HASH).await;
        drop(turn);
        Ok(began.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn a_flood_from_150_addresses_leaves_real_logins_under_two_seconds() {
        let turns = Turns::default();
        let mut flood = JoinSet::new();
        for number in 0..150 {
            let turns = turns.clone();
            flood.spawn(async move {
                let mut standing = Standing::New;
                // Each tries again and again; after the first failure its source is known for it.
                for _ in 0..20 {
                    hash(turns.clone(), source(number), standing).await.unwrap();
                    standing = Standing::Suspect;
                }
            });
        }
        settle().await;
        let known = hash(turns.clone(), source(200), Standing::Known).await.unwrap();
        assert!(known <= HASH * 2, "{known:?}");
        // Nothing is known of this one, and 148 came before it.
        let new = hash(turns.clone(), source(201), Standing::New).await.unwrap();
        assert!(new <= HASH * 4, "{new:?}");
        // Later, when those who guess are known for it.
        let later = hash(turns.clone(), source(202), Standing::New).await.unwrap();
        assert!(later <= HASH * 4, "{later:?}");
        let suspect = hash(turns.clone(), source(203), Standing::Suspect).await.unwrap();
        assert!(suspect < Duration::from_secs(8), "{suspect:?}");
        flood.join_all().await;
        assert_eq!(turns.0.lock().unwrap().taken, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn one_source_has_one_place_in_the_round() {
        let turns = Turns::default();
        let mut many = JoinSet::new();
        for _ in 0..WAITING_PER_SOURCE_MAX + 2 {
            many.spawn(hash(turns.clone(), source(1), Standing::New));
        }
        settle().await;
        let beyond = hash(turns.clone(), source(1), Standing::New).await;
        assert_eq!(beyond, Err(Busy));
        let other = hash(turns.clone(), source(2), Standing::New).await.unwrap();
        assert!(other <= HASH * 3, "{other:?}");
        assert!(many.join_all().await.into_iter().all(|each| each.is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn who_hangs_up_gives_the_turn_back_and_the_queue_is_bounded() {
        let turns = Turns::default();
        let held = [
            turns.take(source(1), Standing::New).await.unwrap(),
            turns.take(source(2), Standing::New).await.unwrap(),
        ];
        let mut gone = JoinSet::new();
        for number in 0..u32::try_from(WAITING_MAX).unwrap() {
            gone.spawn(hash(turns.clone(), source(number), Standing::New));
        }
        settle().await;
        // One more is let in; whoever waits longest is told that too many wait.
        let newest = tokio::spawn(hash(turns.clone(), source(9999), Standing::New));
        settle().await;
        assert_eq!(gone.join_next().await.unwrap().unwrap(), Err(Busy));
        assert_eq!(turns.0.lock().unwrap().new.count, WAITING_MAX);
        let known = tokio::spawn(hash(turns.clone(), source(9999), Standing::Known));
        settle().await;
        gone.shutdown().await;
        drop(held);
        known.await.unwrap().unwrap();
        newest.await.unwrap().unwrap();
        let state = turns.0.lock().unwrap();
        assert_eq!((state.taken, state.new.count, state.new.waiting.len()), (0, 0, 0));
    }
}

//! What goes on in a connection, so that none stands open for nothing: whoever asks nothing, or takes nothing of an answer, goes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::{Instant, sleep, sleep_until};

use crate::limits::{FIRST, IDLE, STALL};

/// What goes on in one connection.
pub(crate) struct Activity(Mutex<State>);

struct State {
    /// Requests that are worked on. They have their own limits.
    asked: usize,
    /// Answers that are being taken.
    answering: usize,
    /// Answers that last as long as the client likes.
    lasting: usize,
    /// When something moved last.
    last: Instant,
    began: Began,
}

#[derive(PartialEq, Eq)]
enum Began {
    /// No request came yet.
    No,
    Yes,
}

impl Activity {
    pub(crate) fn new() -> Arc<Activity> {
        let (last, began) = (Instant::now(), Began::No);
        Arc::new(Activity(Mutex::new(State { asked: 0, answering: 0, lasting: 0, last, began })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request begins.
    pub(crate) fn ask(self: &Arc<Self>) -> Asked {
        let mut state = self.state();
        state.asked = state.asked.saturating_add(1);
        state.began = Began::Yes;
        Asked(Arc::clone(self))
    }

    /// When the connection ends if nothing moves; none while something is worked on.
    fn end(&self) -> Option<Instant> {
        let state = self.state();
        let patience = match (state.asked, state.lasting, state.answering, &state.began) {
            (1.., _, _, _) | (_, 1.., _, _) => return None,
            (0, 0, 1.., _) => STALL,
            (0, 0, 0, Began::Yes) => IDLE,
            (0, 0, 0, Began::No) => FIRST,
        };
        state.last.checked_add(patience)
    }

    /// Waits until nothing has moved for too long.
    pub(crate) async fn over(&self) {
        loop {
            match self.end() {
                Some(end) if end <= Instant::now() => return,
                Some(end) => sleep_until(end).await,
                None => sleep(FIRST).await,
            }
        }
    }
}

/// A request that is worked on.
pub(crate) struct Asked(Arc<Activity>);

/// How long an answer lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// Until the client has taken it.
    AsLongAsItTakes,
    /// As long as the client likes.
    AsLongAsLiked,
}

impl Asked {
    /// There is an answer, which the client has to take.
    pub(crate) fn answered(self, lasting: Lasting) -> Answering {
        let activity = Arc::clone(&self.0);
        let mut state = activity.state();
        let count = match lasting {
            Lasting::AsLongAsItTakes => &mut state.answering,
            Lasting::AsLongAsLiked => &mut state.lasting,
        };
        *count = count.saturating_add(1);
        drop(state);
        Answering { activity, lasting }
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let mut state = self.0.state();
        state.asked = state.asked.saturating_sub(1);
        state.last = Instant::now();
    }
}

/// An answer that is being taken.
pub(crate) struct Answering {
    activity: Arc<Activity>,
    lasting: Lasting,
}

impl Answering {
    /// A piece of it was taken.
    pub(crate) fn taken(&self) {
        self.activity.state().last = Instant::now();
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        let mut state = self.activity.state();
        let count = match self.lasting {
            Lasting::AsLongAsItTakes => &mut state.answering,
            Lasting::AsLongAsLiked => &mut state.lasting,
        };
        *count = count.saturating_sub(1);
        state.last = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::{Instant, sleep, timeout};

    use super::{Activity, Lasting};
    use crate::limits::{FIRST, IDLE, STALL};

    #[tokio::test(start_paused = true)]
    async fn who_asks_nothing_goes_soon_and_who_asked_may_ask_again() {
        let (activity, began) = (Activity::new(), Instant::now());
        activity.over().await;
        assert_eq!(began.elapsed(), FIRST);
        drop(activity.ask());
        activity.over().await;
        assert_eq!(began.elapsed(), FIRST + IDLE);
    }

    #[tokio::test(start_paused = true)]
    async fn work_takes_its_time_and_an_answer_has_to_be_taken() {
        let activity = Activity::new();
        let asked = activity.ask();
        assert!(timeout(STALL * 10, activity.over()).await.is_err());
        let answer = asked.answered(Lasting::AsLongAsItTakes);
        sleep(STALL / 2).await;
        answer.taken();
        let began = Instant::now();
        activity.over().await;
        assert!(began.elapsed() - STALL < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn who_listens_may_listen() {
        let activity = Activity::new();
        let answer = activity.ask().answered(Lasting::AsLongAsLiked);
        assert!(timeout(STALL * 100, activity.over()).await.is_err());
        drop(answer);
        assert!(timeout(IDLE * 2, activity.over()).await.is_ok());
    }
}

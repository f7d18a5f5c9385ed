//! Tells the client that long work goes on, so that it does not take the connection for dead (RFC 9585).

use std::pin::pin;

use tokio::time::{Duration, Instant, timeout};

use super::outcome::Stop;
use super::session::Session;
use crate::response::{Code, Condition};

/// When a client heard of a command for the last time.
pub(crate) struct Progress {
    told: Instant,
}

impl Progress {
    /// Begins now.
    pub(crate) fn begin() -> Progress {
        Progress { told: Instant::now() }
    }
}

impl Session<'_> {
    /// Says how far a command is that goes step by step, if it is time to.
    pub(crate) async fn tell_progress(
        &mut self,
        progress: &mut Progress,
        (done, goal): (usize, usize),
    ) -> Result<(), Stop> {
        if progress.told.elapsed() < self.pause() || done >= goal {
            return Ok(());
        }
        progress.told = Instant::now();
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        self.say_in_progress(Some((number(done), Some(number(goal)))));
        self.channel.flush().await?;
        Ok(())
    }

    /// Waits for work of which it cannot be told how far it is, and says now and then that it goes on.
    pub(crate) async fn patiently<T>(
        &mut self,
        work: impl Future<Output = T> + Send,
    ) -> Result<T, Stop> {
        let mut work = pin!(work);
        loop {
            if let Ok(done) = timeout(self.pause(), work.as_mut()).await {
                return Ok(done);
            }
            self.say_in_progress(None);
            self.channel.flush().await?;
        }
    }

    fn pause(&self) -> Duration {
        Duration::from_secs(self.service.patience.progress_s)
    }

    fn say_in_progress(&mut self, counts: Option<(u32, Option<u32>)>) {
        let tag = self.tag.as_ref().map(|tag| tag.as_str().to_owned());
        // RFC 9585, 4: such a tag would end the code.
        let tag = tag.filter(|tag| !tag.contains(']'));
        self.untagged(Condition::Ok, Some(Code::InProgress(tag, counts)), "Still working on this");
    }
}

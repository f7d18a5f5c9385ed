//! How long a command may compute.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::outcome::Stop;
use super::session::Session;
use crate::response::Code;

/// When a search or a listing has computed for too long (`Patience::computing_s`).
#[derive(Clone, Copy, Debug)]
pub(crate) struct ComputingLimit {
    until: Duration,
}

impl Session<'_> {
    /// Begins to count.
    pub(crate) fn computing_limit(&self) -> ComputingLimit {
        let most = Duration::from_secs(self.service.patience.computing_s);
        ComputingLimit { until: lane::computed().saturating_add(most) }
    }
}

impl ComputingLimit {
    /// Does what computes in steps, until it is too long.
    pub(crate) async fn bounds<T>(self, work: impl Future<Output = T>) -> Result<T, Stop> {
        let mut work = pin!(work);
        poll_fn(|context| match self.check() {
            Ok(()) => work.as_mut().poll(context).map(Ok),
            Err(stop) => Poll::Ready(Err(stop)),
        })
        .await
    }

    /// `NO [LIMIT]` when it is too long.
    pub(crate) fn check(self) -> Result<(), Stop> {
        if lane::computed() < self.until {
            return Ok(());
        }
        let text = "That takes too long; ask for less at once";
        Err(Stop::No(Some(Code::Limit), text.into()))
    }
}

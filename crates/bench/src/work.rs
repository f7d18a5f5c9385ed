//! The works that are measured. Each gives figures for rows of the report.

mod bare;
pub(crate) mod deliver;
mod expunge;
mod fetch;
pub(crate) mod fill;
mod idle;
mod indexing;
mod jmap;
mod login;
pub(crate) mod looking;
mod million;
mod news;
mod notify;
mod people;
mod pop3;
mod reopen;
mod search;
mod sort;
mod store;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tokio::sync::Barrier;

use crate::Scale;
use crate::report::Figure;
use crate::server::Server;

/// Figures, each with its row.
pub(crate) type Figures = Vec<(&'static str, Figure)>;
type Running<'a> = Pin<Box<dyn Future<Output = Result<Figures>> + Send + 'a>>;

/// One work.
pub(crate) struct Work {
    /// What `--only` looks for.
    pub(crate) name: &'static str,
    /// Does it.
    pub(crate) run: for<'a> fn(&'a mut Server, &'a Scale) -> Running<'a>,
    /// Whether only our own host is measured.
    pub(crate) own_only: bool,
}

/// All works, in the order in which they are done.
pub(crate) const ALL: &[Work] = &[
    Work { name: "login", run: |s, l| Box::pin(login::measure(s, l)), own_only: false },
    Work { name: "memory", run: |s, l| Box::pin(idle::memory(s, l)), own_only: false },
    Work { name: "lmtp", run: |s, l| Box::pin(deliver::lmtp(s, l)), own_only: false },
    Work { name: "append", run: |s, l| Box::pin(deliver::append(s, l)), own_only: false },
    Work { name: "store", run: |s, l| Box::pin(store::measure(s, l)), own_only: false },
    Work { name: "fetch-flags", run: |s, l| Box::pin(fetch::flags(s, l)), own_only: false },
    Work { name: "fetch-envelopes", run: |s, l| Box::pin(fetch::envelopes(s, l)), own_only: false },
    Work { name: "fetch-bodies", run: |s, l| Box::pin(fetch::bodies(s, l)), own_only: false },
    Work { name: "fetch-one", run: |s, l| Box::pin(fetch::one(s, l)), own_only: false },
    Work { name: "search", run: |s, l| Box::pin(search::measure(s, l)), own_only: false },
    Work { name: "search-large", run: |s, l| Box::pin(looking::measure(s, l)), own_only: false },
    Work { name: "sort", run: |s, l| Box::pin(sort::measure(s, l)), own_only: false },
    Work { name: "jmap", run: |s, l| Box::pin(jmap::measure(s, l)), own_only: true },
    Work { name: "expunge", run: |s, l| Box::pin(expunge::measure(s, l)), own_only: false },
    Work { name: "idle", run: |s, l| Box::pin(idle::news(s, l)), own_only: false },
    Work { name: "notify", run: |s, l| Box::pin(notify::measure(s, l)), own_only: true },
    Work { name: "pop3", run: |s, l| Box::pin(pop3::measure(s, l)), own_only: false },
    Work { name: "people", run: |s, l| Box::pin(people::measure(s, l)), own_only: true },
    Work { name: "reopen", run: |s, l| Box::pin(reopen::measure(s, l)), own_only: true },
    Work { name: "indexing", run: |s, l| Box::pin(indexing::measure(s, l)), own_only: true },
    Work { name: "million", run: |s, l| Box::pin(million::measure(s, l)), own_only: true },
];

/// Runs `count` workers side by side for so many seconds. Each is set up first; then all begin at once and do
/// their work again and again. Gives how often it was done a second.
async fn rate<S, F>(count: u32, seconds: f64, set_up: impl Fn(u32) -> S) -> Result<f64>
where
    S: Future<Output = Result<F>> + Send + 'static,
    F: AsyncWorker,
{
    let barrier = Arc::new(Barrier::new(count as usize));
    let tasks: Vec<_> = (0..count)
        .map(|index| {
            let (barrier, worker) = (Arc::clone(&barrier), set_up(index));
            tokio::spawn(async move {
                let worker = worker.await;
                barrier.wait().await;
                let mut worker = worker?;
                let start = Instant::now();
                let end = start + Duration::from_secs_f64(seconds);
                let mut done = 0u64;
                while Instant::now() < end {
                    worker.work(done as u32).await?;
                    done += 1;
                }
                anyhow::Ok((done, start.elapsed()))
            })
        })
        .collect();
    let mut sum = 0.0;
    for task in tasks {
        let (done, took) = task.await.context("a worker broke")??;
        sum += done as f64 / took.as_secs_f64();
    }
    Ok(sum)
}

/// Does one piece of work again and again.
trait AsyncWorker: Send {
    /// Does the piece with this number.
    fn work(&mut self, number: u32) -> impl Future<Output = Result<()>> + Send;
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// The middle one.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

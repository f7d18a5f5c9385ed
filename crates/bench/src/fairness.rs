//! Fairness: how long another user waits, for each kind of thing that people do all day, while somebody makes load.
//!
//! Three kinds of thread share the machine, each with its own priority: what measures comes first, then the server,
//! then what makes the load ([`crate::priority`]). The load is a process of its own ([`actor`]).

pub(crate) mod actor;
mod connection;
mod ground;
mod load;
mod probe;
mod programs;
mod session;
mod spread;
mod table;
mod tally;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tokio::time::{sleep, timeout};

use self::actor::Actor;
use self::ground::Made;
use self::load::{Among, Load, Work};
use self::probe::{Probes, SECONDS_TIMES_MAX, Spreads};
use self::table::{Row, Table};
use crate::Scale;
use crate::server::{Kind, Server};

/// How long a load runs before the probes begin.
const UNDER_WAY: Duration = Duration::from_secs(1);
/// The host looks a minute after its start whether there are segments to rewrite.
const UNTIL_REWRITING: Duration = Duration::from_secs(61);
/// A server is calm when it took less than this share of one processor, all its processes together.
const CALM_SHARE: f64 = 0.05;
const CALM_OVER: Duration = Duration::from_millis(500);
const CALM_WITHIN: Duration = Duration::from_secs(120);

/// Which loads are run.
pub(crate) struct Choice<'a> {
    /// Those whose name contains one of these words; all if there are none.
    pub(crate) only: &'a [String],
    /// Also those that take very long to prepare.
    pub(crate) long: bool,
}

impl Choice<'_> {
    fn has(&self, load: &Load, kind: Kind) -> bool {
        let named = self.only.is_empty() || self.only.iter().any(|word| load.name.contains(word));
        let among = match load.among {
            Among::Both => true,
            Among::OwnOnly => kind == Kind::Correio,
            Among::OwnWhenLong => kind == Kind::Correio && self.long,
        };
        named && among
    }
}

/// Puts each load on a server, and adds what its probes waited for to the table.
pub(crate) async fn measure(
    server: &mut Server,
    choice: &Choice<'_>,
    scale: &Scale,
    table: &mut Table,
) -> Result<()> {
    probe::prepare(server).await?;
    let mut made = Made::default();
    let kind = server.kind;
    for load in load::ALL.iter().filter(|load| choice.has(load, kind)) {
        eprintln!("{}: {}", kind.name(), load.title);
        // One load that fails leaves a gap in the table, and the others are run all the same.
        match put_on(load, server, &mut made, scale).await {
            Ok((spreads, done)) => {
                let row = Row { kind, title: load.title, spreads, done };
                eprintln!("    {}", row.shown());
                table.add(row);
            }
            Err(error) => eprintln!("    FAILED: {error:#}"),
        }
    }
    Ok(())
}

/// The table that all rows go to.
pub(crate) fn table() -> Table {
    Table::new(load::ALL.iter().map(|load| load.title).collect())
}

async fn put_on(
    load: &Load,
    server: &mut Server,
    made: &mut Made,
    scale: &Scale,
) -> Result<(Spreads, String)> {
    // What the last load left behind must not stand in the way of the preparations either.
    calm(server).await?;
    made.ensure(server, load.ground, scale).await.context("what the load works on")?;
    match load.work {
        Work::Rewriting => return rewriting(server, scale).await,
        Work::Nothing
        | Work::Sessions(_)
        | Work::Deliver { .. }
        | Work::DeliverAndExpunge { .. }
        | Work::Import
        | Work::Backup => calm(server).await?,
    }
    let probes = open(server).await?;
    let actor = Actor::start(load, server).await?;
    sleep(UNDER_WAY).await;
    let running = run(probes, scale);
    tokio::pin!(running);
    // A probe that waits longer than any is to take goes on waiting, but for what the load left behind only.
    let longest = Duration::from_secs_f64(scale.seconds * SECONDS_TIMES_MAX);
    let in_time = timeout(longest + UNDER_WAY, &mut running).await;
    let done = actor.stop().await?;
    let spreads = match in_time {
        Ok(spreads) => spreads?,
        Err(_) => running.await?,
    };
    Ok((spreads, done))
}

/// Rewriting begins by itself. That it took place is seen from the log, where it says so of each segment.
async fn rewriting(server: &mut Server, scale: &Scale) -> Result<(Spreads, String)> {
    const PATIENCE: Duration = Duration::from_secs(120);
    server.kill_and_start().await?;
    let probes = open(server).await?;
    sleep(UNTIL_REWRITING).await;
    let spreads = run(probes, scale).await?;
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        let log = std::fs::read_to_string(server.folder.join("log"))?;
        if log.contains("a segment was rewritten") {
            return Ok((spreads, "a segment rewritten".to_owned()));
        }
        sleep(CALM_OVER).await;
    }
    Ok((spreads, "NO segment rewritten".to_owned()))
}

async fn open(server: &Server) -> Result<Probes> {
    // Connecting blocks, and is done here all the same: nothing else goes on yet.
    Probes::open(server).context("the probes' connections")
}

async fn run(probes: Probes, scale: &Scale) -> Result<Spreads> {
    let seconds = scale.seconds;
    tokio::task::spawn_blocking(move || probes.run(seconds)).await?
}

/// Waits until a server has got over the last load: a command whose session is gone may go on for a while.
async fn calm(server: &mut Server) -> Result<()> {
    let start = Instant::now();
    loop {
        let before = server.processor_ticks()?;
        sleep(CALM_OVER).await;
        let ticks = server.processor_ticks()?.saturating_sub(before);
        if ticks as f64 / 100.0 < CALM_SHARE * CALM_OVER.as_secs_f64() {
            return Ok(());
        }
        if start.elapsed() > CALM_WITHIN {
            ensure!(server.kind == Kind::Correio, "the server is still busy with the last load");
            eprintln!("    restarted, for it was still busy with the last load");
            server.kill_and_start().await?;
            return Ok(());
        }
    }
}

//! What others notice while the index for searches of a large mailbox is made: deliveries beside it, and the host's memory.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Result, ensure};
use tokio::process::{Child, Command};

use super::deliver::Deliver;
use super::{Figures, looking, median, rate};
use crate::Scale;
use crate::report::Figure;
use crate::server::{Kind, Server, user};

/// Whose mailbox is large.
const OWNER: u32 = 0;
/// The first of those who get mail; each round has others, so that none of them has enough for an index.
const FIRST: u32 = 10;
const CONNECTIONS: u32 = 16;
const ROUNDS: u32 = 3;
/// How long a round delivers at most, in seconds.
const SECONDS_MAX: f64 = 2.0;
/// How often the memory is looked at.
const LOOKED_AT_EVERY: Duration = Duration::from_millis(50);

/// With a server of its own, since all of its memory is measured.
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let folder = server.folder.with_extension("indexing");
    let mut own = crate::start_in(&folder, Kind::Correio, &server.program).await?;
    looking::fill(&own, OWNER, "large", scale.messages(100_000)).await?;
    looking::index(&own, OWNER).await?;
    let mut figures = deliveries(&own, scale).await?;
    own.halt().await?;
    own.start_again().await?;
    figures.push(memory(&own).await?);
    crate::end(own).await?;
    Ok(figures)
}

/// In turns, since machines are noisy.
async fn deliveries(server: &Server, scale: &Scale) -> Result<Figures> {
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        alone.push(delivered(server, 2 * round, scale).await?);
        let mut index = make_index(server)?;
        beside.push(delivered(server, 2 * round + 1, scale).await?);
        ensure!(index.try_wait()?.is_none(), "the index was made before all was delivered");
        ensure!(index.wait().await?.success(), "correio index failed");
    }
    let (alone, beside) = (median(alone), median(beside));
    Ok(vec![
        ("LMTP 8 KB, 16 connections, no index made", Figure::PerSecond(alone)),
        ("while an index of 100,000 is made", Figure::PerSecond(beside)),
        ("the same beside no index made", Figure::Times(beside / alone)),
    ])
}

async fn delivered(server: &Server, round: u32, scale: &Scale) -> Result<f64> {
    let address = server.lmtp;
    let first = FIRST + round * CONNECTIONS;
    rate(CONNECTIONS, scale.seconds.min(SECONDS_MAX), |index| {
        Deliver::connect(address, user(first + index), (first + index) * 1_000)
    })
    .await
}

/// How much more memory the host has at most while it makes an index than before.
async fn memory(server: &Server) -> Result<(&'static str, Figure)> {
    let before = server.memory_octets()?;
    let mut most = before;
    let mut index = make_index(server)?;
    while index.try_wait()?.is_none() {
        most = most.max(server.memory_octets()?);
        tokio::time::sleep(LOOKED_AT_EVERY).await;
    }
    let megabytes = |octets: u64| octets as f64 / f64::from(1 << 20);
    eprintln!("    from {:.0} MB to {:.0} MB", megabytes(before), megabytes(most));
    let more = Figure::Megabytes(megabytes(most - before));
    Ok(("memory more while an index of 100,000 is made", more))
}

/// Has the index made anew.
fn make_index(server: &Server) -> Result<Child> {
    let mut command = Command::new(&server.program);
    command.args(["index", &user(OWNER), "--rebuild", "--data"]).arg(server.folder.join("data"));
    Ok(command.stdout(Stdio::null()).spawn()?)
}

//! Many users added in one go, beside a program that only hashes as many passwords.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use argon2::{Algorithm, Argon2, Params, Version};
use sasl::limits::ROUNDS_STORED;
use sasl::{ScramKey, Secret};

use super::{Figures, median};
use crate::Scale;
use crate::report::Figure;
use crate::server::{PASSWORD, Server};

/// In each round.
const USERS: u32 = 1_000;
const ROUNDS: u32 = 3;

/// In turns, and then what the host still holds when it has had time to give memory back.
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let users = scale.messages(USERS);
    let mut times = Vec::new();
    for round in 0..ROUNDS {
        let bare = tokio::task::spawn_blocking(move || bare_hashes(users)).await??;
        let ours = add(server, round, users).await?;
        times.push(bare.as_secs_f64() / ours.as_secs_f64());
    }
    tokio::time::sleep(Duration::from_secs(25)).await;
    let megabytes = server.memory_octets()? as f64 / f64::from(1 << 20);
    Ok(vec![
        ("user add --from FILE beside bare hashes", Figure::Times(median(times))),
        ("memory after 3,000 were added", Figure::Megabytes(megabytes)),
    ])
}

async fn add(server: &Server, round: u32, users: u32) -> Result<Duration> {
    let list = server.folder.join("people.csv");
    let lines: String =
        (0..users).map(|n| format!("p{round}x{n}@localhost,{PASSWORD}\n")).collect();
    std::fs::write(&list, lines)?;
    let start = Instant::now();
    let done = tokio::process::Command::new(&server.program)
        .args(["user", "add", "--from"])
        .arg(&list)
        .arg("--data")
        .arg(server.folder.join("data"))
        .stdout(Stdio::null())
        .status()
        .await?;
    if !done.success() {
        bail!("user add --from failed");
    }
    Ok(start.elapsed())
}

/// On all processors, each in memory of its own that is used again.
fn bare_hashes(count: u32) -> Result<Duration> {
    let threads = std::thread::available_parallelism()?.get() as u32;
    let start = Instant::now();
    std::thread::scope(|scope| {
        let hashing: Vec<_> = (0..threads)
            .map(|thread| {
                let share = count / threads + u32::from(thread < count % threads);
                scope.spawn(move || hash(share))
            })
            .collect();
        hashing.into_iter().try_for_each(|thread| thread.join().ok().context("a hash broke")?)
    })?;
    Ok(start.elapsed())
}

fn hash(count: u32) -> Result<()> {
    let wrong = |error: argon2::Error| anyhow::anyhow!("{error}");
    // As the host hashes.
    let params = Params::new(19 << 10, 2, 1, None).map_err(wrong)?;
    let mut room = vec![argon2::Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let (password, mut out) = (Secret::new(PASSWORD), [0; 32]);
    for number in 0..count {
        let salt = u128::from(number).to_be_bytes();
        let done =
            argon2.hash_password_into_with_memory(PASSWORD.as_bytes(), &salt, &mut out, &mut room);
        done.map_err(wrong)?;
        // The keys for SCRAM are slow on purpose as well.
        std::hint::black_box(ScramKey::derive(0, &password, &salt, ROUNDS_STORED));
    }
    Ok(())
}

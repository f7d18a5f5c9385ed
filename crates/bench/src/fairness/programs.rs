//! Loads that are programs of the host's own: import and backup, again and again.

use std::process::Stdio;

use anyhow::{Result, ensure};
use tokio::process::Command;

use super::actor::Target;
use super::ground;
use super::tally::Tally;
use crate::server::user;

/// Who gets imported mail: one after another, so that each import brings something.
const IMPORTERS: std::ops::Range<u32> = 70..130;

/// Imports the same file for one user after another.
pub(crate) async fn import(target: &Target, tally: &Tally) -> Result<()> {
    for importer in IMPORTERS {
        let mut import = correio(target);
        import.args(["import", "--user", &user(importer)]).arg(ground::mbox(&target.folder));
        run(import, target, tally).await?;
    }
    Ok(())
}

/// Copies the whole store, and removes the copy.
pub(crate) async fn back_up(target: &Target, tally: &Tally) -> Result<()> {
    let copy = target.folder.join("backup");
    loop {
        let _ = std::fs::remove_dir_all(&copy);
        let mut backup = correio(target);
        backup.arg("backup").arg(&copy);
        run(backup, target, tally).await?;
    }
}

fn correio(target: &Target) -> Command {
    let mut command = Command::new(&target.program);
    command.stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    command
}

async fn run(mut command: Command, target: &Target, tally: &Tally) -> Result<()> {
    let status = command.arg("--data").arg(target.folder.join("data")).status().await?;
    ensure!(status.success(), "the program failed");
    tally.done();
    Ok(())
}

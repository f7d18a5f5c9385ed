//! `correio backup`: copies the store into a folder while the host runs.

use std::path::PathBuf;

use admin::upkeep::Copying;
use admin::{Answer, Missing};
use anyhow::{Result, bail};
use clap::Args;

use crate::context::Context;
use crate::output::counted;
use crate::progress::Bar;
use crate::show::show;

/// Copy the whole mail store into a folder, also while the host runs
///
/// The copy is one consistent moment of the store: all mail, all users, all settings. It is read to its end and checked
/// while it is made; messages that are damaged are named, and the rest is there. `correio restore` makes a data folder
/// of it. The folder holds mail and password hashes: keep it as safe as the original.
#[derive(Args)]
pub(crate) struct Backup {
    /// A folder that is empty or not there yet, or the last backup, if nothing has changed since
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Copy all files, also where the file system could share them
    ///
    /// Without it, files that do not change any more are shared with the mail store when both are on one file system:
    /// that is quick and takes no room, but a fault of the disk hits both. While the host runs, that is only so in the
    /// folders that its setting `backup_folders` names.
    #[arg(long)]
    copy: bool,
}

impl Backup {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let folder = std::path::absolute(&self.folder)?;
        let copying = if self.copy { Copying::Copy } else { Copying::Link };
        let policy = context.config()?.admin().policy;
        let mut client = context.reach(Missing::Refuse).await?;
        let mut bar = Bar::new();
        let to = folder.display().to_string();
        let answer = client.back_up(folder, copying, policy, &mut |step| bar.show(&step)).await;
        bar.clear();
        client.close().await?;
        shown(context, answer?, &to)
    }
}

/// Shows what a copy came to, and fails when it is not whole.
pub(super) fn shown(context: &Context, answer: Answer, to: &str) -> Result<()> {
    let Answer::BackedUp(done) = &answer else { bail!("the host gave another answer") };
    let (damaged, faults) = (done.checked.damaged.len(), done.checked.faults.len());
    show(context, answer, to)?;
    if faults > 0 {
        bail!("the copy was made with {}", counted(faults, "fault"));
    }
    if damaged > 0 {
        bail!(
            "{} damaged, in the original as in the copy; all else is whole",
            counted(damaged, "message")
        );
    }
    Ok(())
}

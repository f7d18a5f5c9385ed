//! `correio backup FOLDER`: copies the store into a folder while the host runs.

use std::path::Path;

use admin::upkeep::Copying;
use admin::{Answer, Missing};
use anyhow::{Result, bail};

use crate::context::Context;
use crate::output::counted;
use crate::progress::Bar;
use crate::show::show;

pub(super) async fn back_up(context: &Context, folder: &Path, copy: bool) -> Result<()> {
    let folder = std::path::absolute(folder)?;
    let copying = if copy { Copying::Copy } else { Copying::Link };
    let policy = context.config()?.admin().policy;
    let mut client = context.reach(Missing::Refuse).await?;
    let mut bar = Bar::new();
    let to = folder.display().to_string();
    let answer = client.back_up(folder, copying, policy, &mut |step| bar.show(&step)).await;
    bar.clear();
    client.close().await?;
    shown(context, answer?, &to)
}

/// Shows what a copy came to, and fails when it is not whole.
pub(crate) fn shown(context: &Context, answer: Answer, to: &str) -> Result<()> {
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

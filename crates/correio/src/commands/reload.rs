//! `correio reload`: the running host reads certificate and settings again.

use admin::{Answer, Missing, Task};
use anyhow::{Result, bail};
use clap::Args;

use crate::context::Context;
use crate::show::show;

/// Have the running host read its certificate and settings again
///
/// Settings that can change while it runs are taken; each one that needs a restart is named. What is wrong with the file is told,
/// and all stays as it was. The signal SIGHUP does the same, and says it in the log.
#[derive(Args)]
pub(crate) struct Reload {}

impl Reload {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let answer = context.ask(Task::Reload, Missing::Refuse).await?;
        let Answer::Reloaded(reloaded) = &answer else { bail!("the host gave another answer") };
        let faults = reloaded.faults.join("\n");
        show(context, answer, "")?;
        if faults.is_empty() { Ok(()) } else { bail!("{faults}") }
    }
}

//! `correio status`: how the host and its store are.

use admin::{Missing, Task};
use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::show::show;

/// Show how the host and its store are
///
/// Its listeners, how many are connected over each protocol, the certificate's last day, mail that waits to be sent, the room on
/// the disk, the last backup, what is known of damage, when all mail was last read through, and what somebody should look after.
#[derive(Args)]
pub(crate) struct Status {}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        show(context, context.ask(Task::Status, Missing::Refuse).await?, "")
    }
}

//! `correio status`: how the host and its store are.

use admin::{Missing, Task};
use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::show::show;

/// Show how the host and its store are
///
/// Whether the host runs, its listeners and connections, the size of the store, the room on the disk, what is known of
/// damage, and when all mail was last read through.
#[derive(Args)]
pub(crate) struct Status {}

impl Status {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        show(context, context.ask(Task::Status, Missing::Refuse).await?, "")
    }
}

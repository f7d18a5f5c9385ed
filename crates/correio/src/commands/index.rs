//! `correio index`: the indexes for searches.

use admin::{Missing, Task};
use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::show::show;

/// Bring the indexes for searches up to date, and show how large they are
///
/// The host does that by itself, a moment behind new mail; what an index does not have yet, a search reads. Users with less
/// than 1,000 messages have none. Nothing is lost with an index: `--rebuild` throws it away and makes it anew.
#[derive(Args)]
pub(crate) struct Index {
    /// Only that of this user
    #[arg(value_name = "ADDRESS")]
    address: Option<String>,
    /// Make it anew
    #[arg(long)]
    rebuild: bool,
}

impl Index {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let task = Task::Index { address: self.address, rebuild: self.rebuild };
        show(context, context.ask(task, Missing::Refuse).await?, "")
    }
}

//! `correio queue`: mail on its way out.

use admin::request::QueueTask;
use admin::{Missing, Task};
use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::show::show;

/// The outbound queue: mail for other hosts
#[derive(Subcommand)]
pub(crate) enum Queue {
    /// List the queue
    List,
    /// Remove a message from the queue; its sender is not notified
    Remove {
        /// The message's number in the queue
        #[arg(value_parser = number)]
        id: u64,
    },
    /// Retry a message now
    Retry {
        /// The message's number in the queue
        #[arg(value_parser = number)]
        id: u64,
    },
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "expected a number, as `correio queue list` shows it".to_owned())
}

impl Queue {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let task = match self {
            Queue::List => QueueTask::List,
            Queue::Remove { id } => QueueTask::Remove(id),
            Queue::Retry { id } => QueueTask::Retry(id),
        };
        show(context, context.ask(Task::Queue(task), Missing::Refuse).await?, "")
    }
}

//! `correio queue`: mail on its way out.

use anyhow::Result;
use clap::Subcommand;
use host::admin::Task;
use host::admin::client::Missing;
use host::admin::request::QueueTask;

use crate::context::Place;
use crate::show::show;

/// Mail on its way to other hosts
#[derive(Subcommand)]
pub(crate) enum Queue {
    /// List what waits
    List,
    /// Take a message out; its sender is not told
    Remove {
        /// Its number
        id: u64,
    },
    /// Try a message at once
    Retry {
        /// Its number
        id: u64,
    },
}

impl Queue {
    pub(super) async fn run(self, place: &Place) -> Result<()> {
        let (task, said) = match self {
            Queue::List => (QueueTask::List, String::new()),
            Queue::Remove { id } => (QueueTask::Remove(id), format!("removed {id}")),
            Queue::Retry { id } => (QueueTask::Retry(id), format!("{id} is tried")),
        };
        show(place, place.ask(Task::Queue(task), Missing::Refuse).await?, &said)
    }
}

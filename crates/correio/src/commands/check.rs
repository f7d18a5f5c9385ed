//! `correio check`: proves that the store is whole.

use admin::{Answer, Missing, Task, blocking, socket, upkeep};
use anyhow::{Result, bail};
use clap::Args;

use crate::context::Context;
use crate::progress::Bar;
use crate::show::show;

/// Check the mail store for damage, also while the host runs
///
/// Reads all of it: each record, each body, and all sums counted again. While the host is not running it also compares
/// the index with the journal. Exits with 1 when something is wrong.
#[derive(Args)]
pub(crate) struct Check {}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let folder = context.folder()?;
        let running = socket::connect(&folder).await?.is_some();
        let answer = if running || !folder.is_used() {
            context.ask(Task::Check, Missing::Refuse).await?
        } else {
            // A damaged store may not open; this looks at it from outside.
            let policy = context.config()?.admin().policy;
            let mut bar = Bar::new();
            let checked = blocking(move || {
                let checked = upkeep::check_closed(&folder, policy, &mut |step| bar.show(&step));
                bar.clear();
                checked
            });
            Answer::Checked(checked.await??)
        };
        let faults = if let Answer::Checked(found) = &answer { found.faults.len() } else { 0 };
        show(context, answer, "")?;
        match faults {
            0 => Ok(()),
            number => {
                bail!("{number} faults were found; `correio repair` repairs what can be repaired")
            }
        }
    }
}

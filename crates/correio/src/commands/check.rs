//! `correio check`: proves that the store and every account are whole.

use admin::upkeep::Acknowledge;
use admin::{Answer, Missing, Task, socket, upkeep};
use anyhow::{Result, bail};
use clap::Args;

use crate::context::Context;
use crate::output::{counted, line};
use crate::progress::Bar;
use crate::show::show;

/// Check the mail store and all accounts for damage, also while the host runs
///
/// Reads all of it: each record, each body, and what each account keeps, all sums counted again. Names the messages
/// that are damaged. While the host is not running it also compares the index with the journal. Changes nothing. Exits
/// with 1 when something is wrong that was not acknowledged.
#[derive(Args)]
pub(crate) struct Check {
    /// Take note of the messages that are damaged: later checks only count them
    ///
    /// For what is lost for good. The messages stay listed; `correio repair --drop-damaged` removes them.
    #[arg(long)]
    acknowledge: bool,
}

impl Check {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let folder = context.folder()?;
        let acknowledge = if self.acknowledge { Acknowledge::Found } else { Acknowledge::Nothing };
        let running = socket::connect(&folder).await?.is_some();
        let answer = if running || !folder.is_used() {
            context.ask(Task::Check { acknowledge }, Missing::Refuse).await?
        } else {
            // A damaged store may not open; this looks at it from outside.
            let policy = context.config()?.admin().policy;
            let mut bar = Bar::new();
            let mut steps = |step| bar.show(&step);
            let checking =
                async { Ok(upkeep::check_closed(&folder, policy, acknowledge, &mut steps).await?) };
            let checked = context.log_done(("check", None), checking).await;
            bar.clear();
            Answer::Checked(checked?)
        };
        let Answer::Checked(found) = answer else { bail!("the host gave another answer") };
        let (damaged, faults) = (found.damaged.len(), found.faults.len());
        let more = found.faults_more;
        show(context, Answer::Checked(found), "")?;
        if faults > 0 {
            let faults = counted(u64::try_from(faults)?.saturating_add(more), "fault");
            let first = if running { "stop the host and run" } else { "run" };
            bail!(
                "{faults} found; {first} `correio repair`, which puts right what can be put right"
            );
        }
        if damaged > 0 && self.acknowledge {
            if !context.json {
                let messages = counted(damaged, "message");
                line(&format!("{messages} acknowledged: later checks only count them"))?;
            }
            return Ok(());
        }
        if damaged > 0 {
            bail!(
                "{} damaged, all else is whole; a backup may have them. `correio check --acknowledge` keeps them \
                 listed and ends this warning, `correio repair --drop-damaged` removes them",
                counted(damaged, "message")
            );
        }
        Ok(())
    }
}

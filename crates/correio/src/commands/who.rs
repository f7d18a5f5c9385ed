//! `correio who`: who is connected.

use admin::{Missing, Task};
use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::show::show;

/// Show who is logged in: user, protocol, address, program and since when
///
/// The program is what a mail program calls itself over IMAP (ID). Needs a running host.
#[derive(Args)]
pub(crate) struct Who {
    /// List at most so many sessions
    #[arg(long, default_value_t = 100, value_name = "NUMBER", value_parser = most)]
    most: usize,
}

/// So many sessions are listed at most.
const SESSIONS_MAX: usize = 10_000;

fn most(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|number| (1..=SESSIONS_MAX).contains(number));
    number.ok_or_else(|| format!("expected a number from 1 to {SESSIONS_MAX}"))
}

impl Who {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let task = Task::Who { most: self.most };
        show(context, context.ask(task, Missing::Refuse).await?, "")
    }
}

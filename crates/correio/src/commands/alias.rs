//! `correio alias`: addresses that lead to users, and the catch-all of a domain.

use admin::request::AliasTask;
use admin::{Missing, Task};
use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::show::show;

/// Aliases: addresses that lead to users
///
/// Mail for ADDRESS+anything reaches ADDRESS without an alias.
#[derive(Subcommand)]
pub(crate) enum Alias {
    /// Set where an address leads, whether or not it is an alias already
    Add {
        /// The address; @DOMAIN for all addresses of a domain that are not there otherwise
        address: String,
        /// Users or other aliases of this host
        #[arg(required = true)]
        targets: Vec<String>,
    },
    /// List the aliases
    List,
    /// Remove an alias
    Remove {
        /// The address, or @DOMAIN
        address: String,
    },
}

impl Alias {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (task, said) = match self {
            Alias::Add { address, targets } => {
                let said = format!("{address} leads to {}", targets.join(", "));
                (AliasTask::Set { address, targets }, said)
            }
            Alias::Remove { address } => {
                let said = format!("removed {address}");
                (AliasTask::Remove(address), said)
            }
            Alias::List => (AliasTask::List, String::new()),
        };
        show(context, context.ask(Task::Alias(task), Missing::Refuse).await?, &said)
    }
}

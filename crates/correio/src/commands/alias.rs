//! `correio alias`: addresses that lead to users or to other hosts, and the catch-all of a domain.

use admin::request::AliasTask;
use admin::{Missing, Task};
use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::show::show;

/// Aliases: addresses that lead to users, or to addresses of other hosts
///
/// Mail for ADDRESS+anything reaches ADDRESS without an alias. Mail for other hosts goes through the queue and the relay, with a
/// sender of this host's domain, so that SPF does not refuse it.
#[derive(Subcommand)]
pub(crate) enum Alias {
    /// Set where an address leads, whether or not it is an alias already
    Add {
        /// The address; @DOMAIN for all addresses of a domain that are not there otherwise
        address: String,
        /// Users or other aliases of this host, or addresses of other hosts
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
        let task = match self {
            Alias::Add { address, targets } => AliasTask::Set { address, targets },
            Alias::Remove { address } => AliasTask::Remove(address),
            Alias::List => AliasTask::List,
        };
        show(context, context.ask(Task::Alias(task), Missing::Refuse).await?, "")
    }
}

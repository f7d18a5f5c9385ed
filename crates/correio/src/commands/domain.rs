//! `correio domain`: the domains whose mail is ours.

mod dns;

use admin::request::DomainTask;
use admin::{Missing, Task};
use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::show::show;

/// Domains whose mail this host accepts
#[derive(Subcommand)]
pub(crate) enum Domain {
    /// Add a domain
    Add {
        /// Its name; names in other scripts may be written as they are
        domain: directory::Domain,
    },
    /// List the domains
    List,
    /// Print the records that its zone in DNS needs, so that other hosts and mail programs find this host
    ///
    /// They name the host and the listeners of the configuration.
    Dns {
        /// Its name
        domain: directory::Domain,
    },
    /// Remove a domain that has no addresses any more
    Remove {
        /// Its name
        domain: directory::Domain,
    },
}

impl Domain {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let (task, missing) = match self {
            Domain::Add { domain } => (DomainTask::Add(domain.to_string()), Missing::Make),
            Domain::Remove { domain } => (DomainTask::Remove(domain.to_string()), Missing::Refuse),
            Domain::Dns { domain } => return dns::print(&domain, context),
            Domain::List => (DomainTask::List, Missing::Refuse),
        };
        show(context, context.ask(Task::Domain(task), missing).await?, "")
    }
}

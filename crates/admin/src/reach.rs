//! How a desk is reached: at the running host when there is one, else over a store that is opened for the occasion.

use std::sync::Arc;

use mailbox::Policy;
use queue::OutboundQueue;

use crate::blocking::blocking;
use crate::client::{AdminFault, Client};
use crate::desk::Desk;
use crate::keep::{Folder, Keep};
use crate::settings::Settings;
use crate::socket;

/// What is done when there is no store yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// One is made.
    Make,
    /// That is said.
    Refuse,
}

impl Client {
    /// Reaches the running host, or opens the store.
    pub async fn reach(
        folder: &Folder,
        settings: &Settings,
        missing: Missing,
    ) -> Result<Client, AdminFault> {
        if let Some(stream) = socket::connect(folder).await? {
            return Ok(Client::over(stream));
        }
        if missing == Missing::Refuse && !folder.is_used() {
            return Err(AdminFault::NoStore(folder.0.display().to_string()));
        }
        let keep = open(folder, settings.policy.clone()).await?;
        let clock = Arc::clone(keep.accounts.clock());
        let queue = OutboundQueue::open(Arc::clone(keep.accounts.engine()), clock).await?;
        let desk = Desk::new(&keep, Arc::new(queue), settings.clone());
        let (here, there) = tokio::io::duplex(256 << 10);
        let task = tokio::spawn(async move {
            if let Err(error) = socket::serve(there, Arc::new(desk)).await {
                tracing::debug!(%error, "the local desk ended");
            }
        });
        Ok(Client::local(here, keep, task))
    }
}

/// Opens a data folder on a thread that may wait.
pub async fn open(folder: &Folder, policy: Policy) -> Result<Keep, AdminFault> {
    let folder = folder.clone();
    Ok(blocking(move || Keep::open(&folder, policy)).await??)
}

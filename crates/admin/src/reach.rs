//! How a desk is reached: at the running host when there is one, else over a store that is opened for the occasion.

use std::sync::Arc;
use std::time::Duration;

use mailbox::Policy;
use queue::OutboundQueue;
use store::OpenError;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use crate::answer::Event;
use crate::blocking::blocking;
use crate::client::{AdminFault, Client};
use crate::desk::Desk;
use crate::keep::{Folder, Keep};
use crate::settings::Settings;
use crate::{socket, wire};

/// What is done when there is no store yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// One is made.
    Make,
    /// That is said.
    Refuse,
}

impl Client {
    /// Reaches the host that has the store open; none: there is none.
    pub async fn of_running(folder: &Folder) -> Result<Option<Client>, AdminFault> {
        Ok(socket::connect(folder).await?.map(Client::over))
    }

    /// Reaches the running host, or opens the store.
    pub async fn reach(
        folder: &Folder,
        settings: &Settings,
        missing: Missing,
    ) -> Result<Client, AdminFault> {
        Client::reach_in_turn(folder, settings, missing, Turn::default()).await
    }

    /// The same, without waiting where another program has the store open (`AdminFault::is_in_use`).
    pub async fn reach_at_once(folder: &Folder, settings: &Settings) -> Result<Client, AdminFault> {
        let turn = Turn { waited: TURN };
        Client::reach_in_turn(folder, settings, Missing::Refuse, turn).await
    }

    async fn reach_in_turn(
        folder: &Folder,
        settings: &Settings,
        missing: Missing,
        mut turn: Turn,
    ) -> Result<Client, AdminFault> {
        let (keep, desk) = loop {
            if let Some(stream) = socket::connect(folder).await? {
                return Ok(Client::over(stream));
            }
            if missing == Missing::Refuse && !folder.is_used() {
                return Err(AdminFault::NoStore(folder.0.display().to_string()));
            }
            match open_desk(folder, settings).await {
                // A host that is about to start answers soon.
                Err(AdminFault::Open(OpenError::InUse)) if turn.comes().await => {}
                other => break other?,
            }
        };
        let (here, there) = tokio::io::duplex(256 << 10);
        let task = tokio::spawn(async move {
            let by = rustix::process::getuid().as_raw();
            if let Err(error) = socket::serve(there, Arc::new(desk), Some(by)).await {
                tracing::debug!(%error, "the local desk ended");
            }
        });
        Ok(Client::local(here, keep, task))
    }
}

/// How long a command waits for another one that has the store open.
const TURN: Duration = Duration::from_secs(10);
/// How often it looks.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// The wait of a command for its turn: several may be given at the same time.
#[derive(Default)]
struct Turn {
    waited: Duration,
}

impl Turn {
    /// Waits a little; not without end.
    async fn comes(&mut self) -> bool {
        tokio::time::sleep(LOOK_AGAIN).await;
        self.waited = self.waited.saturating_add(LOOK_AGAIN);
        self.waited < TURN
    }
}

async fn open_desk(folder: &Folder, settings: &Settings) -> Result<(Keep, Desk), AdminFault> {
    let keep = open(folder, settings.policy.clone()).await?;
    let clock = Arc::clone(keep.accounts.clock());
    let queue = OutboundQueue::open(Arc::clone(keep.accounts.engine()), clock).await?;
    let desk = Desk::new(&keep, Arc::new(queue), settings.clone());
    Ok((keep, desk))
}

/// Opens the store of a data folder for the client at the other end of a stream, who may have other rights
/// (`Client::of_process`), and serves it to the end.
pub async fn serve_desk(
    mut stream: UnixStream,
    folder: &Folder,
    settings: &Settings,
) -> Result<(), AdminFault> {
    // Who made the pair of sockets, before this process became another's.
    let by = stream.peer_cred().ok().map(|peer| peer.uid());
    let mut turn = Turn::default();
    let opened = loop {
        match open_desk(folder, settings).await {
            Err(AdminFault::Open(OpenError::InUse)) if turn.comes().await => {}
            other => break other,
        }
    };
    let (keep, desk) = match opened {
        Ok(opened) => opened,
        Err(fault) => {
            // Whoever asked says it to people.
            wire::write(&mut stream, &Event::Failed { why: socket::chain(&fault) }).await?;
            return Ok(stream.shutdown().await?);
        }
    };
    wire::write(&mut stream, &Event::Ready).await?;
    stream.flush().await?;
    let served = socket::serve(stream, Arc::new(desk), by).await;
    blocking(move || keep.close()).await??;
    Ok(served?)
}

/// Opens a data folder on a thread that may wait.
pub async fn open(folder: &Folder, policy: Policy) -> Result<Keep, AdminFault> {
    let folder = folder.clone();
    Ok(blocking(move || Keep::open(&folder, policy)).await??)
}

//! What the host does before it has threads: it binds its listeners, becomes its user and gives up what it does not need.

use std::path::{Path, PathBuf};

use admin::keep::Folder;
use admin::{AdminFault, socket};
use directory::Domain;
use privileges::Confined;

use super::ServeFault;
use crate::config::Config;
use crate::listen::Listen;
use crate::listen::bind::{self, Reserved};
use crate::rights::{self, Asked};

/// What the host is started with.
pub struct Start {
    /// The data folder.
    pub folder: Folder,
    /// The configuration.
    pub config: Config,
    /// The file in which it stands.
    pub config_file: Option<PathBuf>,
    /// The user of the command line; that one goes before the configured one.
    pub run_as: Option<String>,
    /// The domain of the command line; it goes before the configured one.
    pub domain: Option<Domain>,
    /// The listeners of the command line; they go before the configured ones.
    pub listen: Vec<Listen>,
}

/// A host that has its listeners and no more rights than it needs.
pub struct Prepared {
    pub(super) folder: Folder,
    pub(super) config: Config,
    pub(super) domain: Option<Domain>,
    pub(super) reserved: Vec<Reserved>,
    pub(super) confined: Confined,
}

impl Start {
    /// Binds, becomes the host's user, and gives up the rest. For a program with one thread.
    pub fn prepare(self) -> Result<Prepared, ServeFault> {
        let Start { folder, config, config_file, run_as, domain, listen } = self;
        if socket::is_running(&folder).map_err(AdminFault::from)? {
            return Err(ServeFault::Running(folder.0));
        }
        let (run_as, config_file) = (run_as.as_deref(), config_file.as_deref());
        let whose = Asked { run_as, config: &config, config_file }.whose(&folder)?;
        let reserved = bind_all(listen, &config)?;
        let sockets: Vec<&Path> = reserved.iter().filter_map(Reserved::unix_path).collect();
        rights::take_on(&whose, &folder, &sockets)?;
        let confined = rights::give_up(&config, &folder)?;
        Ok(Prepared { folder, config, domain, reserved, confined })
    }
}

/// Binds the listeners of the command line, else those that are configured, else the usual ones.
fn bind_all(listen: Vec<Listen>, config: &Config) -> Result<Vec<Reserved>, ServeFault> {
    let listen = if listen.is_empty() { config.listeners() } else { listen };
    Ok(if listen.is_empty() { bind::usual()? } else { bind::all(&listen)? })
}

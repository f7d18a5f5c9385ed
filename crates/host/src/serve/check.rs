//! Finds what would keep a host from starting, by doing what the start does, up to the mail store, which stays closed.

use std::net::ToSocketAddrs as _;
use std::path::Path;
use std::sync::mpsc::channel;
use std::time::Duration;

use admin::keep::Folder;
use admin::socket;
use privileges::{FolderFault, User, Whose};

use super::loaded::Loaded;
use super::prepare::{Start, bind_all, reach_of, remove_sockets};
use crate::config::{Config, Confinement};
use crate::rights::{self, Asked};

/// How long the system has to look a name up.
const LOOK_UP: Duration = Duration::from_secs(5);
/// How many names of a certificate are looked up.
const NAMES_LOOKED_UP_MAX: usize = 10;

/// What was found.
#[derive(Debug, Default)]
pub struct Checked {
    /// With these the host does not start.
    pub faults: Vec<String>,
    /// It starts, and yet this is most likely not what was meant.
    pub warnings: Vec<String>,
    /// What else might be of use to know.
    pub hints: Vec<String>,
}

impl Checked {
    fn fault(&mut self, fault: impl std::fmt::Display) {
        self.faults.extend(fault.to_string().lines().map(str::to_owned));
    }
}

impl Start {
    /// Finds what would keep this host from starting. For a program with one thread, which ends afterwards: like the start
    /// it becomes the host's user, who must be able to read what is needed. Changes nothing.
    pub fn check(self) -> Checked {
        let mut checked = Checked::default();
        let Start { folder, config, config_file, run_as, listen, inherited, .. } = self;
        let asked = Asked {
            run_as: run_as.as_deref(),
            config: &config,
            config_file: config_file.as_deref(),
        };
        let whose = asked.whose(&folder).map_err(|fault| checked.fault(fault)).ok();
        match socket::is_running(&folder) {
            Ok(true) => checked.hints.push(format!(
                "a host is running on {}: where it listens was not tried",
                folder.0.display()
            )),
            Ok(false) => {
                let bound = reach_of(&folder).and_then(|reach| {
                    bind_all(listen.clone(), inherited, (&config, reach), whose.as_ref())
                });
                match bound {
                    Ok(reserved) => remove_sockets(&reserved),
                    Err(fault) => checked.fault(fault),
                }
            }
            Err(fault) => checked.fault(fault),
        }
        if let Some(whose) = &whose {
            checked.folder_of(whose, &folder);
        }
        checked.files_of(&config);
        let listeners = if listen.is_empty() { config.listeners() } else { listen };
        checked.warnings.extend(config.warnings_with(&listeners));
        for missing in rights::missing_backup_folders(&config) {
            let missing = missing.display();
            checked.warnings.push(format!("privileges.backup_folders: {missing} is not there"));
        }
        checked.names_of(&config);
        if checked.faults.is_empty()
            && config.privileges.confinement == Confinement::Required
            && folder.0.exists()
            && let Err(fault) = rights::give_up(&config, None, &folder)
        {
            checked.fault(fault);
        }
        checked
    }
}

/// Whether a name has an address, as this machine sees it, found in time.
fn has_address(name: &str) -> bool {
    let (sender, found) = channel();
    let host = name.to_owned();
    std::thread::spawn(move || {
        let addresses = (host.as_str(), 25).to_socket_addrs();
        // Nobody waits for it any more where it took too long.
        let _unheard = sender.send(addresses.is_ok_and(|mut found| found.next().is_some()));
    });
    found.recv_timeout(LOOK_UP) == Ok(true)
}

impl Checked {
    /// Whether the host can have the data folder; from here on the program is the host's user.
    fn folder_of(&mut self, whose: &Whose, folder: &Folder) {
        let Folder(path) = folder;
        match (whose, privileges::owner_of(path)) {
            (Whose::Other(user), Ok(Some(owner))) if owner.uid != user.uid => {
                self.fault(format!(
                    "the data folder: {}",
                    FolderFault::Foreign {
                        path: path.clone(),
                        folder: path.clone(),
                        owner: owner.name,
                        user: user.name.clone(),
                    }
                ));
            }
            (_, Err(fault)) => self.fault(fault),
            (Whose::Starter, Ok(_)) => {
                let there = path.ancestors().find(|path| path.exists()).unwrap_or(Path::new("/"));
                let writes = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
                if let Err(error) = rustix::fs::access(there, writes) {
                    let (path, user) = (path.display(), User::current().name);
                    let there = there.display();
                    self.fault(format!(
                        "the data folder: {user} cannot write {path} ({there}: {})",
                        std::io::Error::from(error)
                    ));
                }
            }
            (Whose::Other(_) | Whose::Root, Ok(_)) => {}
        }
        if let Whose::Other(user) = whose
            && let Err(fault) = user.become_for_good()
        {
            self.fault(fault);
        }
    }

    /// Whether what the configuration names can be read and used.
    fn files_of(&mut self, config: &Config) {
        let unreadable = rights::unreadable(config);
        let is_known = |setting: &str| {
            unreadable.iter().any(|fault| fault.to_string().starts_with(&format!("{setting}:")))
        };
        if let Err(faults) = Loaded::read(config) {
            for fault in faults.iter().filter(|fault| !is_known(fault.setting())) {
                self.fault(fault);
            }
        }
        unreadable.iter().for_each(|fault| self.fault(fault));
    }

    /// Whether others find the host by its name. It may be behind a router that has it otherwise, so this is no fault.
    fn names_of(&mut self, config: &Config) {
        let own = config.hostname.as_ref().or(config.domain.as_ref());
        if let Some(name) = own.filter(|name| *name != "localhost" && !has_address(name)) {
            self.hints.push(format!(
                "{name} has no address in DNS as this machine sees it: mail programs and other hosts would not find it"
            ));
        }
        if config.acme.directory.is_none() {
            return;
        }
        let others = config.acme.names.iter().filter(|name| Some(*name) != own);
        for name in others.take(NAMES_LOOKED_UP_MAX).filter(|name| !has_address(name)) {
            self.hints.push(format!(
                "acme.names: {name} has no address in DNS as this machine sees it: the authority would give no certificate"
            ));
        }
    }
}

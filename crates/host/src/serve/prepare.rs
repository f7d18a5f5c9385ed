//! What the host does before it has threads: it binds its listeners, becomes its user and gives up what it does not need.

use std::path::PathBuf;

use admin::keep::Folder;
use admin::{AdminFault, socket};
use directory::Domain;
use privileges::{Confined, Whose};
use sync::companion::{Companion, ServeFor};

use super::ServeFault;
use super::loaded::Loaded;
use crate::config::Config;
use crate::listen::Listen;
use crate::listen::bind::{self, Reach, Reserved};
use crate::rights::{self, Asked};
use crate::service::Manager;

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
    /// Listeners that whoever started the program has bound.
    pub inherited: Vec<Reserved>,
    /// Who is told how the host is.
    pub manager: Manager,
}

/// A host that has its listeners and no more rights than it needs.
pub struct Prepared {
    pub(super) folder: Folder,
    pub(super) config: Config,
    pub(super) config_file: Option<PathBuf>,
    pub(super) domain: Option<Domain>,
    pub(super) reserved: Vec<Reserved>,
    pub(super) confined: Confined,
    pub(super) loaded: Loaded,
    pub(super) manager: Manager,
}

impl Start {
    /// Binds, becomes the host's user, and gives up the rest. For a program with one thread.
    pub fn prepare(self) -> Result<Prepared, ServeFault> {
        let Start { folder, config, config_file, run_as, domain, listen, inherited, manager } =
            self;
        if socket::is_running(&folder).map_err(AdminFault::from)? {
            return Err(ServeFault::Running(folder.0));
        }
        let asked = Asked {
            run_as: run_as.as_deref(),
            config: &config,
            config_file: config_file.as_deref(),
        };
        let whose = asked.whose(&folder)?;
        let reach = reach_of(&folder)?;
        let reserved = bind_all(listen, inherited, (&config, reach), Some(&whose))?;
        rights::take_on(&whose, &folder)?;
        let confined = rights::give_up(&config, config_file.as_deref(), &folder)?;
        let loaded = Loaded::read(&config).map_err(ServeFault::Load)?;
        Ok(Prepared { folder, config, config_file, domain, reserved, confined, loaded, manager })
    }
}

/// For whom the host of a data folder is there, where nobody names listeners: a companion's is there for its own machine.
pub(super) fn reach_of(folder: &Folder) -> Result<Reach, ServeFault> {
    let path = folder.companion();
    if !path.exists() {
        return Ok(Reach::Everybody);
    }
    // Who cannot read it is told so: to guess that it is everybody's would open a door.
    let text = machine::files::read_text(&path);
    let text = text.map_err(|error| ServeFault::Companion(path.clone(), error.to_string()))?;
    let companion = Companion::read(&text);
    let companion = companion.map_err(|fault| ServeFault::Companion(path, fault.to_string()))?;
    Ok(match companion.serve {
        ServeFor::ThisMachine => Reach::ThisMachine,
        ServeFor::Everybody => Reach::Everybody,
    })
}

/// Binds the listeners of the command line, else those that are configured, else, if none were given to the program, the
/// usual ones. All that cannot be had are named at once. Unix sockets are given to those who are to connect.
pub(super) fn bind_all(
    listen: Vec<Listen>,
    inherited: Vec<Reserved>,
    (config, reach): (&Config, Reach),
    whose: Option<&Whose>,
) -> Result<Vec<Reserved>, ServeFault> {
    let listen = if listen.is_empty() { config.listeners() } else { listen };
    if listen.is_empty() {
        return match inherited.is_empty() {
            true => bind::usual(reach).map_err(|fault| ServeFault::Bind(vec![fault])),
            false => Ok(inherited),
        };
    }
    let (mut reserved, mut faults) = (Vec::new(), Vec::new());
    for listen in listen.iter().filter(|listen| !inherited.iter().any(|given| given.is(listen))) {
        match bind::all(std::slice::from_ref(listen)) {
            Ok(bound) => reserved.extend(bound),
            Err(fault) => faults.push(fault),
        }
    }
    let access = config.lmtp.socket_access();
    let whose = whose.unwrap_or(&Whose::Starter);
    let mut given = match faults.is_empty() {
        true => Ok(()),
        false => Err(ServeFault::Bind(faults)),
    };
    for path in reserved.iter().filter_map(Reserved::unix_path) {
        given = given.and_then(|()| Ok(rights::give_socket(path, whose, &access)?));
    }
    if let Err(fault) = given {
        remove_sockets(&reserved);
        return Err(fault);
    }
    reserved.extend(inherited);
    Ok(reserved)
}

/// Removes the files of Unix sockets that were made, and on which nobody will listen.
pub(super) fn remove_sockets(reserved: &[Reserved]) {
    for path in reserved.iter().filter_map(Reserved::unix_path) {
        drop(machine::files::remove_if_there(path));
    }
}

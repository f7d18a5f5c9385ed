//! A device in a run: its program, its connections, and what has come to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::modes::Device;
use super::puller::{Puller, Setup};
use crate::cutting::Cutter;
use crate::host::{Host, Listener, address};

pub(super) struct Pulling {
    pub(super) device: Device,
    pub(super) login: String,
    pub(super) cutter: Arc<Cutter>,
    pub(super) puller: Box<dyn Puller>,
    pub(super) pulls: u64,
    /// The pulls of the run that were cut.
    pub(super) cut_pulls: BTreeSet<u64>,
    /// For each message the pulls in which it came.
    pub(super) came: BTreeMap<String, Vec<u64>>,
    /// What the user has deleted here.
    pub(super) discarded: BTreeSet<String>,
    /// Whether a pull was not cut, after one that was.
    pub(super) is_through: bool,
}

impl Pulling {
    pub(super) fn new(host: &Host, device: &Device, person: &str, home: PathBuf) -> Pulling {
        let login = match device.name {
            "" => address(person),
            name => address(&format!("{person}+{name}")),
        };
        let cutter = Arc::new(Cutter::start(host.port(Listener::Pop3)));
        let setup = Setup { cutter: Arc::clone(&cutter), login: login.clone(), home };
        Pulling {
            device: device.clone(),
            login,
            cutter,
            puller: device.puller(setup),
            pulls: 0,
            cut_pulls: BTreeSet::new(),
            came: BTreeMap::new(),
            discarded: BTreeSet::new(),
            is_through: false,
        }
    }
}

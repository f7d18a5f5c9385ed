//! The data folder: the store, the accounts in it and their people.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use directory::People;
use machine::{Descriptors, SlowThreads, SystemClock};
use mailbox::{Accounts, Fault, Policy};
use store::{Options, RealDisk, Store};

use crate::answer::Beside;

/// An open data folder. One process has it at a time.
pub struct Keep {
    /// Where it lies.
    pub folder: Folder,
    /// The engine.
    pub store: Store,
    /// The accounts.
    pub accounts: Accounts,
    /// Their people.
    pub people: Arc<People>,
}

/// Where the parts of a data folder are.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// The store's own folder.
    pub fn store(&self) -> PathBuf {
        self.0.join("store")
    }

    /// The administrator's socket.
    pub fn admin_socket(&self) -> PathBuf {
        self.0.join("admin.sock")
    }

    /// The certificate that was made here.
    pub fn certificate(&self) -> PathBuf {
        self.0.join("tls-certificate.pem")
    }

    /// The key of that certificate.
    pub fn key(&self) -> PathBuf {
        self.0.join("tls-key.pem")
    }

    /// The certificate that an authority gave, and its key, in one file: both are replaced at once.
    pub fn acme_certificate(&self) -> PathBuf {
        self.0.join("acme-certificate.pem")
    }

    /// The accounts at authorities, with their keys.
    pub fn acme_accounts(&self) -> PathBuf {
        self.0.join("acme-accounts.json")
    }

    /// What came of the last order, and when the next one is due.
    pub fn acme_state(&self) -> PathBuf {
        self.0.join("acme-state.json")
    }

    /// The configuration, when it lies here.
    pub fn configuration(&self) -> PathBuf {
        self.0.join("correio.toml")
    }

    /// The accounts at providers; that it is there makes the folder a companion's.
    pub fn companion(&self) -> PathBuf {
        self.0.join("companion.toml")
    }

    /// The receipts of mail that was archived.
    pub fn archives(&self) -> PathBuf {
        self.0.join("archives")
    }

    /// What mail was migrated where.
    pub fn migrations(&self) -> PathBuf {
        self.0.join("migrations")
    }

    /// The messages that are to be sent through providers, a folder for each account.
    pub fn outbox(&self) -> PathBuf {
        self.0.join("outbox")
    }

    /// What the verbs of the companion did and when, and what is known since of what is safe.
    pub fn runs(&self) -> PathBuf {
        self.0.join("runs")
    }

    /// Which verbs a timer of the system starts, and how often.
    pub fn schedule(&self) -> PathBuf {
        self.0.join("schedule.json")
    }

    /// The log of the commands that were given while no host was running.
    pub fn command_log(&self) -> PathBuf {
        self.0.join("commands.log")
    }

    /// What that log was before it became too long.
    pub fn command_log_before(&self) -> PathBuf {
        self.0.join("commands.log.1")
    }

    /// The record of the backup that the folder is.
    pub fn backup_record(&self) -> PathBuf {
        self.0.join("backup.json")
    }

    /// All that a host keeps there, the administrator's configuration among it.
    pub fn parts(&self) -> Vec<PathBuf> {
        let beside = Beside::ALL.map(|beside| beside.in_folder(self));
        let own =
            [self.store(), self.admin_socket(), self.command_log(), self.command_log_before()];
        let own = own.into_iter().chain([self.acme_state()]);
        own.chain(beside).collect()
    }

    /// Whether there is a store.
    pub fn is_used(&self) -> bool {
        self.store().is_dir()
    }
}

impl Keep {
    /// Opens the store of a data folder, and makes one where there is none. Waits for the disk.
    pub fn open(folder: &Folder, policy: Policy) -> Result<Keep, store::OpenError> {
        let disk = disk(&folder.store())?;
        let disk_octets = disk.total_octets();
        let disk_octets = disk_octets.map_err(|error| Fault::caused("asking for room", error))?;
        let open_segments_max = Descriptors::claim().segments;
        let index_cache_octets = index_cache(policy.hot_octets_max);
        let options = Options { open_segments_max, index_cache_octets, ..Options::default() };
        let store = Store::open(disk, options.fitted_to(disk_octets))?;
        let threads = SlowThreads::new()
            .map_err(|error| Fault::caused("threads for long work cannot be made", error))?;
        let (engine, clock) = (Arc::new(store.clone()), Arc::new(SystemClock));
        let accounts = Accounts::on(threads, engine, clock, policy);
        let people = Arc::new(People::new(accounts.clone()));
        Ok(Keep { folder: folder.clone(), store, accounts, people })
    }

    /// Makes all durable and lets go. Waits for the disk.
    pub fn close(&self) -> Result<(), Fault> {
        self.store.close()
    }
}

/// How much of the index is kept in memory: a quarter of what the mailboxes in use may take, so that a host that is told to
/// take little takes little, and no more than is of use.
fn index_cache(hot_octets_max: usize) -> usize {
    (hot_octets_max / 4).clamp(INDEX_CACHE_OCTETS_LEAST, Options::default().index_cache_octets)
}

const INDEX_CACHE_OCTETS_LEAST: usize = 1 << 20;

/// A folder as the store sees it; it is made where there is none.
pub(crate) fn disk(path: &Path) -> Result<Arc<RealDisk>, Fault> {
    real(path).map(Arc::new)
}

/// The same, sharing no file with any other folder.
pub(crate) fn disk_apart(path: &Path) -> Result<Arc<RealDisk>, Fault> {
    Ok(Arc::new(real(path)?.apart()))
}

fn real(path: &Path) -> Result<RealDisk, Fault> {
    RealDisk::new(path).map_err(|error| {
        Fault::caused(format!("the data folder {} cannot be made", path.display()), error)
    })
}

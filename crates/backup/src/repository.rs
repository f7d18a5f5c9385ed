//! A repository, made or opened.

use std::io;
use std::sync::Arc;

use rustic_core::repofile::SnapshotFile;
use rustic_core::{
    ConfigOptions, Credentials, IndexedFullStatus, KeyOptions, OpenStatus, RepositoryBackends,
    RepositoryOptions,
};

use crate::bridge::{Bridge, Trouble};
use crate::checking::digest;
use crate::fault::Fault;
use crate::place::{File, FileKind, Held, Place, Sharing};
use crate::reading::Reading;
use crate::snapshots::Snapshot;
use crate::watch::Watch;

/// A repository that is open.
#[derive(Debug)]
pub struct Repository {
    pub(crate) library: rustic_core::Repository<OpenStatus>,
    pub(crate) place: Arc<dyn Place>,
    pub(crate) trouble: Trouble,
    pub(crate) watch: Watch,
}

impl Repository {
    /// Whether there is a repository.
    pub fn is_there(place: &dyn Place) -> Result<bool, Fault> {
        let listed = place.list(FileKind::Config);
        Ok(!placed(place, "looking for", "config", listed)?.is_empty())
    }

    /// Makes a repository that this password opens. Where there is one already, it is opened.
    pub fn create(
        place: Arc<dyn Place>,
        password: &str,
        watch: Watch,
    ) -> Result<Repository, Fault> {
        placed(&*place, "making", "the folders", place.prepare())?;
        // Of two who make it at once, one does; the other finds it.
        let held = hold(&*place, Sharing::Alone)?;
        if Repository::is_there(&*place)? {
            drop(held);
            return Repository::open(place, password, watch);
        }
        let trouble = Trouble::default();
        let library = library(&place, &trouble, &watch)?.init(
            &Credentials::password(password),
            &KeyOptions::default(),
            &ConfigOptions::default(),
        );
        let library = trouble.instead(library)?;
        Ok(Repository { library, place, trouble, watch })
    }

    /// Opens a repository.
    pub fn open(place: Arc<dyn Place>, password: &str, watch: Watch) -> Result<Repository, Fault> {
        if !Repository::is_there(&*place)? {
            return Err(Fault::Missing(place.location()));
        }
        let trouble = Trouble::default();
        let opened = library(&place, &trouble, &watch)?.open(&Credentials::password(password));
        let library = match (opened, trouble.take()) {
            (Ok(library), None) => library,
            (_, Some(fault)) => return Err(fault),
            (Err(error), None) => {
                damaged_key(&*place)?;
                return Err(match error.is_incorrect_password() {
                    true => Fault::Password(place.location()),
                    // The key fits; so it is the other file that is read here.
                    false if Fault::of(&error).to_string().contains("onfig") => {
                        Fault::Damaged { location: place.location(), file: "config".to_owned() }
                    }
                    false => Fault::of(&error),
                });
            }
        };
        Ok(Repository { library, place, trouble, watch })
    }

    /// Where it lies.
    pub fn location(&self) -> String {
        self.place.location()
    }

    /// Its snapshots, the oldest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, Fault> {
        let files = self.snapshot_files()?;
        Ok(files.into_iter().map(Snapshot::of).collect())
    }

    /// Reads the index, so that files can be read.
    pub fn read_in(&self) -> Result<Reading, Fault> {
        let library = self.indexed()?;
        Ok(Reading { library, trouble: self.trouble.clone() })
    }

    pub(crate) fn snapshot_files(&self) -> Result<Vec<SnapshotFile>, Fault> {
        let mut files = self.trouble.instead(self.library.get_all_snapshots())?;
        files.sort_by(|one, other| (&one.time, one.id).cmp(&(&other.time, other.id)));
        Ok(files)
    }

    pub(crate) fn indexed(&self) -> Result<rustic_core::Repository<IndexedFullStatus>, Fault> {
        self.trouble.instead(self.another(&self.trouble)?.to_indexed())
    }

    /// The same repository once more: reading the index takes one up. The key is known, so that this costs little.
    pub(crate) fn another(
        &self,
        trouble: &Trouble,
    ) -> Result<rustic_core::Repository<OpenStatus>, Fault> {
        let key = Credentials::Masterkey(self.library.key());
        let closed = library(&self.place, trouble, &self.watch)?;
        trouble.instead(closed.open(&key))
    }

    pub(crate) fn hold(&self, sharing: Sharing) -> Result<Held, Fault> {
        hold(&*self.place, sharing)
    }
}

/// What the disk or the network says.
pub(crate) fn placed<T>(
    place: &dyn Place,
    doing: &str,
    file: &str,
    done: io::Result<T>,
) -> Result<T, Fault> {
    let what = || format!("{doing} {file}");
    done.map_err(|cause| Fault::Place { location: place.location(), what: what(), cause })
}

fn hold(place: &dyn Place, sharing: Sharing) -> Result<Held, Fault> {
    match place.hold(sharing) {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
            Err(Fault::Busy(place.location()))
        }
        held => placed(place, "locking", "the repository", held),
    }
}

fn library(
    place: &Arc<dyn Place>,
    trouble: &Trouble,
    watch: &Watch,
) -> Result<rustic_core::Repository<()>, Fault> {
    let bridge = Bridge { place: Arc::clone(place), trouble: trouble.clone() };
    let backends = RepositoryBackends::new(Arc::new(bridge), None);
    let options = RepositoryOptions::default().no_cache(true);
    let library = rustic_core::Repository::new_with_progress(&options, &backends, watch.clone());
    library.map_err(|error| Fault::of(&error))
}

/// A key that is damaged looks like a wrong password: people must not search for the wrong thing.
fn damaged_key(place: &dyn Place) -> Result<(), Fault> {
    let keys = placed(place, "listing", "keys", place.list(FileKind::Key))?;
    for (file, _) in &keys {
        let octets = placed(place, "reading", &file.path(), place.read(file))?;
        if digest(&octets) != file.id {
            let (location, file) = (place.location(), file.path());
            return Err(Fault::Damaged { location, file });
        }
    }
    Ok(())
}

impl From<&Snapshot> for File {
    fn from(snapshot: &Snapshot) -> File {
        File { kind: FileKind::Snapshot, id: snapshot.id.clone() }
    }
}

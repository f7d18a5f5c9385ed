//! Gives the data folder to the user as whom the host works, when root starts it.

use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, lchown};
use std::path::{Path, PathBuf};

use crate::User;

/// What was done to the data folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handed {
    /// It was made.
    Made,
    /// It was the user's already.
    Already,
    /// It was root's: so many files and folders have a new owner.
    FromRoot(u64),
}

/// Why the user cannot have the data folder.
#[derive(Debug, thiserror::Error)]
pub enum FolderFault {
    /// It is somebody else's.
    #[error(
        "{path} belongs to {owner}, and the host is to work as {user}: give it to {user} \
         (`chown -R {user}: {folder}`), or start the host with `--run-as {owner}`"
    )]
    Foreign {
        /// What.
        path: PathBuf,
        /// The data folder.
        folder: PathBuf,
        /// Whose it is.
        owner: String,
        /// Whose it should be.
        user: String,
    },
    /// Others than root can write into a folder of root's: they might have put links there.
    #[error(
        "{0} can be written by others than root, so its files are not given to another user unseen; \
         take that right away (`chmod go-w {0}`), or give it away yourself (`chown -R`)"
    )]
    Writable(PathBuf),
    /// The system refuses.
    #[error("{0}: {1}")]
    System(PathBuf, io::Error),
}

/// Makes sure that the data folder and `parts`, which lie in it, belong to a user. What was root's, as a host that worked
/// as root left it, is given to the user; what is somebody else's is a fault. Only for root.
pub fn hand_over(folder: &Path, parts: &[PathBuf], user: &User) -> Result<Handed, FolderFault> {
    let system = |error| FolderFault::System(folder.to_owned(), error);
    let seen = match std::fs::metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return make(folder, user).map(|()| Handed::Made).map_err(system);
        }
        seen => seen.map_err(system)?,
    };
    let of_root = seen.uid() == 0 && user.uid != 0;
    if of_root && seen.mode() & 0o022 != 0 {
        return Err(FolderFault::Writable(folder.to_owned()));
    }
    let mut all = vec![folder.to_owned()];
    let mut to_look_at: Vec<PathBuf> =
        parts.iter().filter(|part| is_there(part)).cloned().collect();
    while let Some(path) = to_look_at.pop() {
        let failed = |error| FolderFault::System(path.clone(), error);
        let is_folder = std::fs::symlink_metadata(&path).map_err(failed)?.is_dir();
        if is_folder {
            for entry in std::fs::read_dir(&path).map_err(failed)? {
                to_look_at.push(entry.map_err(failed)?.path());
            }
        }
        all.push(path);
    }
    let mut handed = 0_u64;
    for path in all.iter().rev() {
        let failed = |error| FolderFault::System(path.clone(), error);
        let owner = std::fs::symlink_metadata(path).map_err(failed)?.uid();
        if owner == user.uid {
            continue;
        }
        if owner != 0 || !of_root {
            return Err(FolderFault::Foreign {
                path: path.clone(),
                folder: folder.to_owned(),
                owner: name_of(owner),
                user: user.name.clone(),
            });
        }
        lchown(path, Some(user.uid), Some(user.gid)).map_err(failed)?;
        handed = handed.saturating_add(1);
    }
    Ok(if handed == 0 { Handed::Already } else { Handed::FromRoot(handed) })
}

/// Lets an empty folder belong to root while root writes in it, so that its owner cannot lead root elsewhere by links, and
/// says whose it was; `hand_over` gives it back. None if it is root's.
pub fn take_back(folder: &Path) -> Result<Option<User>, FolderFault> {
    let failed = |error| FolderFault::System(folder.to_owned(), error);
    let owner = crate::owner_of(folder).map_err(|error| failed(io::Error::other(error)))?;
    if owner.is_some() {
        let seen = std::fs::symlink_metadata(folder).map_err(failed)?;
        if seen.mode() & 0o022 != 0 {
            return Err(FolderFault::Writable(folder.to_owned()));
        }
        lchown(folder, Some(0), Some(0)).map_err(failed)?;
    }
    Ok(owner)
}

fn make(folder: &Path, user: &User) -> io::Result<()> {
    if let Some(above) = folder.parent() {
        // Those above are root's, and lead the way.
        std::fs::DirBuilder::new().recursive(true).mode(0o755).create(above)?;
    }
    std::fs::DirBuilder::new().mode(0o700).create(folder)?;
    lchown(folder, Some(user.uid), Some(user.gid))
}

fn is_there(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_ok()
}

fn name_of(uid: u32) -> String {
    User::named(&uid.to_string()).map_or_else(|_| uid.to_string(), |user| user.name)
}

/// Whether nobody but root can change a file: it and the folder in which it lies are root's, and others cannot write there.
pub fn only_root_can_change(file: &Path) -> io::Result<bool> {
    let real = file.canonicalize()?;
    for path in [Some(file), Some(&*real)].into_iter().flatten() {
        for path in [Some(path), path.parent()].into_iter().flatten() {
            // A name without a folder lies in the current one.
            let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
            let seen = std::fs::metadata(path)?;
            if seen.uid() != 0 || seen.mode() & 0o022 != 0 {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};

    use super::{FolderFault, Handed, hand_over, only_root_can_change};
    use crate::{User, is_root};

    fn other() -> User {
        User { name: "4711".to_owned(), uid: 4711, gid: 4712 }
    }

    /// Whose something is can be changed by root alone.
    fn as_root() -> bool {
        if !is_root() {
            use std::io::Write as _;
            let strict = std::env::var("CORREIO_NO_SKIP").is_ok_and(|value| value == "1");
            assert!(!strict, "this is not root, and nothing may be skipped (CORREIO_NO_SKIP=1)");
            std::io::stderr().write_all(b"SKIPPED: only root can change an owner\n").unwrap();
        }
        is_root()
    }

    #[test]
    fn what_root_left_is_handed_over_and_nothing_beside_it() {
        if !as_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir_all(path("store/journal")).unwrap();
        fs::write(path("store/journal/1"), "x").unwrap();
        fs::write(path("beside"), "x").unwrap();
        std::os::unix::fs::symlink(path("beside"), path("store/link")).unwrap();
        let parts = [path("store"), path("tls-key.pem")];
        let handed = hand_over(folder.path(), &parts, &other()).unwrap();
        // The folder, the store, its journal with a segment, and the link itself.
        assert_eq!(handed, Handed::FromRoot(5));
        let owner = |name: &str| fs::symlink_metadata(path(name)).unwrap().uid();
        assert_eq!((owner(""), owner("store/journal/1"), owner("store/link")), (4711, 4711, 4711));
        assert_eq!(owner("beside"), 0);
        assert_eq!(hand_over(folder.path(), &parts, &other()).unwrap(), Handed::Already);
    }

    #[test]
    fn what_is_somebody_elses_is_named_with_what_to_do() {
        if !as_root() {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let store = folder.path().join("store");
        fs::create_dir(&store).unwrap();
        chown(folder.path(), Some(4711), None).unwrap();
        // Root's own things in somebody else's folder are not handed over unseen: a link may have brought them there.
        let fault = hand_over(folder.path(), std::slice::from_ref(&store), &other()).unwrap_err();
        let said = fault.to_string();
        assert!(said.contains("belongs to root") && said.contains("chown -R 4711:"), "{said}");
        chown(folder.path(), Some(0), None).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let fault = hand_over(folder.path(), &[store], &other()).unwrap_err();
        assert!(matches!(fault, FolderFault::Writable(_)));
    }

    #[test]
    fn a_folder_that_is_not_there_is_made() {
        if !as_root() {
            return;
        }
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("lib/correio");
        assert_eq!(hand_over(&folder, &[], &other()).unwrap(), Handed::Made);
        let seen = fs::metadata(&folder).unwrap();
        assert_eq!((seen.uid(), seen.gid(), seen.mode() & 0o777), (4711, 4712, 0o700));
    }

    #[test]
    fn a_configuration_that_others_can_change_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("correio.toml");
        fs::write(&file, "").unwrap();
        assert_eq!(only_root_can_change(&file).unwrap(), is_root());
        fs::set_permissions(&file, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(!only_root_can_change(&file).unwrap());
    }
}

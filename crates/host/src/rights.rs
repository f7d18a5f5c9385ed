//! Whose rights the program has, and what of them it keeps: before it has threads, so that all of them have no more.

use std::fs::Permissions;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use admin::answer::RightsRow;
use admin::keep::Folder;
use privileges::{
    ConfineFault, Confined, Enforced, FolderFault, Handed, Reach, User, UserFault, Whose,
};

use crate::config::{Config, PrivilegesSection, SocketAccess};

/// Why the program does not go on.
#[derive(Debug, thiserror::Error)]
pub enum RightsFault {
    /// The user.
    #[error(transparent)]
    User(#[from] UserFault),
    /// The data folder.
    #[error("the data folder: {0}")]
    Folder(#[from] FolderFault),
    /// What is given up.
    #[error(transparent)]
    Confine(#[from] ConfineFault),
    /// A configuration that others can change must not say what root does.
    #[error(
        "{0} says something in [privileges], but others than root can change it: root would do what they want. Let it and its \
         folder belong to root, with no right to write for others (such as /etc/correio/correio.toml, named with --config), \
         or say it on the command line"
    )]
    Untrusted(PathBuf),
    /// A file that the configuration names is not the user's to read.
    #[error(
        "{setting}: {path} cannot be read by {user}, as whom the host works. Let the group of {user} read it (`chgrp`, \
         `chmod g+r`, and `chmod g+x` on its folders); that root can is not enough, since the host reads it again when it \
         is renewed"
    )]
    Unreadable {
        /// The setting that names it.
        setting: &'static str,
        /// The file.
        path: PathBuf,
        /// The user.
        user: String,
    },
    /// A file or folder cannot be reached.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
    /// A user or a group that a setting names is not there.
    #[error("{setting}: there is no {what} {name} on this machine")]
    Nobody {
        /// The setting.
        setting: &'static str,
        /// A user or a group.
        what: &'static str,
        /// Who is named.
        name: String,
    },
    /// A Unix socket cannot be given to those who are named for it.
    #[error(
        "{setting}: {path} cannot be given to {name}: {cause}. Only root, and for a group its members, can do that: start \
         the host as root, make its user a member of the group, or let systemd make the socket (`contrib/systemd`)"
    )]
    Socket {
        /// The setting that names somebody.
        setting: &'static str,
        /// The socket.
        path: PathBuf,
        /// Who is named.
        name: String,
        /// Why.
        cause: std::io::Error,
    },
}

/// What is said of the user: on the command line, and in a configuration.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    /// On the command line.
    pub run_as: Option<&'a str>,
    /// In the configuration.
    pub config: &'a Config,
    /// The file in which that stands.
    pub config_file: Option<&'a Path>,
}

impl Asked<'_> {
    /// As whom to work on a data folder.
    pub fn whose(&self, folder: &Folder) -> Result<Whose, RightsFault> {
        if let (true, Some(file)) = (privileges::is_root(), self.config_file)
            && self.config.privileges != PrivilegesSection::default()
            && !privileges::only_root_can_change(file)
                .map_err(|error| RightsFault::File(file.to_owned(), error))?
        {
            return Err(RightsFault::Untrusted(file.to_owned()));
        }
        let asked = self.run_as.or(self.config.privileges.run_as.as_deref());
        Ok(privileges::whose(asked, &folder.0)?)
    }
}

/// Lets those connect to a Unix socket who are to: it belongs to the user as whom the host works, unless others are named.
pub fn give_socket(path: &Path, whose: &Whose, access: &SocketAccess) -> Result<(), RightsFault> {
    let (mut uid, mut gid) = match whose {
        Whose::Other(user) => (Some(user.uid), Some(user.gid)),
        Whose::Root | Whose::Starter => (None, None),
    };
    let failed = |setting, name: &str, cause| RightsFault::Socket {
        setting,
        path: path.to_owned(),
        name: name.to_owned(),
        cause,
    };
    let file = |error| RightsFault::File(path.to_owned(), error);
    let nobody = |setting, what, name: &str, fault| match fault {
        UserFault::Unknown(_) | UserFault::UnknownGroup(_) => {
            RightsFault::Nobody { setting, what, name: name.to_owned() }
        }
        other @ (UserFault::NoUsual
        | UserFault::NotRoot { .. }
        | UserFault::System(..)
        | UserFault::Refused(..)) => RightsFault::User(other),
    };
    std::os::unix::fs::chown(path, uid, gid).map_err(file)?;
    if let Some(owner) = &access.owner {
        let setting = "lmtp.socket_owner";
        let user = User::named(owner).map_err(|fault| nobody(setting, "user", owner, fault))?;
        uid = Some(user.uid);
        std::os::unix::fs::chown(path, uid, None).map_err(|cause| failed(setting, owner, cause))?;
    }
    if let Some(group) = &access.group {
        let setting = "lmtp.socket_group";
        gid =
            Some(privileges::group(group).map_err(|fault| nobody(setting, "group", group, fault))?);
        std::os::unix::fs::chown(path, None, gid).map_err(|cause| failed(setting, group, cause))?;
    }
    match access.mode {
        Some(mode) => std::fs::set_permissions(path, Permissions::from_mode(mode)).map_err(file),
        None => Ok(()),
    }
}

/// Becomes that user, who gets the data folder. The data folder is there afterwards.
pub fn take_on(whose: &Whose, folder: &Folder) -> Result<(), RightsFault> {
    match whose {
        Whose::Other(user) => {
            let handed = privileges::hand_over(&folder.0, &folder.parts(), user)?;
            if let Handed::FromRoot(files) = handed {
                let (folder, user) = (folder.0.display(), &user.name);
                tracing::info!(%folder, user, files, "the data folder was root's and has a new owner");
            }
            user.become_for_good()?;
        }
        Whose::Root => {
            // Without its capabilities not even root can work on what is somebody else's.
            if folder.0.exists() {
                privileges::hand_over(&folder.0, &folder.parts(), &User::current())?;
            }
            tracing::warn!(
                "the host works as root, as it was told: whoever takes it over has the whole machine"
            );
        }
        Whose::Starter => {}
    }
    machine::files::make_private_folder(&folder.0)
        .map_err(|error| RightsFault::File(folder.0.clone(), error))
}

/// The folders for backups that are not there.
pub fn missing_backup_folders(config: &Config) -> impl Iterator<Item = &PathBuf> {
    config.privileges.backup_folders.iter().filter(|folder| !folder.is_dir())
}

/// The files that the configuration names and that the user may not read. Other troubles are told by whoever reads them.
pub fn unreadable(config: &Config) -> Vec<RightsFault> {
    let mut faults = Vec::new();
    for (setting, file) in config.named_files() {
        let opened = machine::files::open(file);
        if opened.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied) {
            let (path, user) = (file.to_owned(), User::current().name);
            faults.push(RightsFault::Unreadable { setting, path, user });
        }
    }
    faults
}

/// Gives up all that a host with this configuration does not need. The file in which it stands can be read again.
pub fn give_up(
    config: &Config,
    config_file: Option<&Path>,
    folder: &Folder,
) -> Result<Confined, RightsFault> {
    let section = &config.privileges;
    let mut writes = vec![folder.0.clone()];
    for backups in missing_backup_folders(config) {
        tracing::warn!(folder = %backups.display(), "a folder for backups is not there");
    }
    writes.extend(section.backup_folders.iter().cloned());
    if let Some(fault) = unreadable(config).into_iter().next() {
        return Err(fault);
    }
    let named = config.named_files();
    let named = named.into_iter().map(|(_, file)| file).chain(config_file);
    let reads = named.filter_map(|file| std::path::absolute(file).ok());
    let reach = Reach { writes, reads: reads.collect() };
    let confined = privileges::confine(&reach, section.demand())?;
    for (what, enforced) in [("landlock", &confined.landlock), ("seccomp", &confined.seccomp)] {
        if let Enforced::Not(why) = enforced {
            tracing::warn!(what, why, "the host is less confined than it could be");
        }
    }
    let RightsRow { user, landlock, seccomp, .. } = row(&confined);
    tracing::info!(user, landlock, seccomp, "the rights that are not needed are given up");
    Ok(confined)
}

/// What is told of it.
pub fn row(confined: &Confined) -> RightsRow {
    let words = |enforced: &Enforced| match enforced {
        Enforced::Fully => "in force".to_owned(),
        Enforced::Partly => "in force as far as this kernel can".to_owned(),
        Enforced::Not(why) => format!("not in force: {why}"),
    };
    let User { name, uid, .. } = &confined.user;
    RightsRow {
        user: name.clone(),
        root: *uid == 0,
        landlock: words(&confined.landlock),
        seccomp: words(&confined.seccomp),
    }
}

//! Whose rights the program has, and what of them it keeps: before it has threads, so that all of them have no more.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use admin::answer::RightsRow;
use admin::keep::Folder;
use privileges::{
    ConfineFault, Confined, Enforced, FolderFault, Handed, Reach, User, UserFault, Whose,
};

use crate::config::{Config, PrivilegesSection};

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
        "the configuration names {path}, which {user}, as whom the host works, cannot read. Let the group of {user} read it          (`chgrp`, `chmod g+r`, and `chmod g+x` on its folders); that root can is not enough, since the host reads it again          when it is renewed"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The user.
        user: String,
    },
    /// A file or folder cannot be reached.
    #[error("{0}: {1}")]
    File(PathBuf, std::io::Error),
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

/// Becomes that user, who gets the data folder and these Unix sockets. The data folder is there afterwards.
pub fn take_on(whose: &Whose, folder: &Folder, sockets: &[&Path]) -> Result<(), RightsFault> {
    match whose {
        Whose::Other(user) => {
            let handed = privileges::hand_over(&folder.0, &folder.parts(), user)?;
            if let Handed::FromRoot(files) = handed {
                let (folder, user) = (folder.0.display(), &user.name);
                tracing::info!(%folder, user, files, "the data folder was root's and has a new owner");
            }
            for socket in sockets {
                std::os::unix::fs::chown(socket, Some(user.uid), Some(user.gid))
                    .map_err(|error| RightsFault::File((*socket).to_owned(), error))?;
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

/// Gives up all that a host with this configuration does not need.
pub fn give_up(config: &Config, folder: &Folder) -> Result<Confined, RightsFault> {
    let section = &config.privileges;
    let mut writes = vec![folder.0.clone()];
    for backups in &section.backup_folders {
        if !backups.is_dir() {
            tracing::warn!(folder = %backups.display(), "a folder for backups is not there");
        }
        writes.push(backups.clone());
    }
    for file in config.named_files() {
        // Other troubles are told by whoever reads it.
        if machine::files::open(file)
            .is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
        {
            let (path, user) = (file.to_owned(), User::current().name);
            return Err(RightsFault::Unreadable { path, user });
        }
    }
    let reads = config.named_files().into_iter().filter_map(|file| std::path::absolute(file).ok());
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

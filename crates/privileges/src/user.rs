//! The user as whom the program works. Started as root it works as another, unless it is told to stay root.

use std::ffi::CString;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use nix::unistd::{Gid, Uid};

/// The user of a host that is started as root and told nothing else.
pub const USUAL_USER: &str = "correio";

/// A user of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name, or the number where the system knows no name.
    pub name: String,
    /// The number.
    pub uid: u32,
    /// The number of the primary group.
    pub gid: u32,
}

/// As whom the program works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// As the one who started it, who is not root.
    Starter,
    /// As another: it was started by root.
    Other(User),
    /// As root, which was asked for.
    Root,
}

/// Why there is no user to work as.
#[derive(Debug, thiserror::Error)]
pub enum UserFault {
    /// Nobody was named, and the usual one is not there.
    #[error(
        "correio does not work as root, and there is no user {USUAL_USER}. Make it: `useradd --system --no-create-home \
         --shell /usr/sbin/nologin {USUAL_USER}`; or name another user: `--run-as NAME`, or `run_as` in [privileges] of the \
         configuration. `--run-as root` stays root, with all that this risks"
    )]
    NoUsual,
    /// The one who was named is not there.
    #[error(
        "there is no user {0} on this machine. Make it: `useradd --system --no-create-home --shell /usr/sbin/nologin {0}`; \
         or name another: `--run-as NAME`, or `run_as` in [privileges] of the configuration"
    )]
    Unknown(String),
    /// The group that was named is not there.
    #[error("there is no group {0} on this machine")]
    UnknownGroup(String),
    /// Only root can become somebody else.
    #[error(
        "only root can start correio as another user, and this is {now}: start it as root, or as {asked}, or without a user"
    )]
    NotRoot {
        /// Who it is.
        now: String,
        /// Who was named.
        asked: String,
    },
    /// The system cannot say.
    #[error("the system cannot say who {0} is: {1}")]
    System(String, io::Error),
    /// The system refuses.
    #[error("correio cannot become the user {0}: {1}")]
    Refused(String, io::Error),
}

/// Whether root started the program.
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// What the system calls a user; none when it does not know the number.
pub fn user_name(uid: u32) -> Option<String> {
    nix::unistd::User::from_uid(Uid::from_raw(uid)).ok().flatten().map(|user| user.name)
}

/// Says as whom to work: as the one who was asked for; else, for root, as the owner of the data folder when that is somebody
/// else, or as the usual user.
pub fn whose(asked: Option<&str>, data: &Path) -> Result<Whose, UserFault> {
    if !is_root() {
        let now = User::current();
        // The system need not know a name for the number.
        if asked.is_some_and(|asked| asked.parse() == Ok(now.uid)) {
            return Ok(Whose::Starter);
        }
        return match asked.map(User::named).transpose()? {
            Some(asked) if asked.uid != now.uid => {
                Err(UserFault::NotRoot { now: now.name, asked: asked.name })
            }
            Some(_) | None => Ok(Whose::Starter),
        };
    }
    let user = match (asked, owner_of(data)?) {
        (Some(asked), _) => User::named(asked)?,
        (None, Some(owner)) => owner,
        (None, None) => match User::named(USUAL_USER) {
            Err(UserFault::Unknown(_)) => return Err(UserFault::NoUsual),
            other => other?,
        },
    };
    Ok(if user.uid == 0 { Whose::Root } else { Whose::Other(user) })
}

/// Who owns a folder, when it is there and does not belong to root.
pub fn owner_of(folder: &Path) -> Result<Option<User>, UserFault> {
    match std::fs::metadata(folder) {
        Ok(seen) if seen.uid() != 0 => User::numbered(seen.uid(), seen.gid()).map(Some),
        Ok(_) | Err(_) => Ok(None),
    }
}

/// The number of a group, by name or number.
pub fn group(name: &str) -> Result<u32, UserFault> {
    let system = |error| UserFault::System(name.to_owned(), io::Error::from(error));
    match name.parse::<u32>() {
        Ok(gid) => Ok(gid),
        Err(_) => match nix::unistd::Group::from_name(name).map_err(system)? {
            Some(group) => Ok(group.gid.as_raw()),
            None => Err(UserFault::UnknownGroup(name.to_owned())),
        },
    }
}

impl User {
    /// Looks a user up by name or number.
    pub fn named(name: &str) -> Result<User, UserFault> {
        let system = |error| UserFault::System(name.to_owned(), io::Error::from(error));
        let found = match name.parse::<u32>() {
            Ok(uid) => nix::unistd::User::from_uid(Uid::from_raw(uid)).map_err(system)?,
            Err(_) => nix::unistd::User::from_name(name).map_err(system)?,
        };
        found.map(User::of).ok_or_else(|| UserFault::Unknown(name.to_owned()))
    }

    /// Looks a user up by number. One whom the system does not know has the group that is given here.
    fn numbered(uid: u32, gid: u32) -> Result<User, UserFault> {
        match nix::unistd::User::from_uid(Uid::from_raw(uid)) {
            Ok(Some(user)) => Ok(User::of(user)),
            Ok(None) => Ok(User { name: uid.to_string(), uid, gid }),
            Err(error) => Err(UserFault::System(uid.to_string(), error.into())),
        }
    }

    /// Who the program works as now.
    pub fn current() -> User {
        let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
        let (uid, gid) = (uid.as_raw(), gid.as_raw());
        User::numbered(uid, gid).unwrap_or_else(|_| User { name: uid.to_string(), uid, gid })
    }

    fn of(user: nix::unistd::User) -> User {
        User { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }
    }

    /// Becomes this user for good, with the user's groups and no others. Only root can. The capabilities go, too, all but
    /// the bounding set, which `confine` empties.
    pub fn become_for_good(&self) -> Result<(), UserFault> {
        let refused =
            |error: nix::errno::Errno| UserFault::Refused(self.name.clone(), error.into());
        let (uid, gid) = (Uid::from_raw(self.uid), Gid::from_raw(self.gid));
        // While it still may: afterwards nobody could take them out of the bounding set.
        crate::capabilities::empty_bounding_set()
            .map_err(|error| UserFault::Refused(self.name.clone(), error))?;
        match CString::new(self.name.as_str()) {
            // The groups first: without root's rights they could not be given up any more.
            Ok(name) => nix::unistd::initgroups(&name, gid).map_err(refused)?,
            Err(_) => nix::unistd::setgroups(&[gid]).map_err(refused)?,
        }
        nix::unistd::setresgid(gid, gid, gid).map_err(refused)?;
        nix::unistd::setresuid(uid, uid, uid).map_err(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::{User, UserFault, Whose, is_root, whose};

    #[test]
    fn users_are_found_by_name_and_number() {
        let root = User::named("root").unwrap();
        assert_eq!((root.uid, root.gid), (0, 0));
        assert_eq!(User::named("0").unwrap(), root);
        let fault = User::named("nobody-has-this-name").unwrap_err();
        assert!(fault.to_string().contains("useradd --system"), "{fault}");
    }

    #[test]
    fn root_works_as_the_owner_of_the_data_folder_and_others_as_themselves() {
        let folder = tempfile::tempdir().unwrap();
        if !is_root() {
            assert_eq!(whose(None, folder.path()).unwrap(), Whose::Starter);
            let fault = whose(Some("root"), folder.path()).unwrap_err();
            assert!(matches!(fault, UserFault::NotRoot { .. }));
            return;
        }
        assert_eq!(whose(Some("root"), folder.path()).unwrap(), Whose::Root);
        std::os::unix::fs::chown(folder.path(), Some(4711), Some(4712)).unwrap();
        let Whose::Other(user) = whose(None, folder.path()).unwrap() else { unreachable!() };
        assert_eq!((user.uid, user.gid), (4711, 4712));
        // With the owner gone, nobody is left but the usual user.
        std::os::unix::fs::chown(folder.path(), Some(0), Some(0)).unwrap();
        match whose(None, folder.path()) {
            Ok(Whose::Other(user)) => assert_eq!(user.name, super::USUAL_USER),
            other => assert!(matches!(other, Err(UserFault::NoUsual)), "{other:?}"),
        }
    }
}

//! Which folders the program may reach: landlock. What is not named here cannot be opened, whoever owns it.

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, PathBeneath, PathFd, Ruleset,
    RulesetAttr as _, RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, make_bitflags,
};

/// The folders and files that the program needs.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Folders in which it reads and writes.
    pub writes: Vec<PathBuf>,
    /// Files that are named in the configuration: it may read what lies in their folders, since files are often replaced
    /// by new ones of the same name.
    pub reads: Vec<PathBuf>,
}

/// Whether something is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Enforced {
    /// All of it.
    Fully,
    /// As far as the kernel can.
    Partly,
    /// Not at all; says why.
    Not(String),
}

/// What the system's own parts read: name resolution with its modules, time zones, how many processors there are.
const SYSTEM: [&str; 16] = [
    "/etc",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/var/run/nscd",
    "/dev/urandom",
    "/dev/null",
    "/proc/self",
    "/proc/sys/vm/overcommit_memory",
    "/sys/fs/cgroup",
    "/sys/devices/system",
];

/// The newest interface that was tried with this program. Older kernels do what they can.
const INTERFACE: ABI = ABI::V6;

/// Lets nothing else be opened from here on, lets no other port be bound, and reaches no other program by signal or by
/// abstract socket. For the calling thread and those that it starts.
pub(crate) fn restrict(reach: &Reach) -> Enforced {
    match ruleset(reach) {
        Ok(RulesetStatus::FullyEnforced) => Enforced::Fully,
        Ok(RulesetStatus::PartiallyEnforced) => Enforced::Partly,
        Ok(RulesetStatus::NotEnforced) => {
            Enforced::Not("this kernel has no landlock, or it is switched off".to_owned())
        }
        Err(error) => Enforced::Not(format!("landlock refuses: {error}")),
    }
}

fn ruleset(reach: &Reach) -> Result<RulesetStatus, RulesetError> {
    let reading = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    // No devices, no links that lead elsewhere, and no programs to start.
    let writing = make_bitflags!(AccessFs::{
        ReadFile | ReadDir | WriteFile | Truncate | RemoveFile | RemoveDir | MakeReg | MakeDir | MakeSock | Refer
    });
    let mut rules = Ruleset::default()
        .handle_access(AccessFs::from_all(INTERFACE))?
        .handle_access(AccessNet::BindTcp)?
        .scope(Scope::AbstractUnixSocket | Scope::Signal)?
        .create()?;
    let named = reach.reads.iter().flat_map(|file| folders_of(file));
    let resolver = folders_of(Path::new("/etc/resolv.conf"));
    let system = SYSTEM.iter().map(PathBuf::from);
    for (path, access) in (system.chain(named).chain(resolver).map(|path| (path, reading)))
        .chain(reach.writes.iter().map(|path| (path.clone(), writing)))
    {
        // What is not there needs no leave; a file in the place of a folder can only be read.
        let Ok(open) = PathFd::new(&path) else { continue };
        let access = if path.is_dir() { access } else { access & file_rights() };
        rules = rules.add_rule(PathBeneath::new(open, access))?;
    }
    Ok(rules.restrict_self()?.ruleset)
}

fn file_rights() -> BitFlags<AccessFs> {
    AccessFs::ReadFile.into()
}

/// The folder that a file is named in, and the one in which it really lies.
fn folders_of(file: &Path) -> Vec<PathBuf> {
    let real = file.canonicalize().ok();
    let paths = [Some(file), real.as_deref()];
    paths.into_iter().flatten().filter_map(Path::parent).map(Path::to_owned).collect()
}

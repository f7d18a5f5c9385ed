//! Gives up what is not needed any more, and says what is in force.

use std::io;

use crate::paths::{Enforced, Reach};
use crate::{User, calls, capabilities, paths};

/// How much of it must be in force.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Demand {
    /// As much as the kernel can.
    #[default]
    Possible,
    /// Landlock and seccomp, or the program does not go on.
    Required,
    /// Neither landlock nor seccomp: capabilities and privileges are given up all the same.
    Off,
}

/// What is in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confined {
    /// As whom the program works.
    pub user: User,
    /// Whether it can reach only some folders.
    pub landlock: Enforced,
    /// Whether it can make only some system calls.
    pub seccomp: Enforced,
}

/// Why the program does not go on.
#[derive(Debug, thiserror::Error)]
pub enum ConfineFault {
    /// What was demanded is not in force.
    #[error(
        "`confinement = \"required\"` in [privileges] cannot be kept: {0}; with \"possible\" the host goes on without"
    )]
    NotEnforced(String),
    /// The system refuses.
    #[error("correio cannot {0}: {1}")]
    System(&'static str, io::Error),
    /// Threads that are there already would keep what is given up here.
    #[error(
        "correio has {0} threads already, which would keep all rights; this is a fault of the program"
    )]
    Threads(usize),
}

/// Gives up all capabilities, and for good the gaining of any; then folders and system calls. For a program with one thread.
pub fn confine(reach: &Reach, demand: Demand) -> Result<Confined, ConfineFault> {
    match std::fs::read_dir("/proc/self/task").map(Iterator::count) {
        // Without /proc nobody can say.
        Ok(0 | 1) | Err(_) => confine_thread(reach, demand),
        Ok(threads) => Err(ConfineFault::Threads(threads)),
    }
}

/// The same for the calling thread alone.
fn confine_thread(reach: &Reach, demand: Demand) -> Result<Confined, ConfineFault> {
    let system = |what| move |error: rustix::io::Errno| ConfineFault::System(what, error.into());
    capabilities::give_up_all()
        .map_err(|error| ConfineFault::System("give up its capabilities", error))?;
    rustix::thread::set_no_new_privs(true).map_err(system("give up the gaining of privileges"))?;
    let off = || Enforced::Not("switched off in [privileges]".to_owned());
    let (landlock, seccomp) = match demand {
        Demand::Off => (off(), off()),
        // Landlock first: its calls are not among those that are allowed afterwards.
        Demand::Possible | Demand::Required => (paths::restrict(reach), calls::restrict()),
    };
    let confined = Confined { user: User::current(), landlock, seccomp };
    confined.check(demand)?;
    Ok(confined)
}

impl Confined {
    fn check(&self, demand: Demand) -> Result<(), ConfineFault> {
        for part in [&self.landlock, &self.seccomp] {
            if let (Demand::Required, Enforced::Not(why)) = (demand, part) {
                return Err(ConfineFault::NotEnforced(why.clone()));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::{self, ErrorKind};
    use std::net::{TcpListener, TcpStream};
    use std::path::Path;

    use super::{ConfineFault, Confined, Demand, confine_thread};
    use crate::paths::{Enforced, Reach};
    use crate::user::User;

    /// Does something on a thread of its own that is confined: the other tests must not be.
    fn confined<T: Send + 'static>(
        reach: Reach,
        what: impl FnOnce(Confined) -> T + Send + 'static,
    ) -> T {
        std::thread::spawn(move || what(confine_thread(&reach, Demand::Required).unwrap()))
            .join()
            .unwrap()
    }

    fn refused<T>(result: io::Result<T>) -> bool {
        result.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
    }

    #[test]
    fn nothing_outside_is_opened_and_everything_inside_is() {
        let (ours, theirs) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(theirs.path().join("secret"), "x").unwrap();
        fs::create_dir(ours.path().join("named")).unwrap();
        fs::write(ours.path().join("named/key.pem"), "x").unwrap();
        let data = ours.path().join("data");
        fs::create_dir(&data).unwrap();
        let reach =
            Reach { writes: vec![data.clone()], reads: vec![ours.path().join("named/key.pem")] };
        let (ours, theirs) = (ours.path().to_owned(), theirs);
        let now = confined(reach, move |now| {
            assert!(refused(fs::read(theirs.path().join("secret"))));
            assert!(refused(fs::write(theirs.path().join("new"), "x")));
            assert!(refused(fs::remove_file(theirs.path().join("secret"))));
            assert!(refused(fs::write(ours.join("named/key.pem"), "y")));
            assert!(refused(fs::write(ours.join("beside"), "y")));
            assert!(refused(std::os::unix::fs::symlink("/etc/shadow", data.join("link"))));
            // What is needed: a replaced certificate, a second name in another folder, name resolution.
            assert_eq!(fs::read_to_string(ours.join("named/key.pem")).unwrap(), "x");
            fs::create_dir(data.join("aside")).unwrap();
            fs::write(data.join("segment"), "x").unwrap();
            fs::hard_link(data.join("segment"), data.join("aside/segment")).unwrap();
            fs::rename(data.join("segment"), data.join("renamed")).unwrap();
            fs::remove_file(data.join("renamed")).unwrap();
            fs::read("/etc/hosts").unwrap();
            fs::read("/proc/self/status").unwrap();
            drop(fs::File::open("/dev/urandom").unwrap());
            now
        });
        assert_eq!(now.user, User::current());
        assert_eq!(now.seccomp, Enforced::Fully);
    }

    #[test]
    fn other_system_calls_fail_and_do_not_end_the_program() {
        confined(Reach::default(), |_| {
            assert!(refused(std::process::Command::new("/bin/true").status()));
            assert!(refused(std::os::unix::fs::chroot("/")));
            assert!(refused(std::os::unix::fs::chown("/tmp", None, Some(1))));
            let raw = rustix::net::socket(
                rustix::net::AddressFamily::PACKET,
                rustix::net::SocketType::RAW,
                None,
            );
            assert_eq!(raw.unwrap_err(), rustix::io::Errno::PERM);
            assert!(refused(
                rustix::process::kill_process(
                    rustix::process::getpid(),
                    rustix::process::Signal::USR1,
                )
                .map_err(io::Error::from)
            ));
        });
    }

    #[test]
    fn threads_and_connections_go_on_but_no_port_is_bound() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        confined(Reach::default(), move |_| {
            let client = std::thread::spawn(move || TcpStream::connect(address).unwrap());
            let (_accepted, _) = listener.accept().unwrap();
            let _connected = client.join().unwrap();
            assert!(refused(TcpListener::bind("127.0.0.1:0")));
            // A thread of ours has what we have.
            let there = std::thread::spawn(|| refused(fs::read_dir("/root"))).join().unwrap();
            assert!(there);
        });
    }

    #[test]
    fn all_capabilities_go_and_none_can_come_back() {
        confined(Reach::default(), |_| {
            let status = fs::read_to_string("/proc/thread-self/status")
                .or_else(|_| fs::read_to_string(thread_status()))
                .unwrap();
            let value = |name: &str| {
                let line = status.lines().find(|line| line.starts_with(name)).unwrap();
                line.split_whitespace().nth(1).unwrap().to_owned()
            };
            for set in ["CapInh:", "CapPrm:", "CapEff:", "CapAmb:"] {
                assert_eq!(value(set), "0000000000000000", "{set}");
            }
            if crate::is_root() {
                assert_eq!(value("CapBnd:"), "0000000000000000");
            }
            assert_eq!((value("NoNewPrivs:"), value("Seccomp:")), ("1".into(), "2".into()));
        });
    }

    fn thread_status() -> String {
        format!("/proc/self/task/{}/status", rustix::thread::gettid().as_raw_nonzero())
    }

    #[test]
    fn what_is_required_and_not_in_force_is_a_fault_with_the_reason() {
        let not = |why: &str| Enforced::Not(why.to_owned());
        let user = User::current();
        let without =
            Confined { user, landlock: not("no landlock here"), seccomp: Enforced::Fully };
        without.check(Demand::Possible).unwrap();
        without.check(Demand::Off).unwrap();
        let Err(ConfineFault::NotEnforced(why)) = without.check(Demand::Required) else {
            unreachable!()
        };
        assert_eq!(why, "no landlock here");
        let partly = Confined { landlock: Enforced::Partly, ..without };
        partly.check(Demand::Required).unwrap();
    }

    #[test]
    fn the_paths_of_a_link_are_known_on_both_sides() {
        // As certificates of ACME clients lie: a link into an archive.
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("live")).unwrap();
        fs::create_dir(path("archive")).unwrap();
        fs::write(path("archive/key1.pem"), "1").unwrap();
        fs::write(path("archive/key2.pem"), "2").unwrap();
        std::os::unix::fs::symlink(path("archive/key1.pem"), path("live/key.pem")).unwrap();
        let reach = Reach { writes: Vec::new(), reads: vec![path("live/key.pem")] };
        let live = path("live/key.pem");
        let renewed = path("archive/key2.pem");
        confined(reach, move |_| {
            assert_eq!(read(&live), "1");
            assert_eq!(read(&renewed), "2");
        });
    }

    fn read(path: &Path) -> String {
        fs::read_to_string(path).unwrap()
    }
}

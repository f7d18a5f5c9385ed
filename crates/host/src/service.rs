//! What a service manager such as systemd gives the program, and how it is told how the program is: ready, stopping, alive
//! (sd_notify(3)), and a line of status for `systemctl status`.

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The one who started the program, if that one wants to hear of it.
#[derive(Debug, Default)]
pub struct Manager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl Manager {
    /// The one whom the environment names. Connects at once, since later the program may not reach it any more.
    #[expect(clippy::disallowed_methods, reason = "the environment names the manager")]
    pub fn of_environment() -> Manager {
        let text = |name| std::env::var(name).ok();
        let watchdog = watchdog(text("WATCHDOG_USEC"), text("WATCHDOG_PID"), std::process::id());
        let named = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty());
        Manager { socket: named.and_then(connect), watchdog }
    }

    /// It serves from now on.
    pub fn ready(&self, status: &str) {
        self.tell(&format!("READY=1\nSTATUS={}", one_line(status)));
    }

    /// It reads its settings again; `ready` says that this is over. The moment is what newer managers tell two reloads apart by.
    pub fn reloading(&self) {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
        let microseconds =
            now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec.div_euclid(1_000));
        self.tell(&format!(
            "RELOADING=1\nMONOTONIC_USEC={microseconds}\nSTATUS=reading settings again"
        ));
    }

    /// It is about to end.
    pub fn stopping(&self) {
        self.tell("STOPPING=1\nSTATUS=stopping: sessions finish what they are doing");
    }

    /// What it is doing.
    pub fn status(&self, status: &str) {
        self.tell(&format!("STATUS={}", one_line(status)));
    }

    /// It is alive, and this is how it is.
    pub fn alive(&self, status: &str) {
        self.tell(&format!("WATCHDOG=1\nSTATUS={}", one_line(status)));
    }

    /// How often it is to be told that the program is alive: twice in the time after which it would be started anew. Whoever
    /// wants no watchdog but listens hears of the status once a minute.
    pub fn alive_every(&self) -> Option<Duration> {
        self.socket.as_ref()?;
        Some(self.watchdog.map_or(Duration::from_secs(60), |watchdog| watchdog.div_f32(2.0)))
    }

    fn tell(&self, state: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(state.as_bytes())
        {
            tracing::debug!(%error, "the service manager does not listen");
        }
    }
}

fn one_line(status: &str) -> String {
    status.replace(['\n', '\r'], " ")
}

/// How long the program may be silent, if this is meant for this process.
fn watchdog(microseconds: Option<String>, pid: Option<String>, own: u32) -> Option<Duration> {
    if pid.is_some_and(|pid| pid.parse() != Ok(own)) {
        return None;
    }
    let microseconds: u64 = microseconds?.parse().ok()?;
    (microseconds > 0).then(|| Duration::from_micros(microseconds))
}

fn connect(name: OsString) -> Option<UnixDatagram> {
    let connected = || -> io::Result<UnixDatagram> {
        let address = match name.as_bytes().strip_prefix(b"@") {
            Some(name) => SocketAddr::from_abstract_name(name)?,
            None => SocketAddr::from_pathname(&name)?,
        };
        let socket = UnixDatagram::unbound()?;
        socket.connect_addr(&address)?;
        // A manager that does not read must not hold up the host.
        socket.set_nonblocking(true)?;
        Ok(socket)
    };
    match connected() {
        Ok(socket) => Some(socket),
        Err(error) => {
            tracing::warn!(%error, "the service manager cannot be told how the host is");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;

    use super::{Manager, connect, watchdog};

    fn heard(socket: &UnixDatagram) -> String {
        let mut octets = [0; 256];
        let length = socket.recv(&mut octets).unwrap();
        String::from_utf8(octets[..length].to_vec()).unwrap()
    }

    #[test]
    fn the_manager_hears_each_step_in_a_message_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let ear = UnixDatagram::bind(&path).unwrap();
        let manager = Manager { socket: connect(path.into_os_string()), watchdog: None };
        manager.status("opening\nthe store");
        assert_eq!(heard(&ear), "STATUS=opening the store");
        manager.ready("1 listener");
        assert_eq!(heard(&ear), "READY=1\nSTATUS=1 listener");
        manager.reloading();
        let said = heard(&ear);
        assert!(said.starts_with("RELOADING=1\nMONOTONIC_USEC="), "{said}");
        manager.alive("3 connections");
        assert_eq!(heard(&ear), "WATCHDOG=1\nSTATUS=3 connections");
        manager.stopping();
        assert!(heard(&ear).starts_with("STOPPING=1\n"));
        assert_eq!(manager.alive_every(), Some(Duration::from_secs(60)));
    }

    #[test]
    fn the_watchdog_is_fed_twice_as_often_as_it_barks() {
        let text = |text: &str| Some(text.to_owned());
        let whole = watchdog(text("30000000"), text("7"), 7);
        assert_eq!(whole, Some(Duration::from_secs(30)));
        assert_eq!(watchdog(text("30000000"), None, 7), whole);
        assert_eq!(watchdog(text("30000000"), text("8"), 7), None);
        assert_eq!(watchdog(text("0"), None, 7), None);
        assert_eq!(watchdog(None, None, 7), None);
        let (socket, _ear) = UnixDatagram::pair().unwrap();
        let manager = Manager { socket: Some(socket), watchdog: whole };
        assert_eq!(manager.alive_every(), Some(Duration::from_secs(15)));
        assert_eq!(Manager::default().alive_every(), None);
    }

    #[test]
    fn nobody_need_listen() {
        assert!(connect("/nowhere/notify".into()).is_none());
        Manager::default().ready("well");
    }
}

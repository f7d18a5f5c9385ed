//! Other people's POP3 servers, each started by a script of `peers/` in a folder of its own on free ports.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use pop3_suite::{Fill, Options};

use crate::host::{Host, Listener, PASSWORD, address};

/// A server to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the variants are the servers' names")]
pub enum Peer {
    Correio,
    Dovecot,
    Cyrus,
    Courier,
}

/// A peer that runs; killed when dropped.
pub struct Running {
    /// Its name and version.
    pub name: String,
    /// How the suite reaches it.
    pub options: Options,
    _server: Server,
}

enum Server {
    Ours { _host: Box<Host> },
    Theirs(Child),
}

impl Drop for Server {
    fn drop(&mut self) {
        match self {
            Server::Ours { .. } => {}
            Server::Theirs(child) => {
                // Dovecot and Cyrus take their children along when asked; Courier's namespace dies with its first.
                let pid = child.id().to_string();
                drop(Command::new("kill").arg(&pid).status());
                std::thread::sleep(Duration::from_secs(1));
                drop(child.kill());
                drop(child.wait());
            }
        }
    }
}

impl Peer {
    /// All of them, in the order of the table.
    pub const ALL: [Peer; 4] = [Peer::Correio, Peer::Dovecot, Peer::Cyrus, Peer::Courier];

    /// The name, in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Peer::Correio => "correio",
            Peer::Dovecot => "dovecot",
            Peer::Cyrus => "cyrus",
            Peer::Courier => "courier",
        }
    }

    /// Starts it below this folder; `Err` says what is missing.
    pub fn start(self, scratch: &Path) -> Result<Running, String> {
        if self == Peer::Correio {
            let host = Host::start(&["ana"]);
            let fill = Fill::Imap("127.0.0.1".to_owned(), host.port(Listener::Imap));
            let local = Options::local(host.port(Listener::Pop3), &address("ana"), PASSWORD);
            let name = format!("correio {}", env!("CARGO_PKG_VERSION"));
            let server = Server::Ours { _host: Box::new(host) };
            return Ok(Running { name, options: Options { fill, ..local }, _server: server });
        }
        let folder = scratch.join(self.name());
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        let ports = [free_port(), free_port(), free_port(), free_port()];
        let script =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("peers/{}.sh", self.name()));
        let log = folder.join("script.log");
        let output = std::fs::File::create(&log).map_err(|e| format!("{}: {e}", log.display()))?;
        let child = Command::new(&script)
            .arg(&folder)
            .args(ports.map(|port| port.to_string()))
            .stdin(Stdio::null())
            .stdout(output.try_clone().map_err(|e| e.to_string())?)
            .stderr(output)
            .spawn()
            .map_err(|e| format!("{}: {e}", script.display()))?;
        let server = Server::Theirs(child);
        let [pop3, _, imap, _] = ports;
        for port in [pop3, imap] {
            wait_for(port, &log)?;
        }
        let local = Options::local(pop3, "suite", "suite-2026");
        let options = Options { fill: Fill::Imap("127.0.0.1".to_owned(), imap), ..local };
        Ok(Running { name: self.version(), options, _server: server })
    }

    fn version(self) -> String {
        let first_word = |text: String| text.split_whitespace().next().unwrap_or("?").to_owned();
        let changelog = |root: &str, package: &str| {
            let root = PathBuf::from(std::env::var_os(root).unwrap_or_default());
            let file = root.join(format!("usr/share/doc/{package}/changelog.Debian.gz"));
            let text = said("zcat", &[&file.to_string_lossy()]);
            text.split(['(', ')']).nth(1).unwrap_or("?").to_owned()
        };
        match self {
            Peer::Correio => String::new(),
            Peer::Dovecot => format!("Dovecot {}", first_word(said("dovecot", &["--version"]))),
            Peer::Cyrus => format!("Cyrus {}", changelog("CYRUS_ROOT", "cyrus-common")),
            Peer::Courier => format!("Courier {}", changelog("COURIER_ROOT", "courier-base")),
        }
    }
}

fn said(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
}

/// A port that nobody has just now.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|l| l.local_addr()).map_or(0, |a| a.port())
}

fn wait_for(port: u16, log: &Path) -> Result<(), String> {
    let start = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if start.elapsed() > Duration::from_secs(20) {
            let said = std::fs::read_to_string(log).unwrap_or_default();
            return Err(format!("port {port} did not open:\n{said}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

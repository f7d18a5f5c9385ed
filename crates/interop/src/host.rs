//! The real program: starts it on free ports, adds people, and stops it, politely or not.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A listener of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "the variants are the protocols of the command line")]
pub enum Listener {
    Imap,
    Imaps,
    Pop3,
    Pop3s,
    Smtp,
    Submission,
    Submissions,
    Lmtp,
    Http,
    Https,
}

impl Listener {
    /// All of them.
    pub const ALL: [Listener; 10] = [
        Listener::Imap,
        Listener::Imaps,
        Listener::Pop3,
        Listener::Pop3s,
        Listener::Smtp,
        Listener::Submission,
        Listener::Submissions,
        Listener::Lmtp,
        Listener::Http,
        Listener::Https,
    ];

    fn name(self) -> &'static str {
        match self {
            Listener::Imap => "imap",
            Listener::Imaps => "imaps",
            Listener::Pop3 => "pop3",
            Listener::Pop3s => "pop3s",
            Listener::Smtp => "smtp",
            Listener::Submission => "submission",
            Listener::Submissions => "submissions",
            Listener::Lmtp => "lmtp",
            Listener::Http => "http",
            Listener::Https => "https",
        }
    }
}

/// The password of everybody.
pub const PASSWORD: &str = "Cavalo-marinho 7";
/// The domain of everybody.
pub const DOMAIN: &str = "example.org";

/// A running host. Killed when dropped.
pub struct Host {
    child: Child,
    ports: BTreeMap<Listener, u16>,
    folder: Folder,
    /// How long it took from the start to `ready`.
    pub opened_in: Duration,
    output: Receiver<String>,
}

enum Folder {
    Ours(TempDir),
    Theirs(PathBuf),
}

/// Where the program is: `CORREIO_BIN`, or what cargo has built last in the profile of this crate.
pub fn binary() -> PathBuf {
    if let Some(path) = std::env::var_os("CORREIO_BIN") {
        return path.into();
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(top.join("target"), PathBuf::from);
    let (folder, option) =
        if cfg!(debug_assertions) { ("debug", "") } else { ("release", " --release") };
    let path = target.join(folder).join("correio");
    assert!(
        path.exists(),
        "{} is missing; run: cargo build --package correio{option}",
        path.display()
    );
    path
}

/// The variable that says as whom a host works.
pub const RUN_AS: &str = "CORREIO_RUN_AS";

/// The number of the user who runs the tests: hosts work as that one, also when it is root.
pub fn starter() -> String {
    std::os::unix::fs::MetadataExt::uid(&std::fs::metadata("/proc/self").unwrap()).to_string()
}

impl Host {
    /// Starts a host with nothing in it and a listener for each protocol, and adds these people.
    pub fn start(people: &[&str]) -> Host {
        let folder = tempfile::Builder::new().prefix("correio-").tempdir().unwrap();
        let path = folder.path().join("data");
        let mut host = Host::try_start(&path).unwrap_or_else(|said| panic!("no start: {said}"));
        host.folder = Folder::Ours(folder);
        people.iter().for_each(|person| host.add(person));
        host
    }

    /// The same, with a configuration.
    pub fn start_configured(config: &str, people: &[&str]) -> Host {
        let folder = tempfile::Builder::new().prefix("correio-").tempdir().unwrap();
        let path = folder.path().join("correio.toml");
        std::fs::write(&path, config).unwrap();
        let mut host = Host::spawn_configured(&folder.path().join("data"), Some(&path));
        host.wait_until_ready().unwrap_or_else(|said| panic!("no start: {said}"));
        host.folder = Folder::Ours(folder);
        people.iter().for_each(|person| host.add(person));
        host
    }

    /// Starts a host that may have so many files open, and adds these people.
    pub fn start_with_open_files(open_files: u32, people: &[&str]) -> Host {
        let folder = tempfile::Builder::new().prefix("correio-").tempdir().unwrap();
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("ulimit -n {open_files}; exec \"$0\" \"$@\"")).arg(binary());
        let mut host = Host::spawn_by(command, &folder.path().join("data"), None);
        host.wait_until_ready().unwrap_or_else(|said| panic!("no start: {said}"));
        host.folder = Folder::Ours(folder);
        people.iter().for_each(|person| host.add(person));
        host
    }

    /// Starts a host on a data folder.
    pub fn start_in(data: &Path) -> Host {
        Host::try_start(data).unwrap_or_else(|said| panic!("no start: {said}"))
    }

    /// Starts a host on a data folder; gives what it said when it does not come up.
    pub fn try_start(data: &Path) -> Result<Host, String> {
        let mut host = Host::spawn(data);
        host.wait_until_ready()?;
        Ok(host)
    }

    /// Starts a host and does not wait for it.
    pub fn spawn(data: &Path) -> Host {
        Host::spawn_configured(data, None)
    }

    fn spawn_configured(data: &Path, config: Option<&Path>) -> Host {
        Host::spawn_by(Command::new(binary()), data, config)
    }

    /// Starts a host by a command whose program is the host's, or leads to it.
    pub fn start_by(command: Command, data: &Path, config: Option<&Path>) -> Result<Host, String> {
        let mut host = Host::spawn_by(command, data, config);
        host.wait_until_ready()?;
        Ok(host)
    }

    fn spawn_by(mut command: Command, data: &Path, config: Option<&Path>) -> Host {
        command.arg("serve").arg("--data").arg(data).args(["--domain", DOMAIN]);
        if let Some(config) = config {
            command.arg("--config").arg(config);
        }
        for listener in Listener::ALL {
            command.arg("--listen").arg(format!("{}=127.0.0.1:0", listener.name()));
        }
        if !command.get_envs().any(|(name, _)| name == RUN_AS) {
            command.env(RUN_AS, starter());
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", binary().display()));
        let (sender, output) = channel();
        for stream in [
            Box::new(child.stdout.take().unwrap()) as Box<dyn std::io::Read + Send>,
            Box::new(child.stderr.take().unwrap()),
        ] {
            let sender = sender.clone();
            // Read to its end, or the host would wait for us with a full pipe.
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    drop(sender.send(line));
                }
            });
        }
        Host {
            child,
            ports: BTreeMap::new(),
            folder: Folder::Theirs(data.to_path_buf()),
            opened_in: Duration::ZERO,
            output,
        }
    }

    fn wait_until_ready(&mut self) -> Result<(), String> {
        let start = Instant::now();
        let mut said = String::new();
        loop {
            let left = Duration::from_secs(60).saturating_sub(start.elapsed());
            let Ok(line) = self.output.recv_timeout(left) else {
                return Err(if left.is_zero() {
                    format!("not ready in 60 s:\n{said}")
                } else {
                    said
                });
            };
            // "imap listening on 127.0.0.1:40001"
            if let Some((name, address)) = line.trim().split_once(" listening on ")
                && let Some(listener) = Listener::ALL.into_iter().find(|l| l.name() == name)
                && let Some(port) = address.rsplit(':').next().and_then(|p| p.trim().parse().ok())
            {
                self.ports.insert(listener, port);
            }
            if line.trim() == "ready" {
                self.opened_in = start.elapsed();
                return Ok(());
            }
            said.push_str(&line);
            said.push('\n');
        }
    }

    /// Adds somebody.
    pub fn add(&self, name: &str) {
        let outcome = self.command(&["user", "add", &address(name)], PASSWORD);
        assert!(outcome.0, "user add {name}: {}", outcome.1);
    }

    /// Runs another command of the program on the same data; gives whether it succeeded, and what it said.
    pub fn command(&self, words: &[&str], input: &str) -> (bool, String) {
        let mut child = Command::new(binary())
            .args(words)
            .arg("--data")
            .arg(self.data())
            .env(RUN_AS, starter())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdin.take().unwrap().write_all(format!("{input}\n").as_bytes()));
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8_lossy(&said).into_owned())
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        match &self.folder {
            Folder::Ours(folder) => folder.path().join("data"),
            Folder::Theirs(path) => path.clone(),
        }
    }

    /// The port of a listener.
    pub fn port(&self, listener: Listener) -> u16 {
        *self.ports.get(&listener).unwrap_or_else(|| panic!("{} has no port", listener.name()))
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A line of `/proc/PID/status`, in KiB.
    pub fn memory_kib(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with(field)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Forgets the peak of its memory (`VmHWM`), and gives what it holds now, in KiB.
    pub fn forget_peak_kib(&self) -> u64 {
        std::fs::write(format!("/proc/{}/clear_refs", self.pid()), "5").unwrap();
        self.memory_kib("VmHWM")
    }

    /// Kills it as a power cut would: without a word.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end; gives how it ended and how long that took.
    pub fn terminate(mut self) -> (std::process::ExitStatus, Duration) {
        let start = Instant::now();
        let pid = self.pid().to_string();
        Command::new("kill").args(["-TERM", &pid]).status().unwrap();
        (self.child.wait().unwrap(), start.elapsed())
    }

    /// What it has said since it was ready.
    pub fn said(&self) -> String {
        self.output.try_iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
        if std::thread::panicking() {
            println!("---- what the host said\n{}", self.said());
        }
    }
}

/// The address of a person.
pub fn address(name: &str) -> String {
    format!("{name}@{DOMAIN}")
}

//! systemd: its own programs find nothing wrong with our units, and hand the host a socket under which its least rights hold.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use interop::host::{RUN_AS, binary, starter};
use interop::program::need;

fn units() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("contrib/systemd")
}

#[test]
fn systemd_finds_nothing_wrong_with_the_units() {
    let Some(analyze) = need("systemd-analyze") else { return };
    let folder = tempfile::tempdir().unwrap();
    for unit in ["correio.service", "correio.socket"] {
        let text = fs::read_to_string(units().join(unit)).unwrap();
        // Whether the program is there is asked, too.
        let program = binary();
        let text = text.replace("/usr/bin/correio ", &format!("{} ", program.display()));
        fs::write(folder.path().join(unit), text).unwrap();
    }
    for unit in ["correio.service", "correio.socket"] {
        let path = folder.path().join(unit);
        let verified =
            Command::new(&analyze).args(["verify", "--man=no"]).arg(&path).output().unwrap();
        let said = String::from_utf8_lossy(&verified.stderr).into_owned();
        assert!(verified.status.success() && !said.contains("correio"), "{unit}: {said}");
    }
}

/// A process that is killed in the end.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_socket_of_systemd_is_served_with_the_least_rights() {
    let Some(activate) = need("systemd-socket-activate") else { return };
    let folder = tempfile::Builder::new().prefix("correio-").tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let (lmtp, notify) = (folder.path().join("lmtp"), folder.path().join("notify"));
    let ear = UnixDatagram::bind(&notify).unwrap();
    ear.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    fs::set_permissions(&notify, fs::Permissions::from_mode(0o777)).unwrap();
    let user = if starter() == "0" { "nobody".to_owned() } else { starter() };
    let mut command = Command::new(activate);
    command.arg("--listen").arg(&lmtp).arg("--fdname=lmtp");
    command.arg(format!("--setenv={RUN_AS}={user}"));
    command.arg(format!("--setenv=NOTIFY_SOCKET={}", notify.display()));
    command.arg(binary()).args(["serve", "--domain", "example.org", "--data"]);
    command.arg(folder.path().join("data"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let process = Killed(command.spawn().unwrap());
    let deadline = Instant::now().checked_add(Duration::from_secs(30)).unwrap();
    let stream = loop {
        match UnixStream::connect(&lmtp) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < deadline, "{error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut greeting = String::new();
    BufReader::new(stream).read_line(&mut greeting).unwrap();
    assert!(greeting.starts_with("220 "), "{greeting}");
    let mut octets = [0; 512];
    let mut hear = || {
        let length = ear.recv(&mut octets).unwrap();
        String::from_utf8_lossy(octets.get(..length).unwrap()).into_owned()
    };
    assert!(hear().starts_with("STATUS=opening"));
    assert!(hear().starts_with("READY=1\n"));
    // The process of the activation became the host.
    let status = fs::read_to_string(format!("/proc/{}/status", process.0.id())).unwrap();
    let line = |name: &str| status.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("CapEff:").ends_with("0000000000000000"), "{status}");
    assert!(line("NoNewPrivs:").ends_with('1'), "{status}");
    assert!(line("Seccomp:").ends_with('2'), "{status}");
    if starter() == "0" {
        assert!(!line("Uid:").contains("\t0"), "{status}");
    }
    let pid = process.0.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(hear().starts_with("STOPPING=1\n"));
}

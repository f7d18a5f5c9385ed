//! What a service manager does: it gives the host sockets (sd_listen_fds(3)), and is told how the host is (sd_notify(3)).

use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::time::Duration;

use crate::program::Program;

fn hear(ear: &UnixDatagram) -> String {
    let mut octets = [0; 512];
    let length = ear.recv(&mut octets).unwrap();
    String::from_utf8(octets[..length].to_vec()).unwrap()
}

#[test]
fn the_manager_is_told_how_the_host_is_from_its_start_to_its_end() {
    let program = Program::new();
    let path = program.path("notify");
    let ear = UnixDatagram::bind(&path).unwrap();
    ear.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let mut host = program.serve_by("exec \"$@\"", &["--listen", "imap=127.0.0.1:0"], |command| {
        command.env("NOTIFY_SOCKET", &path).env("WATCHDOG_USEC", "200000");
    });
    assert_eq!(hear(&ear), "STATUS=opening the mail store");
    assert_eq!(hear(&ear), "READY=1\nSTATUS=serving, 0 connections open");
    assert_eq!(hear(&ear), "WATCHDOG=1\nSTATUS=serving, 0 connections open");
    assert_eq!(hear(&ear), "WATCHDOG=1\nSTATUS=serving, 0 connections open");
    host.hang_up();
    let told = |begin: &str| {
        let said =
            std::iter::from_fn(|| Some(hear(&ear))).find(|said| !said.starts_with("WATCHDOG=1"));
        assert!(said.as_ref().is_some_and(|said| said.starts_with(begin)), "{begin}: {said:?}");
    };
    told("RELOADING=1\nMONOTONIC_USEC=");
    told("READY=1\n");
    assert_eq!(host.stop(), Some(0));
    told("STOPPING=1\n");
}

fn greeting(stream: impl std::io::Read) -> String {
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).unwrap();
    line
}

#[test]
fn listeners_that_are_given_are_served_and_stay_open_over_a_restart() {
    let program = Program::new();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let path = program.path("lmtp");
    let unix = UnixListener::bind(&path).unwrap();
    let script = "exec 3<&0 4<&2 </dev/null 2>/dev/null; LISTEN_FDS=2 LISTEN_PID=$$ LISTEN_FDNAMES=imap:correio.socket exec \"$@\"";
    let serve = || {
        program.serve_by(script, &[], |command| {
            command.stdin(OwnedFd::from(tcp.try_clone().unwrap()));
            command.stderr(OwnedFd::from(unix.try_clone().unwrap()));
        })
    };
    let mut host = serve();
    // Nothing else is bound: the manager says where the host listens.
    let listeners: Vec<_> =
        host.lines.iter().filter(|line| line.contains(" listening on ")).collect();
    assert_eq!(listeners.len(), 2, "{listeners:?}");
    assert_eq!(host.said("imap listening on "), address.to_string());
    assert_eq!(host.said("lmtp listening on "), format!("unix:{path}"));
    assert!(greeting(TcpStream::connect(address).unwrap()).starts_with("* OK"));
    assert!(greeting(UnixStream::connect(&path).unwrap()).starts_with("220 "));
    assert_eq!(host.stop(), Some(0));
    // Nobody is turned away while no host runs; the next one answers.
    let waits = TcpStream::connect(address).unwrap();
    let waits_too = UnixStream::connect(&path).unwrap();
    let mut again = serve();
    assert!(greeting(waits).starts_with("* OK"));
    assert!(greeting(waits_too).starts_with("220 "));
    assert_eq!(again.stop(), Some(0));
}

#[test]
fn what_is_configured_is_listened_on_besides() {
    let program = Program::new();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = tcp.local_addr().unwrap();
    let script = "exec 3<&0 </dev/null; LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=imap exec \"$@\"";
    let same = format!("imap={address}");
    let mut host =
        program.serve_by(script, &["--listen", &same, "--listen", "pop3=127.0.0.1:0"], |command| {
            command.stdin(OwnedFd::from(tcp.try_clone().unwrap()));
        });
    assert!(greeting(TcpStream::connect(address).unwrap()).starts_with("* OK"));
    assert!(
        greeting(TcpStream::connect(host.said("pop3 listening on ")).unwrap()).starts_with("+OK")
    );
    assert_eq!(host.stop(), Some(0));
}

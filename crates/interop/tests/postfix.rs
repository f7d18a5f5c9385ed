//! Debian's Postfix delivers into the Unix socket of LMTP, from its chroot: the socket is Postfix's, and nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use interop::host::{PASSWORD, RUN_AS, address, binary, starter};
use interop::pop3::Pop3;
use interop::postfix::Postfix;
use interop::program::{need, skip};
use interop::{Host, Listener};

/// Hands in a message over the Unix socket of its SMTP server.
fn send(postfix: &Postfix, to: &str, text: &str) {
    let socket = postfix.path("queue/public/smtp");
    let deadline = Instant::now().checked_add(Duration::from_secs(30)).unwrap();
    let stream = loop {
        match UnixStream::connect(&socket) {
            Ok(stream) => break stream,
            Err(error) => assert!(Instant::now() < deadline, "{error}: {}", postfix.log()),
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = BufReader::new(stream);
    let mut say = |words: &str, code: &str| {
        stream.get_mut().write_all(words.as_bytes()).unwrap();
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            assert!(line.starts_with(code), "{words}: {line}{}", postfix.log());
            if line.get(3..4) == Some(" ") {
                break;
            }
        }
    };
    say("", "220");
    say("EHLO device.example.net\r\n", "250");
    say("MAIL FROM:<sender@example.net>\r\n", "250");
    say(&format!("RCPT TO:<{to}>\r\n"), "250");
    say("DATA\r\n", "354");
    say(&format!("{text}.\r\n"), "250");
    say("QUIT\r\n", "221");
}

#[test]
fn postfix_delivers_into_the_unix_socket_from_its_chroot() {
    if need("postfix").is_none() {
        return;
    }
    if starter() != "0" {
        return skip("this is not root");
    }
    let mut postfix = Postfix::new(
        "relay_domains = example.org\nrelay_transport = lmtp:unix:private/correio-lmtp\n",
        "",
    );
    let socket = postfix.path("queue/private/correio-lmtp");
    let home = tempfile::Builder::new().prefix("correio-").tempdir().unwrap();
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let config = home.path().join("correio.toml");
    fs::write(&config, "[lmtp]\nsocket_owner = \"postfix\"\nsocket_group = \"postfix\"\n").unwrap();
    let mut command = Command::new("sh");
    let script = format!("exec \"$0\" \"$@\" --listen lmtp=unix:{socket}");
    command.args(["-c", &script]).arg(binary()).env(RUN_AS, "nobody");
    let host = Host::start_by(command, &home.path().join("data"), Some(&config))
        .unwrap_or_else(|said| panic!("no start: {said}"));
    host.add("ana");
    let seen = fs::metadata(&socket).unwrap();
    assert_eq!(seen.mode() & 0o777, 0o660);
    assert_eq!(seen.uid(), fs::metadata(postfix.path("data")).unwrap().uid());
    // Those who are not named are kept out, also the host's own user.
    let stranger = Command::new("python3")
        .args(["-c", "import os, socket, sys\nos.setgroups([]); os.setgid(65534); os.setuid(65534)\nsocket.socket(socket.AF_UNIX).connect(sys.argv[1])", &socket])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&stranger.stderr).into_owned();
    assert!(said.contains("PermissionError"), "{said}");
    postfix.start();
    let text = "From: sender@example.net\r\nSubject: over a Unix socket\r\n\r\nhello\r\n";
    send(&postfix, &address("ana"), text);
    let deadline = Instant::now().checked_add(Duration::from_secs(60)).unwrap();
    let mut pop3 = loop {
        let mut pop3 = Pop3::login(host.port(Listener::Pop3), &address("ana"), PASSWORD).unwrap();
        if pop3.ask("STAT").unwrap().starts_with("1 ") {
            break pop3;
        }
        assert!(Instant::now() < deadline, "not delivered: {}", postfix.log());
        std::thread::sleep(Duration::from_millis(100));
    };
    let delivered = pop3.listing("RETR 1").unwrap().join("\n");
    assert!(delivered.contains("Subject: over a Unix socket"), "{delivered}");
    // A user who is not there is refused at once, and Postfix tells the sender.
    send(&postfix, "nobody-of-that-name@example.org", text);
    while !postfix.log().contains("status=bounced") {
        assert!(Instant::now() < deadline, "not refused: {}", postfix.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

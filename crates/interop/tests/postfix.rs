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
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use interop::host::{PASSWORD, RUN_AS, address, binary, starter};
use interop::pop3::Pop3;
use interop::program::{need, skip};
use interop::{Host, Listener};

const MASTER: &str = "\
smtp      unix  n       -       n       -       -       smtpd
cleanup   unix  n       -       n       -       0       cleanup
qmgr      unix  n       -       n       300     1       qmgr
rewrite   unix  -       -       n       -       -       trivial-rewrite
bounce    unix  -       -       n       -       0       bounce
defer     unix  -       -       n       -       0       bounce
trace     unix  -       -       n       -       0       bounce
proxymap  unix  -       -       n       -       -       proxymap
error     unix  -       -       n       -       -       error
retry     unix  -       -       n       -       -       error
lmtp      unix  -       -       y       -       -       lmtp
anvil     unix  -       -       n       -       1       anvil
postlog   unix-dgram n  -       n       -       1       postlogd
";

/// A Postfix of its own, which ends with the test.
struct Postfix {
    folder: tempfile::TempDir,
    master: Option<Child>,
}

impl Postfix {
    fn new() -> Postfix {
        let folder = tempfile::Builder::new().prefix("correio-postfix-").tempdir().unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let postfix = Postfix { folder, master: None };
        let (config, top) = (postfix.path("etc"), postfix.folder.path().display().to_string());
        fs::create_dir(&config).unwrap();
        fs::write(format!("{config}/master.cf"), MASTER).unwrap();
        fs::write(
            format!("{config}/main.cf"),
            format!(
                "compatibility_level = 3.6\nqueue_directory = {top}/queue\ndata_directory = {top}/data\n\
                 command_directory = /usr/sbin\ndaemon_directory = /usr/lib/postfix/sbin\n\
                 meta_directory = /etc/postfix\nmail_owner = postfix\nsetgid_group = postdrop\n\
                 myhostname = mx.example.net\nmydestination =\nmynetworks = 127.0.0.0/8\n\
                 relay_domains = example.org\nrelay_transport = lmtp:unix:private/correio-lmtp\n\
                 maillog_file = {top}/log\nmaillog_file_prefixes = /tmp, /var\n"
            ),
        )
        .unwrap();
        for file in ["postfix-files", "dynamicmaps.cf"] {
            let kept = Path::new("/etc/postfix").join(file);
            if kept.exists() {
                symlink(kept, format!("{config}/{file}")).unwrap();
            }
        }
        fs::create_dir(postfix.path("queue")).unwrap();
        let data = postfix.path("data");
        fs::create_dir(&data).unwrap();
        let owned = Command::new("chown").args(["postfix", &data]).status().unwrap();
        assert!(owned.success());
        // Makes the folders of the queue.
        let checked = postfix.command("postfix").arg("check").output().unwrap();
        assert!(Path::new(&postfix.path("queue/private")).is_dir(), "{checked:?}");
        postfix
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["-c", &self.path("etc")]).env("MAIL_CONFIG", self.path("etc"));
        command.stdin(Stdio::null());
        command
    }

    fn start(&mut self) {
        let mut master = self.command("/usr/lib/postfix/sbin/master");
        self.master = Some(master.arg("-d").spawn().unwrap());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Hands in a message over the Unix socket of its SMTP server.
    fn send(&self, to: &str, text: &str) {
        let socket = self.path("queue/public/smtp");
        let deadline = Instant::now().checked_add(Duration::from_secs(30)).unwrap();
        let stream = loop {
            match UnixStream::connect(&socket) {
                Ok(stream) => break stream,
                Err(error) => assert!(Instant::now() < deadline, "{error}: {}", self.log()),
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
                assert!(line.starts_with(code), "{words}: {line}{}", self.log());
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
}

impl Drop for Postfix {
    fn drop(&mut self) {
        if let Some(mut master) = self.master.take() {
            let pid = master.id().to_string();
            drop(Command::new("kill").args(["-TERM", &pid]).status());
            drop(master.wait());
        }
    }
}

#[test]
fn postfix_delivers_into_the_unix_socket_from_its_chroot() {
    if need("postfix").is_none() {
        return;
    }
    if starter() != "0" {
        return skip("this is not root");
    }
    let mut postfix = Postfix::new();
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
    postfix.send(&address("ana"), text);
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
    postfix.send("nobody-of-that-name@example.org", text);
    while !postfix.log().contains("status=bounced") {
        assert!(Instant::now() < deadline, "not refused: {}", postfix.log());
        std::thread::sleep(Duration::from_millis(100));
    }
}

//! Runs the built program in a folder of its own, and talks to the host that it starts.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// The program with a data folder.
pub(crate) struct Program {
    folder: TempDir,
}

/// What came of a command.
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) output: String,
    pub(crate) error: String,
}

/// A running host. Killed when dropped.
pub(crate) struct Host {
    child: Child,
    pub(crate) lines: Vec<String>,
}

impl Program {
    pub(crate) fn new() -> Program {
        Program { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_correio"));
        command
            .args(arguments)
            .env("CORREIO_DATA", self.folder.path().join("data"))
            .env_remove("CORREIO_CONFIG")
            // No display and no keyring of whoever runs the tests.
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .env_remove("XDG_RUNTIME_DIR")
            // As whoever runs the tests, also when that is root.
            .env("CORREIO_RUN_AS", rustix::process::geteuid().as_raw().to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a command that goes on; the test kills it.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).spawn().unwrap()
    }

    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Done {
        self.run_with(arguments, input, &[])
    }

    /// Runs a command with other variables in its environment.
    pub(crate) fn run_with(
        &self,
        arguments: &[&str],
        input: &str,
        variables: &[(&str, &str)],
    ) -> Done {
        let mut command = self.command(arguments);
        command.envs(variables.iter().copied());
        let mut child = command.spawn().unwrap();
        // Who does not want it has gone already.
        drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
        let done = child.wait_with_output().unwrap();
        Done {
            code: done.status.code().unwrap(),
            output: String::from_utf8(done.stdout).unwrap(),
            error: String::from_utf8(done.stderr).unwrap(),
        }
    }

    /// Starts a command, and leaves it to itself.
    pub(crate) fn started(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdin(Stdio::null()).spawn().unwrap()
    }

    pub(crate) fn ok(&self, arguments: &[&str], input: &str) -> String {
        let done = self.run(arguments, input);
        assert_eq!(done.code, 0, "{arguments:?}: {}{}", done.output, done.error);
        done.output
    }

    pub(crate) fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.ok(arguments, "")).unwrap()
    }

    pub(crate) fn serve(&self, arguments: &[&str]) -> Host {
        let arguments: Vec<&str> = ["serve"].into_iter().chain(arguments.iter().copied()).collect();
        self.wait(self.command(&arguments).stderr(Stdio::null()))
    }

    /// Starts a host by a shell that does something before: `$@` is the command of the host.
    pub(crate) fn serve_by(
        &self,
        script: &str,
        arguments: &[&str],
        change: impl FnOnce(&mut Command),
    ) -> Host {
        let given = self.command(&[]);
        let mut command = Command::new("sh");
        command.args(["-c", script, "sh"]).arg(given.get_program()).arg("serve").args(arguments);
        for (name, value) in given.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.stdin(Stdio::null()).stderr(Stdio::null());
        change(&mut command);
        self.wait(&mut command)
    }

    /// Starts a host and waits until it is ready.
    fn wait(&self, command: &mut Command) -> Host {
        let child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut host = Host { child, lines: Vec::new() };
        let output = BufReader::new(host.child.stdout.take().unwrap());
        let mut ready = false;
        for line in output.lines() {
            let line = line.unwrap();
            if line == "ready" {
                ready = true;
                break;
            }
            host.lines.push(line);
        }
        assert!(ready, "the host did not get ready: {:?}", host.lines);
        host
    }
}

impl Host {
    /// What follows these words in the lines it printed.
    pub(crate) fn said(&self, words: &str) -> String {
        let found = self.lines.iter().find_map(|line| line.strip_prefix(words));
        assert!(found.is_some(), "no {words:?} in {:?}", self.lines);
        found.unwrap().to_owned()
    }

    pub(crate) fn connect(&self, protocol: &str) -> BufReader<TcpStream> {
        let stream = TcpStream::connect(self.said(&format!("{protocol} listening on "))).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        BufReader::new(stream)
    }

    /// Delivers a message over LMTP.
    pub(crate) fn lmtp(&self, to: &str, message: &str) {
        let mut stream = self.connect("lmtp");
        let mut say = |words: &str, code: &str| {
            stream.get_mut().write_all(words.as_bytes()).unwrap();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                assert!(line.starts_with(code), "{words:?}: {line}");
                if line.as_bytes()[3] == b' ' {
                    break;
                }
            }
        };
        say("", "220");
        say("LHLO test.example\r\n", "250");
        say("MAIL FROM:<x@example.net>\r\n", "250");
        say(&format!("RCPT TO:<{to}>\r\n"), "250");
        say("DATA\r\n", "354");
        say(&format!("{message}.\r\n"), "250");
        say("QUIT\r\n", "221");
    }

    /// Logs in over POP3 and counts the messages; the answer when it says no.
    pub(crate) fn pop3_count(&self, user: &str, password: &str) -> Result<u32, String> {
        self.pop3_take(user, password, 0)
    }

    /// Logs in over POP3, counts the messages, and deletes the first so many; the answer when it says no.
    pub(crate) fn pop3_take(&self, user: &str, password: &str, take: u32) -> Result<u32, String> {
        let mut stream = self.connect("pop3");
        let mut say = |words: &str| {
            stream.get_mut().write_all(words.as_bytes()).unwrap();
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            if line.starts_with("+OK") { Ok(line) } else { Err(line) }
        };
        say("")?;
        say(&format!("USER {user}\r\n"))?;
        say(&format!("PASS {password}\r\n"))?;
        let line = say("STAT\r\n")?;
        for number in 1..=take {
            say(&format!("DELE {number}\r\n"))?;
        }
        say("QUIT\r\n")?;
        Ok(line.split(' ').nth(1).unwrap().parse().unwrap())
    }

    /// All messages of a mailbox over IMAP, by UID.
    pub(crate) fn imap_texts(
        &self,
        user: &str,
        password: &str,
        mailbox: &str,
    ) -> BTreeMap<u32, String> {
        let mut stream = self.connect("imap");
        let mut found = BTreeMap::new();
        for command in [
            format!("a LOGIN {user} \"{password}\"\r\n"),
            format!("a EXAMINE {mailbox}\r\n"),
            "a UID FETCH 1:* BODY[]\r\n".to_owned(),
        ] {
            stream.get_mut().write_all(command.as_bytes()).unwrap();
            loop {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if line.starts_with("a ") {
                    assert!(line.starts_with("a OK"), "{command}: {line}");
                    break;
                }
                // * 1 FETCH (UID 3 BODY[] {123}
                let Some((head, octets)) = line.trim_end().split_once(" BODY[] {") else {
                    continue;
                };
                let (_, uid) = head.split_once("(UID ").unwrap();
                let mut text = vec![0; octets.trim_end_matches('}').parse().unwrap()];
                stream.read_exact(&mut text).unwrap();
                found.insert(uid.parse().unwrap(), String::from_utf8(text).unwrap());
            }
        }
        found
    }

    /// All messages of a maildrop over POP3, in their order.
    pub(crate) fn pop3_texts(&self, user: &str, password: &str) -> Vec<String> {
        let mut stream = self.connect("pop3");
        let mut say = |words: &str| {
            stream.get_mut().write_all(words.as_bytes()).unwrap();
            let mut line = String::new();
            stream.read_line(&mut line).unwrap();
            assert!(line.starts_with("+OK"), "{words}: {line}");
            let mut text = String::new();
            while words.starts_with("RETR") {
                let mut line = String::new();
                stream.read_line(&mut line).unwrap();
                if line == ".\r\n" {
                    break;
                }
                text.push_str(&line);
            }
            (line, text)
        };
        say("");
        say(&format!("USER {user}\r\n"));
        say(&format!("PASS {password}\r\n"));
        let (line, _) = say("STAT\r\n");
        let count: u32 = line.split(' ').nth(1).unwrap().parse().unwrap();
        let texts = (1..=count).map(|number| say(&format!("RETR {number}\r\n")).1).collect();
        say("QUIT\r\n");
        texts
    }

    /// Fetches a page.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = self.connect("http");
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        stream.get_mut().write_all(request.as_bytes()).unwrap();
        let mut page = String::new();
        stream.read_to_string(&mut page).unwrap();
        page
    }

    /// Has it read its settings again, as an administrator does by a signal.
    pub(crate) fn hang_up(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    }

    /// Stops it as an administrator does, and gives its exit code.
    pub(crate) fn stop(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

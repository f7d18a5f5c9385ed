//! A server for sending that does what it is told to, and the network to it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use sasl::{Nonce, Ready};
use sync::{Connection, Network, NetworkFault, Server, Stream, Trust};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};

use crate::line::{Cut, Line};

/// A message that the server has: for whom, and its text.
pub(crate) type Got = (Vec<String>, String);

/// The server. Its script says what it answers to commands that begin with a text, the first that fits; `CONNECT` is the beginning, `.` the
/// end of a message. What stands behind a `~` is said once. An answer that begins with `!` is none: it hangs up, and after `!taken` it has the
/// message.
pub(crate) struct Post {
    pub(crate) got: Arc<Mutex<Vec<Got>>>,
    pub(crate) commands: Arc<Mutex<Vec<String>>>,
    pub(crate) capabilities: &'static str,
    pub(crate) script: Arc<Mutex<Vec<(String, String)>>>,
    pub(crate) cut: Mutex<Cut>,
    pub(crate) connections: AtomicU32,
    pub(crate) is_reached: bool,
}

pub(crate) const ABLE: &str = "8BITMIME\nSIZE 100000\nPIPELINING\nDSN\nENHANCEDSTATUSCODES";

impl Post {
    pub(crate) fn new(capabilities: &'static str) -> Post {
        Post {
            got: Arc::default(),
            commands: Arc::default(),
            capabilities,
            script: Arc::default(),
            cut: Mutex::new(Cut::Never),
            connections: AtomicU32::new(0),
            is_reached: true,
        }
    }

    pub(crate) fn says(self, command: &str, answer: &str) -> Post {
        self.script.lock().unwrap().push((command.to_owned(), answer.to_owned()));
        self
    }

    pub(crate) fn got(&self) -> Vec<Got> {
        self.got.lock().unwrap().clone()
    }

    pub(crate) fn heard(&self, command: &str) -> usize {
        let commands = self.commands.lock().unwrap();
        commands.iter().filter(|it| it.starts_with(command)).count()
    }
}

/// One session.
struct Session {
    got: Arc<Mutex<Vec<Got>>>,
    commands: Arc<Mutex<Vec<String>>>,
    capabilities: &'static str,
    script: Arc<Mutex<Vec<(String, String)>>>,
    to: Vec<String>,
    text: Vec<u8>,
}

impl Session {
    fn told(&self, command: &str) -> Option<String> {
        let mut script = self.script.lock().unwrap();
        let fits = |(text, _): &(String, String)| command.starts_with(text.trim_start_matches('~'));
        let at = script.iter().position(fits)?;
        Some(match script[at].0.starts_with('~') {
            true => script.remove(at).1,
            false => script[at].1.clone(),
        })
    }

    /// What it answers to a command, and whether it goes on.
    fn answer(&mut self, command: &str) -> (String, bool) {
        self.commands.lock().unwrap().push(command.to_owned());
        let usual = match command.split(' ').next().unwrap() {
            "CONNECT" => "220 post ESMTP".to_owned(),
            "EHLO" => {
                let able = format!("post\n{}\nAUTH PLAIN", self.capabilities);
                let able = able.trim().replace("\n\n", "\n");
                let lines: Vec<&str> = able.split('\n').collect();
                let (last, first) = lines.split_last().unwrap();
                let first: String = first.iter().map(|line| format!("250-{line}\r\n")).collect();
                format!("{first}250 {last}")
            }
            "AUTH" => "235 2.7.0 in".to_owned(),
            "DATA" => "354 go on".to_owned(),
            "QUIT" => "221 bye".to_owned(),
            _ => "250 2.0.0 fine".to_owned(),
        };
        let answer = self.told(command).unwrap_or(usual);
        if command.starts_with("MAIL") || command.starts_with("RSET") {
            self.to.clear();
            self.text.clear();
        }
        if command.starts_with("RCPT TO:<") && answer.starts_with('2') {
            self.to.push(command[9..].split('>').next().unwrap().to_owned());
        }
        if command == "." && (answer.starts_with('2') || answer == "!taken") {
            let text = String::from_utf8(std::mem::take(&mut self.text)).unwrap();
            self.got.lock().unwrap().push((std::mem::take(&mut self.to), text));
        }
        let goes_on = !answer.starts_with('!') && !answer.starts_with("421") && command != "QUIT";
        (answer, goes_on)
    }

    async fn serve(&mut self, stream: tokio::io::DuplexStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        let mut command = "CONNECT".to_owned();
        loop {
            let (answer, goes_on) = self.answer(&command);
            if !answer.starts_with('!') {
                stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
            }
            if !goes_on {
                return Ok(());
            }
            if command == "DATA" && answer.starts_with("354") {
                command = self.data(&mut stream).await?;
                continue;
            }
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 || !line.ends_with('\n') {
                return Ok(());
            }
            command = line.trim_end().to_owned();
            if let Some(chunk) = command.strip_prefix("BDAT ") {
                let octets = chunk.split(' ').next().unwrap().parse().unwrap();
                let mut text = vec![0; octets];
                stream.read_exact(&mut text).await?;
                self.text.extend_from_slice(&text);
                if command.ends_with("LAST") {
                    command = ".".to_owned();
                }
            }
        }
    }

    async fn data(
        &mut self,
        stream: &mut BufReader<tokio::io::DuplexStream>,
    ) -> std::io::Result<String> {
        loop {
            let mut line = Vec::new();
            if stream.read_until(b'\n', &mut line).await? == 0 || !line.ends_with(b"\n") {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            if line == b".\r\n" {
                return Ok(".".to_owned());
            }
            self.text.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        }
    }
}

impl Network for Post {
    fn connect<'a>(&'a self, _: &'a str, _: u16) -> Ready<'a, Result<Connection, NetworkFault>> {
        Box::pin(async move {
            if !self.is_reached {
                return Err(NetworkFault::Unreachable("network is unreachable".to_owned()));
            }
            self.connections.fetch_add(1, Ordering::Relaxed);
            let (here, there) = tokio::io::duplex(1 << 20);
            let mut session = Session {
                got: Arc::clone(&self.got),
                commands: Arc::clone(&self.commands),
                capabilities: self.capabilities,
                script: Arc::clone(&self.script),
                to: Vec::new(),
                text: Vec::new(),
            };
            tokio::spawn(async move { drop(session.serve(there).await) });
            let cut = std::mem::replace(&mut *self.cut.lock().unwrap(), Cut::Never);
            Ok(Connection { stream: Box::new(Line::new(here, cut)), is_loopback: true })
        })
    }

    fn begin_tls<'a>(
        &'a self,
        stream: Box<dyn Stream>,
        _: &'a str,
        _: &'a Trust,
    ) -> Ready<'a, Result<Box<dyn Stream>, NetworkFault>> {
        Box::pin(async move { Ok(stream) })
    }

    fn servers<'a>(&'a self, _: &'a str) -> Ready<'a, Result<Vec<Server>, NetworkFault>> {
        Box::pin(async move { Ok(Vec::new()) })
    }

    fn page<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
    ) -> Ready<'a, Result<Option<Vec<u8>>, NetworkFault>> {
        Box::pin(async move { Ok(None) })
    }

    fn nonce(&self) -> Nonce {
        Nonce::from_random([5; 18])
    }
}

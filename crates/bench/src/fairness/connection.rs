//! A connection of a probe: blocking, on a thread of its own, so that no other task stands between it and the clock.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Result, bail};

use crate::server::PASSWORD;

/// How long an answer is waited for. That it took this long, or longer, is then what was measured.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends commands and reads answers.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects.
    fn open(address: SocketAddr) -> Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Connection(BufReader::new(stream)))
    }

    /// Connects to IMAP and logs in.
    pub(crate) fn imap(address: SocketAddr, user: &str) -> Result<Connection> {
        let mut connection = Connection::open(address)?;
        connection.line()?;
        connection.command(format!("a LOGIN {user} {PASSWORD}\r\n").as_bytes())?;
        Ok(connection)
    }

    /// Sends a whole IMAP command of tag `a` and reads its answer; anything but OK is an error.
    pub(crate) fn command(&mut self, command: &[u8]) -> Result<()> {
        self.0.get_mut().write_all(command)?;
        loop {
            let line = self.line()?;
            if line.starts_with("a OK") {
                return Ok(());
            }
            if line.starts_with("a ") {
                bail!("{line}");
            }
            let announced = line.strip_suffix('}').and_then(|line| line.rsplit('{').next());
            if let Some(octets) = announced.and_then(|digits| digits.parse::<u64>().ok()) {
                std::io::copy(&mut self.0.by_ref().take(octets), &mut std::io::sink())?;
            }
        }
    }

    /// A whole POP3 session in which nothing is fetched: from connecting to the answer to QUIT.
    pub(crate) fn pop3_visit(address: SocketAddr, user: &str) -> Result<()> {
        let mut connection = Connection::open(address)?;
        connection.pop3_answer()?;
        for command in [&format!("USER {user}"), &format!("PASS {PASSWORD}"), "QUIT"] {
            connection.0.get_mut().write_all(format!("{command}\r\n").as_bytes())?;
            connection.pop3_answer()?;
        }
        Ok(())
    }

    /// Whether an attempt failed because nothing came for [`PATIENCE`].
    pub(crate) fn gave_up(error: &anyhow::Error) -> bool {
        let kind = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        matches!(kind, Some(ErrorKind::WouldBlock | ErrorKind::TimedOut))
    }

    fn pop3_answer(&mut self) -> Result<()> {
        let line = self.line()?;
        if !line.starts_with("+OK") {
            bail!("{line}");
        }
        Ok(())
    }

    fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        if self.0.read_until(b'\n', &mut line)? == 0 {
            bail!("the server closed the connection");
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }
}

//! A connection that speaks in lines, over a plain blocking socket.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A connection.
pub struct Lines {
    reader: BufReader<TcpStream>,
    writer: TcpStream,
}

impl Lines {
    /// Connects to a port of this machine.
    pub fn connect(port: u16) -> Result<Lines> {
        let writer = TcpStream::connect(("127.0.0.1", port))?;
        writer.set_nodelay(true)?;
        writer.set_read_timeout(Some(Duration::from_secs(30)))?;
        writer.set_write_timeout(Some(Duration::from_secs(30)))?;
        Ok(Lines { reader: BufReader::with_capacity(64 << 10, writer.try_clone()?), writer })
    }

    /// Sends octets.
    pub fn send(&mut self, octets: &[u8]) -> Result<()> {
        self.writer.write_all(octets)
    }

    /// Reads a line, without its line end.
    pub fn line(&mut self) -> Result<Vec<u8>> {
        let mut line = Vec::new();
        self.reader.read_until(b'\n', &mut line)?;
        match line.strip_suffix(b"\r\n") {
            Some(text) => Ok(text.to_vec()),
            None if line.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
            None => Err(Error::other("a line without CRLF")),
        }
    }

    /// Reads a line as text.
    pub fn text(&mut self) -> Result<String> {
        Ok(String::from_utf8_lossy(&self.line()?).into_owned())
    }

    /// Reads this many octets.
    pub fn octets(&mut self, count: usize) -> Result<Vec<u8>> {
        let mut octets = vec![0; count];
        self.reader.read_exact(&mut octets)?;
        Ok(octets)
    }

    /// Reads the lines up to the one with a dot, and undoes the doubling of dots.
    pub fn dotted(&mut self) -> Result<Vec<u8>> {
        let mut content = Vec::new();
        loop {
            let line = self.line()?;
            match line.strip_prefix(b".") {
                Some(b"") => return Ok(content),
                Some(rest) => content.extend_from_slice(rest),
                None => content.extend_from_slice(&line),
            }
            content.extend_from_slice(b"\r\n");
        }
    }

    /// The socket.
    pub fn stream(&self) -> &TcpStream {
        &self.writer
    }
}

/// Doubles the dots at the beginning of lines and adds the last line.
pub fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(message.len() + 64);
    for line in message.split_inclusive(|octet| *octet == b'\n') {
        if line.starts_with(b".") {
            out.push(b'.');
        }
        out.extend_from_slice(line);
    }
    out.extend_from_slice(b".\r\n");
    out
}

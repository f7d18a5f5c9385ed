//! The server's side of a connection: in the clear, then perhaps under TLS.

use std::io::{Error, Read, Result, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::{ServerConfig, ServerConnection, StreamOwned};

pub(super) enum Stream {
    Clear(TcpStream),
    Tls(Box<StreamOwned<ServerConnection, TcpStream>>),
    Gone,
}

/// A line, or one too long.
pub(super) enum Line {
    Whole(Vec<u8>),
    TooLong,
    End,
}

pub(super) struct Connection {
    stream: Stream,
    pub(super) held: Vec<u8>,
}

impl Connection {
    pub(super) fn new(stream: TcpStream) -> Connection {
        Connection { stream: Stream::Clear(stream), held: Vec::new() }
    }

    pub(super) fn under_tls(&mut self, config: Arc<ServerConfig>) -> Result<()> {
        let Stream::Clear(socket) = std::mem::replace(&mut self.stream, Stream::Gone) else {
            return Err(Error::other("TLS is on"));
        };
        let connection = ServerConnection::new(config).map_err(Error::other)?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        self.stream = Stream::Tls(Box::new(stream));
        Ok(())
    }

    pub(super) fn is_tls(&self) -> bool {
        matches!(self.stream, Stream::Tls(_))
    }

    pub(super) fn send(&mut self, octets: &[u8]) -> Result<()> {
        match &mut self.stream {
            Stream::Clear(stream) => stream.write_all(octets),
            Stream::Tls(stream) => stream.write_all(octets).and_then(|()| stream.flush()),
            Stream::Gone => Err(Error::other("gone")),
        }
    }

    /// Reads up to CRLF; gives the line without it.
    pub(super) fn line(&mut self, octets_max: usize) -> Result<Line> {
        let mut skipped = false;
        loop {
            if let Some(at) = self.held.windows(2).position(|two| two == b"\r\n") {
                let mut line: Vec<u8> = self.held.drain(..at + 2).collect();
                line.truncate(at);
                return Ok(if skipped || line.len() > octets_max {
                    Line::TooLong
                } else {
                    Line::Whole(line)
                });
            }
            if self.held.len() > 1 << 16 {
                skipped = true;
                self.held.drain(..self.held.len() - 1);
            }
            if !self.read()? {
                return Ok(Line::End);
            }
        }
    }

    fn read(&mut self) -> Result<bool> {
        let mut octets = [0; 4096];
        let count = match &mut self.stream {
            Stream::Clear(stream) => stream.read(&mut octets)?,
            Stream::Tls(stream) => stream.read(&mut octets)?,
            Stream::Gone => 0,
        };
        self.held.extend_from_slice(&octets[..count]);
        Ok(count > 0)
    }

    /// Closes as TLS wants it.
    pub(super) fn say_goodbye(&mut self) {
        if let Stream::Tls(stream) = &mut self.stream {
            stream.conn.send_close_notify();
            drop(stream.flush());
        }
    }
}

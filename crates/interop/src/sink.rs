//! Where a program on this machine hands its mail to: an LMTP server (RFC 2033) that keeps what came whole.

use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The server; its thread ends with the program.
pub struct Sink {
    port: u16,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Default for Sink {
    fn default() -> Sink {
        Sink::start()
    }
}

impl Sink {
    /// Begins to listen.
    pub fn start() -> Sink {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let kept: Arc<Mutex<Vec<Vec<u8>>>> = Arc::default();
        let shared = Arc::clone(&kept);
        std::thread::spawn(move || {
            while let Ok((stream, _)) = listener.accept() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || drop(serve(stream, &shared)));
            }
        });
        Sink { port, kept }
    }

    /// Where it listens.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What came, oldest first.
    pub fn kept(&self) -> Vec<Vec<u8>> {
        self.kept.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, kept: &Mutex<Vec<Vec<u8>>>) -> Result<()> {
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    let mut recipients = 0;
    writer.write_all(b"220 sink LMTP\r\n")?;
    loop {
        let mut line = String::new();
        if reader.by_ref().take(4_096).read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.split_whitespace().next().unwrap_or_default().to_uppercase();
        let answer = match verb.as_str() {
            "LHLO" => "250-sink\r\n250-8BITMIME\r\n250 SIZE\r\n",
            "RCPT" => {
                recipients += 1;
                "250 OK\r\n"
            }
            "DATA" => {
                writer.write_all(b"354 go on\r\n")?;
                let message = content(&mut reader)?;
                kept.lock().unwrap().push(message);
                writer.write_all("250 kept\r\n".repeat(recipients).as_bytes())?;
                recipients = 0;
                continue;
            }
            "MAIL" | "RSET" => {
                recipients = 0;
                "250 OK\r\n"
            }
            "NOOP" => "250 OK\r\n",
            "QUIT" => {
                writer.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => "500 what?\r\n",
        };
        writer.write_all(answer.as_bytes())?;
    }
}

/// Reads up to the line with the dot; a message that ends before is not one.
fn content(reader: &mut impl BufRead) -> Result<Vec<u8>> {
    let mut message = Vec::new();
    loop {
        let mut line = Vec::new();
        if reader.read_until(b'\n', &mut line)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        match line.strip_prefix(b".") {
            Some(b"\r\n" | b"\n") => return Ok(message),
            Some(rest) => message.extend_from_slice(rest),
            None => message.extend_from_slice(&line),
        }
    }
}

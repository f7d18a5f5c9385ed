//! The server's part of a transcript, for tests of a client: says the `S:` lines and waits for the `C:` lines.

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};

use crate::player::Cut;
use crate::text::octets;

/// `S:` and `C:` lines of one connection. `\-` at the end of an `S:` line leaves the CRLF out.
#[derive(Clone, Debug, Default)]
pub struct Script {
    lines: Vec<String>,
}

impl Script {
    /// Adds a line.
    pub fn push(&mut self, line: &str) {
        self.lines.push(line.to_owned());
    }

    /// Whether it has no line.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Says and hears what the lines say, then hangs up; the client must have said nothing more.
    pub async fn serve(&self, mut stream: DuplexStream, cut: Cut) {
        let (mut heard, mut sent) = (Vec::new(), 0);
        for line in &self.lines {
            match line.split_at_checked(2) {
                Some(("S:", said)) => {
                    let said = said.strip_prefix(' ').unwrap_or(said);
                    let said = match said.strip_suffix("\\-") {
                        Some(said) => octets(said),
                        None => [&octets(said)[..], b"\r\n"].concat(),
                    };
                    say(&mut stream, &said, cut, &mut sent).await;
                }
                Some(("C:", wanted)) => {
                    let wanted = wanted.strip_prefix(' ').unwrap_or(wanted);
                    hear(&mut stream, &mut heard, wanted).await;
                }
                _ => panic!("not a line of a script: {line}"),
            }
        }
        drop(stream.shutdown().await);
        drop(stream.read_to_end(&mut heard).await);
        assert!(heard.is_empty(), "the client went on: {}", String::from_utf8_lossy(&heard));
    }
}

async fn say(stream: &mut DuplexStream, said: &[u8], cut: Cut, sent: &mut usize) {
    let start = *sent;
    *sent += said.len();
    let pieces: Vec<&[u8]> = match cut {
        Cut::Behind(at) if (start..*sent).contains(&at) => {
            let (one, two) = said.split_at(at - start);
            vec![one, two]
        }
        Cut::Whole | Cut::Behind(_) => vec![said],
        Cut::Pieces(octets) => said.chunks(octets).collect(),
    };
    for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
        // A client that has hung up is found out by what it does not say.
        drop(stream.write_all(piece).await);
        tokio::task::yield_now().await;
        tokio::task::yield_now().await;
    }
}

async fn hear(stream: &mut DuplexStream, heard: &mut Vec<u8>, wanted: &str) {
    let end = loop {
        if let Some(end) = heard.iter().position(|octet| *octet == b'\n') {
            break end;
        }
        let read = stream.read_buf(heard).await.unwrap();
        assert!(read > 0, "the client hung up; wanted: {wanted}");
    };
    let got: Vec<u8> = heard.drain(..=end).collect();
    assert_eq!(String::from_utf8_lossy(&got).trim_end(), wanted);
}

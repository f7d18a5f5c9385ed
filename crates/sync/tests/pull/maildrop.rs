//! A maildrop of a provider, and its server.

use std::io;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};

use crate::line::{Cut, Line};

/// What the server has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Maildrop {
    /// Unique id and octets, in the order of their numbers.
    pub(crate) messages: Vec<(String, Vec<u8>)>,
    pub(crate) ways: Ways,
    /// Commands that it was given.
    pub(crate) heard: Vec<String>,
}

/// How the server is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    /// Commands that it does not know.
    pub(crate) unknown: Vec<&'static str>,
    /// What it lists instead of the sizes.
    pub(crate) sizes: Option<fn(usize) -> u64>,
    /// What it says for a command that begins so, instead of doing it; then it goes on.
    pub(crate) instead: Vec<(&'static str, Vec<u8>)>,
    /// It says that it has deleted, and has not.
    pub(crate) keeps_all: bool,
    /// It refuses this RETR.
    pub(crate) refuses: Option<usize>,
}

/// The maildrop as both ends of a test see it.
#[derive(Clone, Default)]
pub(crate) struct Shared(pub(crate) Arc<Mutex<Maildrop>>);

impl Shared {
    pub(crate) fn of(messages: &[(&str, &[u8])]) -> Shared {
        let drop = Shared::default();
        for (id, octets) in messages {
            drop.add(id, octets);
        }
        drop
    }

    pub(crate) fn add(&self, id: &str, octets: &[u8]) {
        self.0.lock().unwrap().messages.push((id.to_owned(), octets.to_vec()));
    }

    pub(crate) fn ways(&self, change: impl FnOnce(&mut Ways)) {
        change(&mut self.0.lock().unwrap().ways);
    }

    pub(crate) fn has(&self, octets: &[u8]) -> bool {
        self.0.lock().unwrap().messages.iter().any(|(_, there)| there == octets)
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().messages.len()
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().heard)
    }

    /// Serves one session, in the background; gives the client's end, which breaks there.
    pub(crate) fn connect(&self, cut: Cut) -> Line<tokio::io::DuplexStream> {
        let (here, there) = tokio::io::duplex(64 << 10);
        let shared = self.clone();
        tokio::spawn(async move { drop(shared.serve(there).await) });
        Line::new(here, cut)
    }

    async fn serve(&self, stream: tokio::io::DuplexStream) -> io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"+OK ready\r\n").await?;
        // Numbers stay as they were when the session began.
        let (messages, ways) = {
            let drop = self.0.lock().unwrap();
            (drop.messages.clone(), drop.ways.clone())
        };
        let mut marked = vec![false; messages.len()];
        let mut line = Vec::new();
        loop {
            line.clear();
            if stream.read_until(b'\n', &mut line).await? == 0 {
                return Ok(());
            }
            let said = String::from_utf8_lossy(&line).trim_end().to_owned();
            self.0.lock().unwrap().heard.push(said.clone());
            if let Some((_, answer)) = ways.instead.iter().find(|(it, _)| said.starts_with(it)) {
                stream.write_all(answer).await?;
                if answer.is_empty() {
                    return Ok(());
                }
                continue;
            }
            let answer = self.answer(&said, &messages, &ways, &mut marked);
            stream.write_all(&answer).await?;
            if said == "QUIT" {
                return Ok(());
            }
        }
    }

    fn answer(
        &self,
        said: &str,
        messages: &[(String, Vec<u8>)],
        ways: &Ways,
        marked: &mut [bool],
    ) -> Vec<u8> {
        let mut words = said.split(' ');
        let verb = words.next().unwrap_or_default();
        let index = words.next().and_then(|word| word.parse::<usize>().ok()).map(|n| n - 1);
        if ways.unknown.contains(&verb) {
            return b"-ERR unknown\r\n".to_vec();
        }
        let message = index.and_then(|index| messages.get(index));
        match (verb, message) {
            ("CAPA", _) => {
                let known = |it: &&str| !ways.unknown.contains(it);
                let lines: Vec<&str> =
                    ["TOP", "UIDL", "USER", "PIPELINING"].into_iter().filter(known).collect();
                format!("+OK\r\n{}\r\n.\r\n", lines.join("\r\n")).into_bytes()
            }
            ("STAT", _) => format!("+OK {} 0\r\n", messages.len()).into_bytes(),
            ("LIST", None) => listing(messages, |index, (_, octets)| {
                ways.sizes.map_or(octets.len() as u64, |size| size(index)).to_string()
            }),
            ("UIDL", None) => listing(messages, |_, (id, _)| id.clone()),
            ("RETR", Some(_)) if ways.refuses == index => b"-ERR not now\r\n".to_vec(),
            ("RETR", Some((_, octets))) => content(octets),
            ("TOP", Some((_, octets))) => {
                let end = octets
                    .windows(4)
                    .position(|it| it == b"\r\n\r\n")
                    .map_or(octets.len(), |at| at + 4);
                content(&octets[..end])
            }
            ("DELE", Some(_)) => {
                marked[index.unwrap()] = true;
                b"+OK\r\n".to_vec()
            }
            ("QUIT", _) => {
                if !ways.keeps_all {
                    let gone = messages.iter().zip(marked.iter()).filter(|(_, gone)| **gone);
                    let gone: Vec<_> = gone.map(|(message, _)| message.clone()).collect();
                    self.0.lock().unwrap().messages.retain(|message| !gone.contains(message));
                }
                b"+OK bye\r\n".to_vec()
            }
            ("USER" | "PASS" | "NOOP" | "RSET", _) => b"+OK\r\n".to_vec(),
            _ => b"-ERR what?\r\n".to_vec(),
        }
    }
}

fn listing(
    messages: &[(String, Vec<u8>)],
    word: impl Fn(usize, &(String, Vec<u8>)) -> String,
) -> Vec<u8> {
    let mut answer = b"+OK\r\n".to_vec();
    for (index, message) in messages.iter().enumerate() {
        answer.extend_from_slice(format!("{} {}\r\n", index + 1, word(index, message)).as_bytes());
    }
    answer.extend_from_slice(b".\r\n");
    answer
}

fn content(octets: &[u8]) -> Vec<u8> {
    let mut answer = b"+OK\r\n".to_vec();
    for line in octets.split_inclusive(|octet| *octet == b'\n') {
        if line.first() == Some(&b'.') {
            answer.push(b'.');
        }
        answer.extend_from_slice(line);
    }
    answer.extend_from_slice(b".\r\n");
    answer
}

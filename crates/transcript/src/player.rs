//! Plays one transcript in a fresh world, cut in one way, and says where it differs.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use tokio::io::DuplexStream;
use tokio::runtime::Builder;

use crate::connection::{Connection, Served};
use crate::files::{Transcript, WHOLE_ONLY};
use crate::text::{fits, octets};

/// How many lines of the dialogue a difference shows.
const SHOWN_LINES_MAX: usize = 12;
/// How often others get their turn between two pieces.
const TURNS: usize = 4;

/// What a door gives: the world around its server. Each playing begins one.
pub trait World: Sized {
    /// How long the server may let the client wait for a line.
    const SILENCE_MAX: Duration = Duration::from_secs(5);

    /// A fresh one.
    fn begin() -> impl Future<Output = Self>;

    /// Serves one connection until it ends or wants TLS.
    fn serve(
        &self,
        stream: DuplexStream,
        start: Start,
    ) -> impl Future<Output = Served> + Send + 'static;

    /// Carries out an act of the door's own. The lines that come back are played in its place, on the connection that
    /// it names.
    fn act(&mut self, verb: &str, rest: &str) -> impl Future<Output = Vec<String>>;

    /// The server has closed a connection, with these octets last.
    fn closed(&self, _last: &[u8]) {}

    /// The transcript has ended and all connections are closed.
    fn end(&self) {}
}

/// Where a session begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// With the greeting.
    Greeting,
    /// Behind the handshake that the session before it asked for.
    AfterTls,
}

/// How the client's octets reach the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// As they are written.
    Whole,
    /// In two pieces, cut behind this octet of all that the client says.
    Behind(usize),
    /// In pieces of this many octets, through a small pipe.
    Pieces(usize),
}

struct Player<'t, W> {
    name: &'t str,
    world: W,
    cut: Cut,
    sent: usize,
    connections: BTreeMap<u8, Connection>,
    /// An `S: ...` was seen: lines are passed over until one fits.
    any: bool,
    /// What the client says next, and over which connection.
    block: (u8, Vec<u8>),
    /// The number of the line that is played, and what was said so far.
    line_number: usize,
    said: VecDeque<String>,
}

/// Plays a transcript; gives how many octets the client sent. Time stands still except while everybody waits, so that
/// timeouts are exact and cost nothing.
pub fn play<W: World>(transcript: &Transcript, cut: Cut) -> usize {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let mut player = Player {
            name: &transcript.name,
            world: W::begin().await,
            cut,
            sent: 0,
            connections: BTreeMap::new(),
            any: false,
            block: (1, Vec::new()),
            line_number: 0,
            said: VecDeque::new(),
        };
        for (index, line) in transcript.text.lines().enumerate() {
            player.line_number = index + 1;
            player.play_line(line, 1).await;
        }
        player.end().await;
        player.sent
    })
}

impl<W> Drop for Player<'_, W> {
    /// A difference is told with the place where it was found and the dialogue before it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let dialogue: Vec<&str> = self.said.iter().map(String::as_str).collect();
            eprintln!(
                "transcript {}, line {}, {:?}; before it:\n{}",
                self.name,
                self.line_number,
                self.cut,
                dialogue.join("\n")
            );
        }
    }
}

impl<W: World> Player<'_, W> {
    /// Plays a line; without a number it is about this connection.
    async fn play_line(&mut self, line: &str, connection: u8) {
        if line.is_empty() || line.starts_with('#') {
            return self.say().await;
        }
        let (side, rest) = line.split_at(1);
        let (number, rest) = match rest.as_bytes().first() {
            Some(digit @ b'1'..=b'9') => (digit - b'0', &rest[1..]),
            _ => (connection, rest),
        };
        match (side, rest.as_bytes().first()) {
            ("C", Some(b':')) => {
                let said = unspaced(&rest[1..]);
                match said.strip_suffix("\\-") {
                    Some(said) => self.add(number, &octets(said)).await,
                    None => self.add(number, &[&octets(said)[..], b"\r\n"].concat()).await,
                }
            }
            ("C", Some(b'*')) => {
                let (count, said) = unspaced(&rest[1..]).split_once(' ').unwrap();
                self.add(number, &octets(said).repeat(count.parse().unwrap())).await;
            }
            ("S", Some(b':')) => {
                self.say().await;
                self.expect(number, unspaced(&rest[1..])).await;
            }
            ("@", Some(b' ')) => {
                self.say().await;
                self.act(number, &rest[1..]).await;
            }
            _ => panic!("not a line of a transcript: {line}"),
        }
    }

    async fn add(&mut self, number: u8, said: &[u8]) {
        if number != self.block.0 {
            self.say().await;
        }
        self.block.0 = number;
        self.block.1.extend(said);
    }

    fn connection(&mut self, number: u8) -> &mut Connection {
        let pipe_octets = if matches!(self.cut, Cut::Pieces(_)) { 16 } else { 64 << 10 };
        let world = &self.world;
        self.connections.entry(number).or_insert_with(|| {
            Connection::open(pipe_octets, |stream| world.serve(stream, Start::Greeting))
        })
    }

    /// Sends what the client has to say.
    async fn say(&mut self) {
        let (number, said) = (self.block.0, std::mem::take(&mut self.block.1));
        if said.is_empty() {
            return;
        }
        self.note('C', number, &said);
        let start = self.sent;
        self.sent += said.len();
        let cut = self.cut;
        let connection = self.connection(number);
        let pieces: Vec<&[u8]> = match cut {
            Cut::Behind(at) if (start..start + said.len()).contains(&at) => {
                let (one, two) = said.split_at(at - start);
                vec![one, two]
            }
            Cut::Whole | Cut::Behind(_) => vec![&said],
            Cut::Pieces(octets) => said.chunks(octets).collect(),
        };
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            connection.send(piece).await;
            // The server gets its turn before the next piece.
            for _ in 0..TURNS {
                tokio::task::yield_now().await;
            }
        }
    }

    async fn expect(&mut self, number: u8, wanted: &str) {
        if wanted == "..." {
            self.any = true;
            return;
        }
        let any = std::mem::take(&mut self.any);
        loop {
            let line = self.connection(number).line_within(W::SILENCE_MAX).await;
            let line = line.unwrap_or_else(|| panic!("the connection is closed; wanted: {wanted}"));
            self.note('S', number, &line);
            if fits(&line, wanted) {
                return;
            }
            let got = String::from_utf8_lossy(&line);
            assert!(any, "\n   got: {got}\nwanted: {wanted}");
        }
    }

    async fn act(&mut self, number: u8, act: &str) {
        self.note('@', number, act.as_bytes());
        let (verb, rest) = act.split_once(' ').unwrap_or((act, ""));
        match (verb, rest) {
            _ if act == WHOLE_ONLY => {}
            ("tls", "handshake") => {
                self.connection(number);
                if let Some(connection) = self.connections.get_mut(&number) {
                    let world = &self.world;
                    connection.upgrade(|stream| world.serve(stream, Start::AfterTls)).await;
                }
            }
            ("wait", seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds.parse().unwrap())).await;
            }
            ("send", rest) => {
                let (count, text) = rest.split_once(' ').unwrap();
                let flood = octets(text).repeat(count.parse().unwrap());
                self.connection(number).send(&flood).await;
            }
            ("hang", "up") => self.connections.remove(&number).unwrap().hang_up().await,
            ("closed", "") => {
                self.connection(number);
                let last = self.connections.remove(&number).unwrap().closed().await;
                let any = std::mem::take(&mut self.any);
                let said = String::from_utf8_lossy(&last);
                assert!(last.is_empty() || any, "said before closing: {said}");
                self.world.closed(&last);
            }
            (verb, rest) => {
                for line in self.world.act(verb, rest).await {
                    // A door's act makes plain lines, never another act.
                    Box::pin(self.play_line(&line, number)).await;
                }
                self.say().await;
            }
        }
    }

    /// Nothing more may have come; then the client leaves.
    async fn end(&mut self) {
        self.say().await;
        for (number, mut connection) in std::mem::take(&mut self.connections) {
            let rest = connection.rest().await;
            let shown = String::from_utf8_lossy(&rest);
            assert!(rest.is_empty() || self.any, "came unasked on connection {number}: {shown}");
            connection.hang_up().await;
        }
        self.world.end();
    }

    fn note(&mut self, side: char, number: u8, said: &[u8]) {
        if self.said.len() == SHOWN_LINES_MAX {
            self.said.pop_front();
        }
        let shown: String = String::from_utf8_lossy(said).chars().take(400).collect();
        self.said.push_back(format!("  {side}{number} {}", shown.trim_end().escape_debug()));
    }
}

fn unspaced(text: &str) -> &str {
    text.strip_prefix(' ').unwrap_or(text)
}

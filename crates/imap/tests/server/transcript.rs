//! Plays a transcript. `C:` goes to the server and `S:` must come from it; `C2:` and `S2:` are a second connection. `...`
//! in an `S:` line stands for anything, `S: ...` alone for any lines. `\r \n \\ \xNN` are octets; a `C:` line that ends
//! in `\-` has no line end. At the end nothing more may have come. `@` lines act from outside:
//!
//! `mail TEXT`, `large OCTETS`: delivers to the Inbox. `remove UIDS`, `flag UIDS`, `delete NAME`: what others do
//! meanwhile. `quota OCTETS MESSAGES` (0: none). `count NAME N`. `login` and `open` (which selects, too): the usual way
//! in. `tls`, `loopback`, `clear`: how connections are protected from here on. `tls handshake`. `send N X`: N times that
//! text. `junk N`. `hang up`, `closed`, `wait SECONDS`, `fail commits`, `fail space`, `fail bodies after N`, `mend`.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags};
use sasl::Security;

use crate::connection::Connection;
use crate::world::{World, uid_set};

/// How the client's octets reach the server.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cut {
    /// As they are written.
    Whole,
    /// In two pieces, cut behind this octet of all that the client says.
    At(usize),
    /// In pieces of this many octets, through a small pipe.
    Pieces(usize),
}

struct Player {
    world: World,
    cut: Cut,
    sent: usize,
    security: Security,
    connections: BTreeMap<u8, Connection>,
    /// An `S: ...` was seen: lines are passed over until one fits.
    any: bool,
    /// What the client says next, and over which connection.
    block: (u8, Vec<u8>),
}

/// Plays a transcript; gives how many octets the client sent.
pub(crate) async fn play(text: &str, cut: Cut) -> usize {
    let mut player = Player {
        world: World::new().await,
        cut,
        sent: 0,
        security: Security::Tls,
        connections: BTreeMap::new(),
        any: false,
        block: (1, Vec::new()),
    };
    for line in text.lines() {
        player.play_line(line).await;
    }
    player.say().await;
    for (number, mut connection) in player.connections {
        let rest = connection.rest().await;
        let rest = String::from_utf8_lossy(&rest).into_owned();
        assert!(rest.is_empty() || player.any, "came unasked on connection {number}: {rest}");
        connection.hang_up().await;
    }
    player.sent
}

impl Player {
    async fn play_line(&mut self, line: &str) {
        if line.is_empty() || line.starts_with('#') {
            return self.say().await;
        }
        if let Some(act) = line.strip_prefix('@') {
            self.say().await;
            let (number, act) = match act.split_once(' ').unwrap() {
                ("", act) => (1, act),
                (number, act) => (number.parse().unwrap(), act),
            };
            return self.act(number, act).await;
        }
        let (who, said) = line.split_once(':').unwrap_or_else(|| panic!("no such line: {line}"));
        let said = said.strip_prefix(' ').unwrap_or(said);
        let (side, number) = who.split_at(1);
        let number = if number.is_empty() { 1 } else { number.parse().unwrap() };
        match side {
            "C" => {
                if number != self.block.0 {
                    self.say().await;
                }
                self.block.0 = number;
                match said.strip_suffix("\\-") {
                    Some(said) => self.block.1.extend(octets(said)),
                    None => self.block.1.extend([&octets(said)[..], b"\r\n"].concat()),
                }
            }
            "S" => {
                self.say().await;
                self.expect(number, said).await;
            }
            _ => panic!("no such line: {line}"),
        }
    }

    fn connection(&mut self, number: u8) -> &mut Connection {
        let pipe_octets = if matches!(self.cut, Cut::Pieces(_)) { 16 } else { 64 << 10 };
        self.connections
            .entry(number)
            .or_insert_with(|| Connection::new(&self.world.service, self.security, pipe_octets))
    }

    async fn say(&mut self) {
        let (number, said) = (self.block.0, std::mem::take(&mut self.block.1));
        if !said.is_empty() {
            self.send(number, &said).await;
        }
    }

    async fn send(&mut self, number: u8, said: &[u8]) {
        let start = self.sent;
        self.sent += said.len();
        let cut = self.cut;
        let connection = self.connection(number);
        let pieces: Vec<&[u8]> = match cut {
            Cut::At(at) if (start..start + said.len()).contains(&at) => {
                let (one, two) = said.split_at(at - start);
                vec![one, two]
            }
            Cut::Whole | Cut::At(_) => vec![said],
            Cut::Pieces(octets) => said.chunks(octets).collect(),
        };
        for piece in pieces.into_iter().filter(|piece| !piece.is_empty()) {
            connection.send(piece).await;
            // The server gets its turn before the next piece.
            for _ in 0..3 {
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
        let connection = self.connection(number);
        loop {
            let line = connection.line().await;
            let line = line.unwrap_or_else(|| panic!("the connection is closed; wanted: {wanted}"));
            if fits(&line, wanted) {
                return;
            }
            let got = String::from_utf8_lossy(&line);
            assert!(any, "got:    {got}\nwanted: {wanted}");
        }
    }

    async fn act(&mut self, number: u8, act: &str) {
        let (verb, rest) = act.split_once(' ').unwrap_or((act, ""));
        let world = &self.world;
        match (verb, rest) {
            ("tls", "handshake") => self.connection(number).after_tls().await,
            ("tls", _) => self.security = Security::Tls,
            ("loopback", _) => self.security = Security::Loopback,
            ("clear", _) => self.security = Security::Clear,
            ("mail", text) => world.mail(&octets(text)).await,
            ("large", size) => world.mail(&large(size.parse().unwrap())).await,
            ("remove", uids) => {
                world.ana.remove(world.inbox(), &uid_set(uids)).await.unwrap();
            }
            ("flag", uids) => {
                let flags = FlagNames { system: Flags::FLAGGED, keywords: Vec::new() };
                let (uids, mode) = (uid_set(uids), FlagMode::Add);
                let store = Store { uids, mode, flags, unchanged_since: None };
                world.ana.store(world.inbox(), store).await.unwrap();
            }
            ("delete", name) => world.ana.delete_mailbox(world.mailbox(name)).await.unwrap(),
            ("quota", rest) => {
                let (octets, messages) = rest.split_once(' ').unwrap();
                let max = |text: &str| text.parse().ok().filter(|max| *max > 0);
                world.ana.set_quota(max(octets), max(messages)).await.unwrap();
            }
            ("count", rest) => {
                let (name, count) = rest.rsplit_once(' ').unwrap();
                assert_eq!(world.uids(name).len().to_string(), count, "messages in {name}");
            }
            ("fail", "commits") => world.engine.commits_fail.store(true, Ordering::SeqCst),
            ("fail", "space") => world.engine.space_ends.store(true, Ordering::SeqCst),
            ("fail", rest) => {
                let reads = rest.strip_prefix("bodies after ").unwrap().parse().unwrap();
                world.engine.bodies_left.store(reads, Ordering::SeqCst);
            }
            ("mend", _) => {
                world.engine.commits_fail.store(false, Ordering::SeqCst);
                world.engine.space_ends.store(false, Ordering::SeqCst);
                world.engine.bodies_left.store(-1, Ordering::SeqCst);
            }
            ("wait", seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds.parse().unwrap())).await;
            }
            ("login", _) => self.log_in(number).await,
            ("open", _) => {
                self.log_in(number).await;
                self.send(number, b"@ SELECT INBOX\r\n").await;
                self.expect(number, "...").await;
                self.expect(number, "@ OK ...").await;
            }
            ("send", rest) => {
                let (count, text) = rest.split_once(' ').unwrap();
                let flood = octets(text).repeat(count.parse().unwrap());
                self.connection(number).send(&flood).await;
            }
            ("junk", count) => {
                for _ in 0..count.parse().unwrap() {
                    self.send(number, b"j Host: example.org\r\n").await;
                    self.expect(number, "j BAD ...").await;
                }
            }
            ("hang", "up") => self.connections.remove(&number).unwrap().hang_up().await,
            ("closed", _) => {
                let last = self.connections.remove(&number).unwrap().closed().await;
                let any = std::mem::take(&mut self.any);
                let said = String::from_utf8_lossy(&last).into_owned();
                assert!(last.is_empty() || any, "said before closing: {said}");
            }
            _ => panic!("no such act: {act}"),
        }
    }

    async fn log_in(&mut self, number: u8) {
        self.expect(number, "* OK ...").await;
        self.send(number, b"@ LOGIN ana secret\r\n").await;
        self.expect(number, "@ OK ...").await;
    }
}

/// Whether a line is as wanted, where `...` stands for anything.
fn fits(line: &[u8], wanted: &str) -> bool {
    let parts: Vec<Vec<u8>> = wanted.split("...").map(octets).collect();
    let Some((first, others)) = parts.split_first() else { return false };
    let Some(mut rest) = line.strip_prefix(&first[..]) else { return false };
    let Some((last, between)) = others.split_last() else { return rest.is_empty() };
    for part in between {
        let found = rest.windows(part.len()).position(|window| window == &part[..]);
        let Some(at) = found else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// A message of this many octets, in lines.
pub(crate) fn large(size: usize) -> Vec<u8> {
    let mut text = b"Subject: large\r\n\r\n".to_vec();
    let line = b"All work and no play makes Jack a dull boy.\r\n";
    while text.len() + line.len() <= size - 2 {
        text.extend(line);
    }
    text.resize(size - 2, b'x');
    text.extend(b"\r\n");
    text
}

fn octets(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes().iter();
    while let Some(octet) = rest.next() {
        if *octet != b'\\' {
            out.push(*octet);
            continue;
        }
        match rest.next() {
            Some(b'r') => out.push(b'\r'),
            Some(b'n') => out.push(b'\n'),
            Some(b'\\') => out.push(b'\\'),
            Some(b'x') => {
                let digits = [*rest.next().unwrap(), *rest.next().unwrap()];
                out.push(u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap());
            }
            // So that flags can be written as they are: `\Seen`.
            Some(other) => out.extend([b'\\', *other]),
            None => out.push(b'\\'),
        }
    }
    out
}

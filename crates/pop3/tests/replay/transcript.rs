//! Plays a transcript. `C:` goes to the server and `S:` must come from it; `2C:` and `2S:` are a second connection. An
//! `S:` line may end in `...`; alone it stands for any lines. `\r \n \\ \xNN` are octets. `@` lines act from outside:
//!
//! `mail TEXT`, `large OCTETS`: delivers. `expunge UIDS`, `copy UIDS MAILBOX`: what IMAP would do meanwhile.
//! `mail in SECONDS TEXT`: delivers what came in then. `move UIDS FROM TO`, `read UIDS`, `undo`: the same. `retained N`:
//! what can be brought back. `choose WHO WHAT`: for `account` or a device, `delete hide`, `shows newest 3` and the like.
//! `pass SECONDS`: the host's clock. `upkeep N`: what the host removes by itself. `tokens`, `apop`: are to be had.
//! `uids UIDS`, `seen UIDS`: what must be in the Inbox, and be read. `count MAILBOX N`. `login NAME`: greeting, USER and PASS. `tls`, `loopback`,
//! `clear`: how connections are protected from here on. `tls handshake`. `send N X`: N times that octet. `junk N`.
//! `hang up`, `closed`, `wait SECONDS`, `fail commits`, `fail bodies after N`, `mend`.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::Duration;

use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags, MailboxName};
use sasl::Security;

use crate::connection::Connection;
use crate::world::{World, uid_set};

/// How the client's octets reach the server.
#[derive(Clone, Copy)]
pub(crate) enum Cut {
    /// As they are written.
    Whole,
    /// In two pieces, cut behind this octet of all that the client says.
    At(usize),
    /// One by one, through small pipes.
    Octets,
}

struct Player {
    world: World,
    cut: Cut,
    sent: usize,
    security: Security,
    connections: BTreeMap<u8, Connection>,
    /// An `S: ...` was seen: lines are passed over until one fits.
    any: bool,
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
    };
    let mut block: (u8, Vec<u8>) = (1, Vec::new());
    for line in text.lines() {
        let (number, rest) = match line.as_bytes().first() {
            Some(digit @ b'2'..=b'9') => (digit - b'0', &line[1..]),
            _ => (1, line),
        };
        let client = rest.strip_prefix("C:").filter(|_| number == block.0 || block.1.is_empty());
        if let Some(said) = client {
            block.0 = number;
            block.1.extend(octets(said.strip_prefix(' ').unwrap_or(said)));
            block.1.extend(b"\r\n");
            continue;
        }
        player.say(&mut block).await;
        if let Some(said) = rest.strip_prefix("C:") {
            block = (number, octets(said.strip_prefix(' ').unwrap_or(said)));
            block.1.extend(b"\r\n");
        } else if let Some(wanted) = rest.strip_prefix("S:") {
            player.expect(number, wanted.strip_prefix(' ').unwrap_or(wanted)).await;
        } else if let Some(act) = rest.strip_prefix("@ ") {
            player.act(number, act).await;
        } else {
            assert!(rest.is_empty() || rest.starts_with('#'), "not a line of a transcript: {line}");
        }
    }
    player.say(&mut block).await;
    for (_, connection) in player.connections {
        connection.hang_up().await;
    }
    player.sent
}

impl Player {
    fn connection(&mut self, number: u8) -> &mut Connection {
        let pipe_octets = if matches!(self.cut, Cut::Octets) { 16 } else { 64 << 10 };
        self.connections
            .entry(number)
            .or_insert_with(|| Connection::new(&self.world.service, self.security, pipe_octets))
    }

    async fn say(&mut self, block: &mut (u8, Vec<u8>)) {
        let (number, said) = (block.0, std::mem::take(&mut block.1));
        if said.is_empty() {
            return;
        }
        let start = self.sent;
        self.sent += said.len();
        let cut = self.cut;
        let connection = self.connection(number);
        let pieces: Vec<&[u8]> = match cut {
            Cut::At(at) if (start..start + said.len()).contains(&at) => {
                let (one, two) = said.split_at(at - start);
                vec![one, two]
            }
            Cut::Whole | Cut::At(_) => vec![&said],
            Cut::Octets => said.chunks(1).collect(),
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
            let fits = match wanted.strip_suffix("...") {
                Some(beginning) => line.starts_with(&octets(beginning)),
                None => line == octets(wanted),
            };
            if fits {
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
            ("tls", "handshake") => self.connection(number).after_stls().await,
            ("tls", _) => self.security = Security::Tls,
            ("loopback", _) => self.security = Security::Loopback,
            ("clear", _) => self.security = Security::Clear,
            ("mail", rest) if rest.starts_with("in ") => {
                let mut parts = rest.splitn(3, ' ').skip(1);
                let seconds = parts.next().unwrap().parse().unwrap();
                world.mail_at(seconds, &octets(parts.next().unwrap())).await;
            }
            ("mail", text) => world.mail(&octets(text)).await,
            ("large", size) => world.mail(&large(size.parse().unwrap())).await,
            ("expunge", uids) => {
                world.ana.remove(world.inbox(), &uid_set(uids)).await.unwrap();
            }
            ("move", rest) => {
                let parts: Vec<&str> = rest.split(' ').collect();
                let (from, to) = (world.mailbox(parts[1]), world.mailbox(parts[2]));
                world.ana.r#move(from, &uid_set(parts[0]), to).await.unwrap();
            }
            ("read", uids) => {
                let flags = FlagNames { system: Flags::SEEN, ..FlagNames::default() };
                let (uids, mode) = (uid_set(uids), FlagMode::Add);
                let change = Store { uids, mode, flags, unchanged_since: None };
                world.ana.store(world.inbox(), change).await.unwrap();
            }
            ("undo", _) => {
                let removed_by = world.ana.retained(1).unwrap()[0].modseq;
                world.ana.bring_back(removed_by, None).await.unwrap();
            }
            ("retained", count) => {
                let retained = world.ana.retained(100).unwrap();
                let entries: usize = retained.iter().map(|r| r.entries.len()).sum();
                assert_eq!(entries.to_string(), count);
            }
            ("choose", rest) => {
                let (who, what) = rest.split_once(' ').unwrap();
                world.choose(who, what).await;
            }
            ("pass", seconds) => world.pass(seconds.parse().unwrap()),
            ("upkeep", count) => {
                assert_eq!(world.ana.pop3_upkeep().await.unwrap().to_string(), count);
            }
            ("tokens", _) => world.people.tokens.store(true, Ordering::SeqCst),
            ("apop", _) => world.people.apop.store(true, Ordering::SeqCst),
            ("seen", uids) => assert_eq!(world.read("INBOX"), uid_set(uids)),
            ("copy", rest) => {
                let (uids, name) = rest.split_once(' ').unwrap();
                let to = world.mailbox(name);
                world.ana.copy(world.inbox(), &uid_set(uids), to).await.unwrap();
            }
            ("rename", rest) => {
                let (from, to) = rest.split_once(' ').unwrap();
                let to = MailboxName::new(to).unwrap();
                world.ana.rename_mailbox(world.mailbox(from), &to).await.unwrap();
            }
            ("uids", uids) => assert_eq!(world.uids("INBOX"), uid_set(uids)),
            ("count", rest) => {
                let (name, count) = rest.split_once(' ').unwrap();
                assert_eq!(world.uids(name).len().to_string(), count);
            }
            ("fail", "commits") => world.engine.commits_fail.store(true, Ordering::SeqCst),
            ("fail", rest) => {
                let reads = rest.strip_prefix("bodies after ").unwrap().parse().unwrap();
                world.engine.bodies_left.store(reads, Ordering::SeqCst);
            }
            ("mend", _) => {
                world.engine.commits_fail.store(false, Ordering::SeqCst);
                world.engine.bodies_left.store(-1, Ordering::SeqCst);
            }
            ("wait", seconds) => {
                tokio::time::sleep(Duration::from_secs(seconds.parse().unwrap())).await;
            }
            ("login", name) => {
                let lines = format!("USER {name}\r\nPASS secret\r\n");
                self.connection(number).send(lines.as_bytes()).await;
                for _ in 0..3 {
                    self.expect(number, "+OK ...").await;
                }
            }
            ("send", rest) => {
                let (count, octet) = rest.split_once(' ').unwrap();
                let flood = octet.repeat(count.parse().unwrap());
                self.connection(number).send(flood.as_bytes()).await;
            }
            ("junk", count) => {
                for _ in 0..count.parse().unwrap() {
                    self.connection(number).send(b"Host: example.org\r\n").await;
                    self.expect(number, "-ERR ...").await;
                }
            }
            ("hang", "up") => self.connections.remove(&number).unwrap().hang_up().await,
            ("closed", _) => {
                let last = self.connections.remove(&number).unwrap().closed().await;
                let any = std::mem::take(&mut self.any);
                let said = String::from_utf8_lossy(&last).into_owned();
                assert!(last.is_empty() || any, "said before closing: {said}");
                assert!(!said.ends_with("\r\n.\r\n"), "half a message looks whole");
            }
            _ => panic!("no such act: {act}"),
        }
    }
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
            _ => panic!("no such escape: {text}"),
        }
    }
    out
}

//! What the acts of POP3 transcripts do (the format is that of the crate `transcript`):
//!
//! `mail TEXT`, `large OCTETS`: delivers. `expunge UIDS`, `copy UIDS MAILBOX`: what IMAP would do meanwhile.
//! `mail in SECONDS TEXT`: delivers what came in then. `move UIDS FROM TO`, `read UIDS`, `undo`: the same. `retained N`:
//! what can be brought back. `choose WHO WHAT`: for `account` or a device, `delete hide`, `shows newest 3` and the like.
//! `pass SECONDS`: the host's clock. `upkeep N`: what the host removes by itself. `tokens`, `apop`: are to be had.
//! `uids UIDS`, `seen UIDS`: what must be in the Inbox, and be read. `count MAILBOX N`. `login NAME`: greeting, USER and
//! PASS. `tls`, `loopback`, `clear`: how connections are protected from here on. `junk N`: that many lines of another
//! protocol. `damage UID`, `damage UID after OCTETS`: octets of a message are damaged. `fail commits`, `fail bodies after N`, `mend`.

use conformance::uid_set;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags, MailboxName};
use pop3::{End, First, serve};
use sasl::{Peer, Security};
use tokio::io::DuplexStream;
use transcript::{Connection, Served, Start, large_message, octets};

use crate::world::World;

const JUNK: [&str; 2] = ["C: Host: example.org", "S: -ERR ..."];

impl World {
    /// Connects under TLS.
    pub(crate) fn connect(&self, pipe_octets: usize) -> Connection {
        let serve = |stream| transcript::World::serve(self, stream, Start::Greeting);
        Connection::open(pipe_octets, serve)
    }
}

impl transcript::World for World {
    async fn begin() -> World {
        World::new().await
    }

    fn serve(
        &self,
        stream: DuplexStream,
        start: Start,
    ) -> impl Future<Output = Served> + Send + 'static {
        let service = Arc::clone(&self.service);
        let (security, first) = match start {
            Start::Greeting => (self.security, First::Greeting),
            Start::AfterTls => (Security::Tls, First::AfterStls),
        };
        async move {
            match serve(stream, service, Peer::new(None, security), first).await {
                End::Closed => Served::Closed,
                End::StartTls(stream) => Served::WantsTls(stream),
            }
        }
    }

    async fn act(&mut self, verb: &str, rest: &str) -> Vec<String> {
        match (verb, rest) {
            ("tls", _) => self.security = Security::Tls,
            ("loopback", _) => self.security = Security::Loopback,
            ("clear", _) => self.security = Security::Clear,
            ("mail", rest) if rest.starts_with("in ") => {
                let mut parts = rest.splitn(3, ' ').skip(1);
                let seconds = parts.next().unwrap().parse().unwrap();
                self.mail_at(seconds, &octets(parts.next().unwrap())).await;
            }
            ("mail", text) => self.mail(&octets(text)).await,
            ("large", size) => self.mail(&large_message(size.parse().unwrap())).await,
            ("expunge", uids) => {
                self.ana.remove(self.inbox(), &uid_set(uids)).await.unwrap();
            }
            ("move", rest) => {
                let parts: Vec<&str> = rest.split(' ').collect();
                let (from, to) = (self.mailbox(parts[1]), self.mailbox(parts[2]));
                self.ana.r#move(from, &uid_set(parts[0]), to).await.unwrap();
            }
            ("read", uids) => {
                let flags = FlagNames { system: Flags::SEEN, ..FlagNames::default() };
                let (uids, mode) = (uid_set(uids), FlagMode::Add);
                let change = Store { uids, mode, flags, unchanged_since: None };
                self.ana.store(self.inbox(), change).await.unwrap();
            }
            ("undo", _) => {
                let removed_by = self.ana.retained(1).unwrap()[0].modseq;
                self.ana.bring_back(removed_by, None).await.unwrap();
            }
            ("retained", count) => {
                let retained = self.ana.retained(100).unwrap();
                let entries: usize = retained.iter().map(|r| r.entries.len()).sum();
                assert_eq!(entries.to_string(), count);
            }
            ("choose", rest) => {
                let (who, what) = rest.split_once(' ').unwrap();
                self.choose(who, what).await;
            }
            ("pass", seconds) => self.pass(seconds.parse().unwrap()),
            ("upkeep", count) => {
                assert_eq!(self.ana.pop3_upkeep().await.unwrap().to_string(), count);
            }
            ("tokens", _) => self.people.tokens.store(true, Ordering::SeqCst),
            ("apop", _) => self.people.apop.store(true, Ordering::SeqCst),
            ("seen", uids) => assert_eq!(self.read("INBOX"), uid_set(uids)),
            ("copy", rest) => {
                let (uids, name) = rest.split_once(' ').unwrap();
                let to = self.mailbox(name);
                self.ana.copy(self.inbox(), &uid_set(uids), to).await.unwrap();
            }
            ("rename", rest) => {
                let (from, to) = rest.split_once(' ').unwrap();
                let to = MailboxName::new(to).unwrap();
                self.ana.rename_mailbox(self.mailbox(from), &to).await.unwrap();
            }
            ("uids", uids) => assert_eq!(self.uids("INBOX"), uid_set(uids)),
            ("count", rest) => {
                let (name, count) = rest.split_once(' ').unwrap();
                assert_eq!(self.uids(name).len().to_string(), count);
            }
            ("damage", rest) => self.damage(rest),
            ("fail", rest) => self.engine.fail(rest),
            ("mend", _) => self.engine.mend(),
            ("login", name) => {
                let mut lines = vec![format!("C: USER {name}"), "C: PASS secret".to_owned()];
                lines.extend(["S: +OK ..."; 3].map(str::to_owned));
                return lines;
            }
            ("junk", count) => {
                return JUNK
                    .repeat(count.parse().unwrap())
                    .into_iter()
                    .map(str::to_owned)
                    .collect();
            }
            _ => panic!("no such act: {verb} {rest}"),
        }
        Vec::new()
    }

    fn closed(&self, last: &[u8]) {
        assert!(!last.ends_with(b"\r\n.\r\n"), "half a message looks whole");
    }
}

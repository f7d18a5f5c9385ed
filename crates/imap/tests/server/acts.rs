//! What the acts of IMAP transcripts do (the format is that of the crate `transcript`):
//!
//! `mail TEXT`, `large OCTETS`: delivers to the Inbox. `remove UIDS`, `flag UIDS`, `delete NAME`: what others do
//! meanwhile. `seen-by-each NAME`, `seen-by-all NAME`: whose `\Seen` is. `forget`: what changed so far is remembered no more. `quota OCTETS MESSAGES` (0: none). `count NAME N`. `login` and `open` (which selects, too): the usual way
//! in. `tls`, `loopback`, `clear`: how connections are protected from here on. `junk N`: that many lines of another
//! protocol. `impatient`: clients hear at each step that
//! their commands go on. `damage UID`, `damage UID after OCTETS`: octets of a message are damaged. `fail commits`, `fail space`, `fail bodies after N`, `mend`.

use conformance::uid_set;
use std::sync::Arc;

use imap::server::{End, First, serve};
use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags, SeenBy, Timestamp};
use sasl::{Peer, Security};
use tokio::io::DuplexStream;
use transcript::{Served, Start, large_message, octets};

use crate::world::World;

const LOGIN: [&str; 3] = ["S: * OK ...", "C: @ LOGIN ana secret", "S: @ OK ..."];
const SELECT: [&str; 3] = ["C: @ SELECT INBOX", "S: ...", "S: @ OK ..."];
const JUNK: [&str; 2] = ["C: j Host: example.org", "S: j BAD ..."];

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
            Start::AfterTls => (Security::Tls, First::AfterTls),
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
            ("impatient", _) => Arc::make_mut(&mut self.service).patience.progress_s = 0,
            ("mail", text) => self.mail(&octets(text)).await,
            ("large", size) => self.mail(&large_message(size.parse().unwrap())).await,
            ("remove", uids) => {
                self.ana.remove(self.inbox(), &uid_set(uids)).await.unwrap();
            }
            ("flag", uids) => {
                let flags = FlagNames { system: Flags::FLAGGED, keywords: Vec::new() };
                let (uids, mode) = (uid_set(uids), FlagMode::Add);
                let store = Store { uids, mode, flags, unchanged_since: None };
                self.ana.store(self.inbox(), store).await.unwrap();
            }
            ("forget", _) => {
                self.ana.forget_changes(Timestamp(i64::MAX), 0).await.unwrap();
            }
            ("seen-by-each", name) => {
                self.ana.set_seen_by(self.mailbox(name), SeenBy::EachUser).await.unwrap();
            }
            ("seen-by-all", name) => {
                self.ana.set_seen_by(self.mailbox(name), SeenBy::Everybody).await.unwrap();
            }
            ("delete", name) => self.ana.delete_mailbox(self.mailbox(name)).await.unwrap(),
            ("quota", rest) => {
                let (octets, messages) = rest.split_once(' ').unwrap();
                let max = |text: &str| text.parse().ok().filter(|max| *max > 0);
                self.ana.set_quota(max(octets), max(messages)).await.unwrap();
            }
            ("count", rest) => {
                let (name, count) = rest.rsplit_once(' ').unwrap();
                assert_eq!(self.uids(name).len().to_string(), count, "messages in {name}");
            }
            ("damage", rest) => self.damage(rest),
            ("fail", rest) => self.engine.fail(rest),
            ("mend", _) => self.engine.mend(),
            ("login", _) => return lines(&LOGIN),
            ("open", _) => return lines(&[LOGIN, SELECT].concat()),
            ("junk", count) => return lines(&JUNK.repeat(count.parse().unwrap())),
            _ => panic!("no such act: {verb} {rest}"),
        }
        Vec::new()
    }
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

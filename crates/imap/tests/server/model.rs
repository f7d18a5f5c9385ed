//! Two sessions and others at the same mailbox, at random; each session has a client that knows only what it was told.
//! Numbers move only when they may, UIDs name one message for ever, what one is told OK the others see at their next
//! sync, and a cache that is fed by QRESYNC alone is the mailbox.

use std::collections::{BTreeMap, BTreeSet};

use imap::client::{Client, Fault};
use imap::response::{Code, Condition, Response, When};
use imap::wire::Flag;
use imap::{Dialect, Feature, command, commands, fetch};
use mailbox::ModSeq;
use sasl::{Peer, Security};
use tokio::io::DuplexStream;

use crate::world::World;

/// A simple generator: the same numbers for the same seed, everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

/// What a client believes of the mailbox.
#[derive(Default)]
struct Belief {
    /// By number: the UID and flags, as far as they were told.
    messages: Vec<(Option<u32>, Option<BTreeSet<String>>)>,
    gone: BTreeSet<u32>,
    uid_validity: u32,
    modseq: u64,
}

fn names(flags: &[Flag]) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for flag in flags {
        let mut name = Vec::new();
        flag.print(&mut name);
        let name = String::from_utf8(name).unwrap().to_lowercase();
        if name != "\\recent" {
            all.insert(name);
        }
    }
    all
}

impl Belief {
    /// Takes in what was told with one command. `by_number`: no number may move.
    fn hear(&mut self, responses: &[Response], code: Option<&Code>, by_number: bool) {
        let mut highest = 0;
        let mut point = None;
        for response in responses {
            match response {
                Response::Exists(count) => {
                    assert!(*count as usize >= self.messages.len(), "EXISTS falls");
                    self.messages.resize(*count as usize, (None, None));
                }
                Response::Expunge(number) => {
                    assert!(!by_number, "EXPUNGE during a command by number");
                    let (uid, _) = self.messages.remove(*number as usize - 1);
                    self.gone.extend(uid);
                }
                Response::Vanished(vanished) => {
                    assert!(!by_number, "VANISHED during a command by number");
                    for (first, last) in vanished.uids.resolve(u32::MAX) {
                        (first..=last).for_each(|uid| self.vanish(uid, vanished.when));
                    }
                }
                Response::Fetch(fetched) => {
                    highest = highest.max(self.fetched(fetched));
                }
                Response::Untagged(status) => {
                    if let Some(Code::HighestModSeq(modseq)) = &status.code {
                        point = Some(modseq.0);
                    }
                }
                _ => {}
            }
        }
        if let Some(Code::HighestModSeq(modseq)) = code {
            point = Some(modseq.0);
        }
        // RFC 7162, 6
        self.modseq = point.unwrap_or(self.modseq.max(highest));
        let known: Vec<u32> = self.messages.iter().filter_map(|message| message.0).collect();
        assert!(known.is_sorted_by(|a, b| a < b), "UIDs do not ascend: {known:?}");
        assert!(known.iter().all(|uid| !self.gone.contains(uid)), "a UID came back: {known:?}");
    }

    fn vanish(&mut self, uid: u32, when: When) {
        let at = self.messages.iter().position(|message| message.0 == Some(uid));
        match (when, at) {
            (When::Now, Some(at)) => {
                self.messages.remove(at);
                self.gone.insert(uid);
            }
            // One that it heard of by EXISTS alone: between those of lower and of higher UIDs.
            (When::Now, None) => {
                let above = |message: &(Option<u32>, _)| message.0.is_some_and(|known| known > uid);
                let end = self.messages.iter().position(above).unwrap_or(self.messages.len());
                let unknown = self.messages[..end].iter().rposition(|message| message.0.is_none());
                let at = unknown.unwrap_or_else(|| panic!("VANISHED {uid}, which was never here"));
                self.messages.remove(at);
                self.gone.insert(uid);
            }
            (When::Earlier, Some(_)) => panic!("VANISHED (EARLIER) {uid}, which is here"),
            (When::Earlier, None) => drop(self.gone.insert(uid)),
        }
    }

    fn fetched(&mut self, fetched: &fetch::Fetched) -> u64 {
        let message = &mut self.messages[fetched.number as usize - 1];
        if let Some(uid) = fetched.uid() {
            assert!(message.0.is_none_or(|known| known == uid), "number {} moved", fetched.number);
            message.0 = Some(uid);
        }
        if let Some(flags) = fetched.flags() {
            message.1 = Some(names(flags));
        }
        let modseq = fetched.answers.iter().find_map(|answer| match answer {
            fetch::Answer::ModSeq(modseq) => Some(modseq.0),
            _ => None,
        });
        modseq.unwrap_or(0)
    }

    /// What a client works out for itself after a silent STORE.
    fn store(&mut self, number: usize, mode: &str, flag: &str) {
        let Some((_, Some(flags))) = self.messages.get_mut(number) else { return };
        let flag = flag.to_lowercase();
        match mode {
            "+" => drop(flags.insert(flag)),
            "-" => drop(flags.remove(&flag)),
            _ => *flags = BTreeSet::from([flag]),
        }
    }
}

struct Session {
    client: Client<DuplexStream>,
    belief: Belief,
    qresync: bool,
    name: char,
}

impl Session {
    async fn connect(world: &World, name: char, qresync: bool) -> Session {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let peer = Peer::new(None, Security::Tls);
        let service = std::sync::Arc::clone(&world.service);
        tokio::spawn(imap::server::serve(theirs, service, peer, imap::server::First::Greeting));
        let mut client = Client::begin(ours, Security::Tls).await.unwrap();
        client.login("ana", "secret").await.unwrap();
        if qresync {
            client.enable(&[Feature::Qresync]).await.unwrap();
        }
        Session { client, belief: Belief::default(), qresync, name }
    }

    /// Opens the mailbox for the first time.
    async fn open(&mut self) {
        let selected = self.client.select("INBOX").await.unwrap();
        self.belief.uid_validity = selected.uid_validity.unwrap();
        self.belief.modseq = selected.highest_modseq.unwrap_or(ModSeq(0)).0;
        self.belief.messages.resize(selected.exists as usize, (None, None));
        self.learn().await;
    }

    /// Comes back with what it remembers, hears what changed since, and nothing else.
    async fn reopen(&mut self, world: &World) {
        let old = std::mem::take(&mut self.belief);
        let mut cache: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
        for (uid, flags) in &old.messages {
            cache.insert(uid.unwrap(), flags.clone().unwrap());
        }
        *self = Session::connect(world, self.name, true).await;
        let resync = commands::Resync::Qresync(commands::Qresync {
            uid_validity: old.uid_validity,
            modseq: ModSeq(old.modseq),
            known_uids: None,
            matches: None,
        });
        let selected =
            self.client.open("INBOX", commands::Access::ReadWrite, resync).await.unwrap();
        for (first, last) in selected.vanished.iter().flat_map(|set| set.resolve(u32::MAX)) {
            (first..=last).for_each(|uid| drop(cache.remove(&uid)));
        }
        for fetched in &selected.changed {
            cache.insert(fetched.uid().unwrap(), names(fetched.flags().unwrap()));
        }
        assert_eq!(cache.len(), selected.exists as usize, "the cache is not the mailbox");
        self.belief = Belief {
            messages: cache.into_iter().map(|(uid, flags)| (Some(uid), Some(flags))).collect(),
            gone: old.gone,
            uid_validity: selected.uid_validity.unwrap(),
            modseq: selected.highest_modseq.unwrap().0,
        };
        for fetched in &selected.changed {
            let known = self.belief.messages[fetched.number as usize - 1].0;
            assert_eq!(known, fetched.uid(), "the numbers do not fit");
        }
        self.compare(world);
    }

    /// Asks for what it was not told of new messages.
    async fn learn(&mut self) {
        loop {
            let unknown = |message: &(Option<u32>, Option<BTreeSet<String>>)| {
                message.0.is_none() || message.1.is_none()
            };
            let Some(at) = self.belief.messages.iter().position(unknown) else { return };
            self.say(&format!("FETCH {}:* (UID FLAGS)", at + 1), true).await;
        }
    }

    /// Gives a command. Whether it was done.
    async fn say(&mut self, text: &str, by_number: bool) -> bool {
        let dialect =
            if self.qresync { Dialect::REV1.with(Feature::Qresync) } else { Dialect::REV1 };
        let parsed = command::parse(format!("x {text}").as_bytes(), dialect).unwrap();
        let done = match self.client.run(parsed.command).await {
            Ok(done) => done,
            Err(Fault::Refused(status)) => {
                assert_eq!(status.condition, Condition::No, "{text}: {}", status.text);
                let responses: Vec<Response> = self.client.take_news().collect();
                self.belief.hear(&responses, status.code.as_ref(), by_number);
                return false;
            }
            Err(fault) => panic!("{text}: {fault}"),
        };
        if let Some((numbers, mode, flag)) = silent(text) {
            numbers.for_each(|number| self.belief.store(number - 1, mode, flag));
        }
        self.belief.hear(&done.responses, done.code.as_ref(), by_number);
        true
    }

    async fn sync(&mut self, world: &World) {
        self.say("NOOP", false).await;
        self.learn().await;
        self.compare(world);
    }

    fn compare(&self, world: &World) {
        let state = world.ana.state(world.inbox()).unwrap();
        let want: Vec<(Option<u32>, Option<BTreeSet<String>>)> = state
            .entries
            .iter()
            .map(|entry| {
                let mut flags = BTreeSet::new();
                for (flag, name) in [
                    (mailbox::Flags::SEEN, "\\seen"),
                    (mailbox::Flags::FLAGGED, "\\flagged"),
                    (mailbox::Flags::DELETED, "\\deleted"),
                ] {
                    if entry.flags.contains(flag) {
                        flags.insert(name.to_owned());
                    }
                }
                let keywords = state.keywords_of(entry.flags).map(|k| k.as_str().to_lowercase());
                flags.extend(keywords);
                (Some(entry.uid.number()), Some(flags))
            })
            .collect();
        assert_eq!(self.belief.messages, want, "session {} believes something else", self.name);
    }
}

/// The numbers, mode and flag of `STORE 1:2 +FLAGS.SILENT (\Seen)`.
fn silent(text: &str) -> Option<(std::ops::RangeInclusive<usize>, &str, &str)> {
    let words: Vec<&str> = text.split(' ').collect();
    let [store, set, item, flag] = words[..] else { return None };
    let mode = item.strip_suffix("FLAGS.SILENT").filter(|_| store == "STORE")?;
    let (first, last) = set.split_once(':').unwrap_or((set, set));
    let flag = flag.trim_matches(['(', ')']);
    Some((first.parse().unwrap()..=last.parse().unwrap(), mode, flag))
}

const FLAGS: [&str; 4] = ["\\Seen", "\\Flagged", "\\Deleted", "$Work"];

async fn step(session: &mut Session, world: &World, random: &mut Random) {
    let count = session.belief.messages.len();
    let some = |random: &mut Random| {
        let first = random.below(count.max(1) as u64) + 1;
        let last = (first + random.below(3)).min(count.max(1) as u64);
        (first, last)
    };
    let (first, last) = some(random);
    let uid = session.belief.messages.get(first as usize - 1).and_then(|m| m.0).unwrap_or(1);
    let flag = random.pick(&FLAGS);
    let mode = random.pick(&["+", "-", ""]);
    match random.below(15) {
        0 | 1 => world.mail(b"Subject: new\r\n\r\nHello\r\n").await,
        _ if count == 0 => drop(session.say("NOOP", false).await),
        2 => drop(session.say(&format!("STORE {first}:{last} {mode}FLAGS ({flag})"), true).await),
        3 | 4 => {
            let text = format!("STORE {first}:{last} {mode}FLAGS.SILENT ({flag})");
            session.say(&text, true).await;
        }
        5 => drop(session.say(&format!("UID STORE {uid}:* +FLAGS ({flag})"), false).await),
        6 => drop(session.say("EXPUNGE", false).await),
        7 => drop(session.say(&format!("UID EXPUNGE {uid}:{}", uid + 5), false).await),
        8 => drop(session.say(&format!("FETCH {first}:{last} BODY[TEXT]"), true).await),
        9 => drop(session.say(&format!("UID FETCH {uid}:* FLAGS"), false).await),
        10 => drop(session.say(&format!("SEARCH {first}:{last} SEEN"), true).await),
        11 => drop(session.say(&format!("MOVE {first} Archive"), false).await),
        12 => drop(session.say(&format!("COPY {first}:{last} INBOX"), true).await),
        13 if session.qresync => {
            // What it was told by EXISTS alone it fetches in any case (RFC 7162, 6).
            session.learn().await;
            session.reopen(world).await;
        }
        _ => drop(session.say("NOOP", false).await),
    }
    if random.below(2) == 0 {
        session.learn().await;
    }
}

async fn life(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let world = World::new().await;
    for _ in 0..5 {
        world.mail(b"Subject: old\r\n\r\nHello\r\n").await;
    }
    let mut sessions = [
        Session::connect(&world, 'A', false).await,
        Session::connect(&world, 'B', true).await,
        Session::connect(&world, 'C', true).await,
    ];
    for session in &mut sessions {
        session.open().await;
    }
    for _ in 0..60 {
        let which = random.below(3) as usize;
        step(&mut sessions[which], &world, &mut random).await;
        if random.below(6) == 0 {
            for session in &mut sessions {
                session.sync(&world).await;
            }
        }
    }
    for session in &mut sessions {
        session.sync(&world).await;
    }
}

#[test]
fn clients_know_what_they_are_told() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for seed in 1..=60 {
        let lived = std::panic::catch_unwind(|| runtime.block_on(life(seed)));
        assert!(lived.is_ok(), "seed {seed}");
    }
}

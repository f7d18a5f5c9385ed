//! NOTIFY against a model: others deliver, flag, remove, copy, rename, make, delete and subscribe at random, the client does the same
//! beside them, and it knows only what it is told. Every change is told, and none that was not asked for, that did not
//! happen, or that the client made itself (RFC 5465).

mod asked;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use conformance::Random;
use imap::client::Client;
use imap::commands::{self, StatusItem};
use imap::fetch::{Fetched, items};
use imap::response::{ListLine, MailboxStatus, Response};
use imap::server::{First, serve};
use imap::wire::{By, Flag, Messages, Point, SequenceSet};
use mailbox::operations::Store;
use mailbox::{FlagMode, FlagNames, Flags, MailboxKind, MailboxName, Uid, UidSet};
use sasl::{Peer, Security};
use tokio::io::{DuplexStream, duplex};

use crate::world::World;
use asked::Asked;

const NAMES: [&str; 9] = ["a", "a/b", "a/b/c", "b", "b/a", "c", "c/d", "d", "d/e/f"];

/// The figures of a mailbox: messages, next UID, UIDVALIDITY, unseen.
type Figures = (u64, u64, u64, Option<u64>);

/// What the client believes.
#[derive(Default)]
struct Belief {
    names: BTreeSet<String>,
    subscribed: BTreeSet<String>,
    figures: BTreeMap<String, Figures>,
    /// By number.
    open: Vec<(Option<u32>, Option<BTreeSet<String>>)>,
}

/// What others did and was not told yet: how often something may be told of a name.
#[derive(Default)]
struct Due {
    listed: BTreeMap<String, usize>,
    renamed: Vec<(String, String)>,
    figures: BTreeMap<String, usize>,
    came: BTreeSet<u32>,
    went: BTreeSet<u32>,
    flagged: BTreeSet<u32>,
}

struct Run {
    world: World,
    client: Client<DuplexStream>,
    asked: Asked,
    random: Random,
    belief: Belief,
    due: Due,
    what: String,
}

fn flags_of(flags: &[Flag]) -> BTreeSet<String> {
    let name = |flag: &Flag| {
        let mut name = Vec::new();
        flag.print(&mut name);
        String::from_utf8(name).unwrap().to_lowercase()
    };
    flags.iter().map(name).filter(|name| name != "\\recent").collect()
}

fn figures_of(status: &MailboxStatus) -> Figures {
    let number = |item| status.number(item);
    let messages = number(StatusItem::MESSAGES).unwrap();
    let next = number(StatusItem::UIDNEXT).unwrap();
    (messages, next, number(StatusItem::UIDVALIDITY).unwrap(), number(StatusItem::UNSEEN))
}

/// One less; none left is a fault.
fn use_up(due: &mut BTreeMap<String, usize>, name: &str, what: &str) {
    let left = due.get_mut(name).filter(|left| **left > 0);
    *left.unwrap_or_else(|| panic!("{what} of {name}, to which nothing happened")) -= 1;
}

impl Run {
    async fn begin(asked: Asked, seed: u64) -> Run {
        let world = World::new().await;
        for name in ["a", "a/b", "b", "c/d"] {
            world.ana.create_mailbox(&MailboxName::new(name).unwrap(), None).await.unwrap();
        }
        for name in ["b", "a/b"] {
            world.ana.subscribe(&MailboxName::new(name).unwrap()).await.unwrap();
        }
        for _ in 0..6 {
            world.mail(b"Subject: x\r\n\r\nHello\r\n").await;
        }
        let (here, there) = duplex(1 << 16);
        let peer = Peer::new(None, Security::Tls);
        tokio::spawn(serve(there, Arc::clone(&world.service), peer, First::Greeting));
        let mut client = Client::begin(here, Security::Tls).await.unwrap();
        client.login("ana", "secret").await.unwrap();
        let exists = client.select("INBOX").await.unwrap().exists;
        let random = Random::seeded(seed);
        let (belief, due) = (Belief::default(), Due::default());
        let what = format!("{asked:?}, seed {seed}");
        let mut run = Run { world, client, asked, random, belief, due, what };
        run.belief.names = run.names();
        run.belief.subscribed = run.subscribed();
        run.belief.open.resize(exists as usize, (None, None));
        run.look(By::Number, 1, exists).await;
        for status in run.client.watch_with_status(asked.groups()).await.unwrap() {
            run.belief.figures.insert(status.mailbox.as_str().to_owned(), figures_of(&status));
        }
        let told: BTreeSet<String> = run.belief.figures.keys().cloned().collect();
        assert_eq!(told, run.watched(), "{}", run.what);
        run
    }

    /// The names of all mailboxes that can be opened.
    fn names(&self) -> BTreeSet<String> {
        let all = self.world.ana.mailboxes().unwrap();
        let open = all.iter().filter(|mailbox| mailbox.kind == MailboxKind::Selectable);
        open.map(|mailbox| mailbox.name.as_str().to_owned()).collect()
    }

    fn subscribed(&self) -> BTreeSet<String> {
        let all = self.world.ana.subscriptions().unwrap();
        all.iter().map(|name| name.as_str().to_owned()).collect()
    }

    /// The mailboxes of whose messages the client hears.
    fn watched(&self) -> BTreeSet<String> {
        let subscribed = self.subscribed();
        let hears = |name: &String| name != "INBOX" && self.asked.hears_messages(name, &subscribed);
        self.names().into_iter().filter(hears).collect()
    }

    /// Asks for some messages. Where numbers move at any time, they cannot be used (RFC 5465, 5.3).
    async fn look(&mut self, by: By, first: u32, last: u32) {
        let (first, last) = (Point::new(first).unwrap(), Point::new(last).unwrap());
        let fetch = commands::Fetch {
            by,
            messages: Messages::Set(SequenceSet::from_ranges([(first, last)]).unwrap()),
            items: vec![items::Uid.into(), items::Flags.into()],
            changed_since: None,
            vanished: commands::Vanished::Untold,
            partial: None,
        };
        let done = self.client.run(fetch).await.unwrap();
        for response in done.responses {
            match response {
                Response::Fetch(fetched) => self.belief.fetched(&fetched),
                Response::Expunge(_) if by == By::Number => {
                    panic!("{}: EXPUNGE in FETCH by number", self.what)
                }
                other => self.hear(other),
            }
        }
    }

    fn hear(&mut self, response: Response) {
        let what = self.what.clone();
        match response {
            Response::List(line) => self.listed(&line),
            Response::MailboxStatus(status) => {
                let name = status.mailbox.as_str().to_owned();
                assert_ne!(name, "INBOX", "{what}: STATUS of the open mailbox");
                let subscribed = self.subscribed();
                assert!(self.asked.hears_messages(&name, &subscribed), "{what}: STATUS of {name}");
                use_up(&mut self.due.figures, &name, &format!("{what}: STATUS"));
                self.belief.figures.insert(name, figures_of(&status));
            }
            Response::Exists(count) => {
                assert!(self.asked.hears_open(), "{what}: EXISTS");
                assert!(count as usize >= self.belief.open.len(), "{what}: EXISTS falls");
                self.belief.open.resize(count as usize, (None, None));
            }
            Response::Expunge(number) => {
                let (uid, _) = self.belief.open.remove(number as usize - 1);
                assert!(self.due.went.remove(&uid.unwrap()), "{what}: EXPUNGE of {uid:?}");
            }
            Response::Fetch(fetched) => {
                let uid = fetched.uid().unwrap();
                let is_new = self.due.came.remove(&uid);
                let is_changed = self.due.flagged.remove(&uid) && self.asked.hears_flags();
                assert!(is_new || is_changed, "{what}: FETCH of {uid}, which nobody touched");
                self.belief.fetched(&fetched);
            }
            Response::Recent(_) | Response::Flags(_) | Response::Untagged(_) => {}
            other => panic!("{what}: {other:?}"),
        }
    }

    fn listed(&mut self, line: &ListLine) {
        let name = line.mailbox.as_str().to_owned();
        let what = format!("{}: LIST", self.what);
        assert!(
            self.asked.hears_name(&name) || line.old_name.is_some(),
            "{what} of {name}, which is not watched"
        );
        if let Some(old) = &line.old_name {
            let old = old.as_str().to_owned();
            let pair = (old.clone(), name.clone());
            let at = self.due.renamed.iter().position(|due| *due == pair);
            self.due.renamed.remove(at.unwrap_or_else(|| panic!("{what} of {pair:?}")));
            self.belief.rename(&old, &name);
        } else {
            use_up(&mut self.due.listed, &name, &what);
        }
        if line.has("NonExistent") {
            self.belief.names.remove(&name);
            self.belief.figures.remove(&name);
        } else {
            self.belief.names.insert(name.clone());
        }
        if line.has("Subscribed") {
            self.belief.subscribed.insert(name);
        } else {
            self.belief.unsubscribed(&name, self.asked);
        }
    }

    /// Something that others do. What may be told of it is what differs.
    async fn others(&mut self) {
        let (names, validities) = (self.names(), self.validities());
        let one: Vec<String> = names.iter().cloned().collect();
        let name = self.random.one_of(&one).unwrap().clone();
        let id = self.world.mailbox(&name);
        let uids: Vec<Uid> = self.world.uids(&name).iter().collect();
        let uid = self.random.one_of(&uids).copied();
        let some: UidSet = uid.into_iter().collect();
        let other = (*self.random.one_of(&NAMES).unwrap()).to_owned();
        let other_name = MailboxName::new(&other).unwrap();
        let ana = self.world.ana.clone();
        match self.random.below(13) {
            0..=2 => {
                self.world.mail(b"Subject: y\r\n\r\nHello\r\n").await;
                let last = self.world.uids("INBOX").iter().last().unwrap().number();
                self.due.came.insert(last);
            }
            3 | 4 => {
                let inbox = self.world.inbox();
                let from: UidSet = self.world.uids("INBOX").iter().take(1).collect();
                if !from.is_empty() && name != "INBOX" {
                    ana.copy(inbox, &from, id).await.unwrap();
                    self.happened(&name);
                }
            }
            5 | 6 => {
                if let Some(uid) = uid {
                    let system = [Flags::FLAGGED, Flags::SEEN][self.random.below(2)];
                    let mode = [FlagMode::Add, FlagMode::Remove][self.random.below(2)];
                    let flags = FlagNames { system, keywords: Vec::new() };
                    let store = Store { uids: some, mode, flags, unchanged_since: None };
                    ana.store(id, store).await.unwrap();
                    match name.as_str() {
                        "INBOX" => drop(self.due.flagged.insert(uid.number())),
                        _ if self.asked.hears_flags() => self.happened(&name),
                        _ => {}
                    }
                }
            }
            7 => {
                if let Some(uid) = uid.filter(|_| uids.len() > 1) {
                    ana.remove(id, &some).await.unwrap();
                    match name.as_str() {
                        "INBOX" => drop(self.due.went.insert(uid.number())),
                        _ => self.happened(&name),
                    }
                }
            }
            8 | 9 => {
                // It may be there already.
                let _ = ana.create_mailbox(&other_name, None).await;
            }
            // Of what lies below a name that is not watched nobody is told when that is renamed (RFC 5465, 5.4).
            10 if name != "INBOX" && self.asked.hears_name(&name) => {
                if ana.rename_mailbox(id, &other_name).await.is_ok() {
                    self.moved(&name, &other);
                }
                return;
            }
            11 if name != "INBOX" => ana.delete_mailbox(id).await.unwrap(),
            _ => {
                let subscribed = self.subscribed().contains(&other);
                match subscribed {
                    true => ana.unsubscribe(&other_name).await.unwrap(),
                    false => ana.subscribe(&other_name).await.unwrap(),
                }
                if self.asked.hears_subscriptions() && self.asked.hears_name(&other) {
                    self.may_be_listed(&other);
                }
            }
        }
        self.names_changed(&names, &validities);
    }

    fn validities(&self) -> BTreeMap<String, u32> {
        let all = self.world.ana.mailboxes().unwrap();
        all.iter().map(|it| (it.name.as_str().to_owned(), it.uid_validity.0)).collect()
    }

    fn happened(&mut self, name: &str) {
        *self.due.figures.entry(name.to_owned()).or_default() += 1;
    }

    fn may_be_listed(&mut self, name: &str) {
        *self.due.listed.entry(name.to_owned()).or_default() += 1;
    }

    /// What came and went since: with each, the one above it.
    fn names_changed(&mut self, names: &BTreeSet<String>, before: &BTreeMap<String, u32>) {
        let after = self.validities();
        let now = self.names();
        for (name, validity) in before.iter().chain(&after) {
            let same = before.get(name) == after.get(name);
            if same && names.contains(name) == now.contains(name) {
                continue;
            }
            self.may_be_listed(name);
            if after.get(name) == Some(validity) {
                self.happened(name);
            }
            if let Some((parent, _)) = name.rsplit_once('/') {
                self.may_be_listed(parent);
            }
        }
    }

    /// A mailbox was renamed with all below it; what was dropped or made for it above is counted as well.
    fn moved(&mut self, from: &str, to: &str) {
        self.due.renamed.push((from.to_owned(), to.to_owned()));
        for name in [from, to] {
            let mut above = name.rsplit_once('/');
            while let Some((parent, _)) = above {
                self.may_be_listed(parent);
                self.may_be_listed(parent);
                self.happened(parent);
                above = parent.rsplit_once('/');
            }
        }
        // Figures that are due may be on their way already, under the old name.
        for (name, count) in self.due.figures.clone() {
            if let Some(name) = renamed(&name, from, to) {
                *self.due.figures.entry(name).or_default() += count;
            }
        }
    }

    /// Something that the client does itself, of which it must not be told.
    async fn itself(&mut self) {
        let other = (*self.random.one_of(&NAMES).unwrap()).to_owned();
        let exists = self.belief.open.len();
        match self.random.below(7) {
            0 => {
                let made = self.client.create(&other).await.is_ok();
                // What was told before the answer may be from before.
                self.take_in();
                if made {
                    // Those above it are made with it.
                    self.belief.names = self.names_with(&other);
                }
            }
            1 => {
                self.client.subscribe(&other).await.unwrap();
                self.take_in();
                self.belief.subscribed.insert(other);
            }
            2 => {
                self.client.unsubscribe(&other).await.unwrap();
                self.take_in();
                self.belief.unsubscribed(&other, self.asked);
            }
            3 => {
                let _ = self.client.append("a", &[], None, b"Subject: z\r\n\r\nx\r\n").await;
                self.take_in();
                self.belief.figures.remove("a");
            }
            4 if exists > 0 => {
                let number = self.random.below(exists);
                let Some(uid) = self.belief.open[number].0 else { return };
                let store = commands::Store {
                    by: By::Uid,
                    messages: Messages::Set(SequenceSet::one(Point::new(uid).unwrap())),
                    unchanged_since: None,
                    mode: FlagMode::Add,
                    echo: commands::Echo::Told,
                    flags: vec![Flag::Answered],
                };
                // It may be gone already; and what else is new comes with the answer.
                let Ok(done) = self.client.run(store).await else { return };
                for response in done.responses {
                    match response {
                        Response::Fetch(fetched) if fetched.uid() == Some(uid) => {
                            self.due.flagged.remove(&uid);
                            self.belief.fetched(&fetched);
                        }
                        other => self.hear(other),
                    }
                }
            }
            _ if exists > 0 => {
                let index = self.random.below(exists);
                match (self.asked, self.belief.open[index].0) {
                    (Asked::All | Asked::NamedWithoutFlags, Some(uid)) => {
                        self.look(By::Uid, uid, uid).await;
                    }
                    (Asked::All | Asked::NamedWithoutFlags, None) => {}
                    (Asked::DelayedAndTree | Asked::SubscribedOnly, _) => {
                        let number = index as u32 + 1;
                        self.look(By::Number, number, number).await;
                    }
                }
            }
            _ => {}
        }
        self.take_in();
    }

    fn names_with(&self, made: &str) -> BTreeSet<String> {
        let mut names = self.belief.names.clone();
        let mut above = Some(made);
        while let Some(name) = above {
            // A name that only held others still does.
            if name == made || self.names().contains(name) {
                names.insert(name.to_owned());
            }
            above = name.rsplit_once('/').map(|(parent, _)| parent);
        }
        names
    }

    fn take_in(&mut self) {
        for response in self.client.take_news().collect::<Vec<_>>() {
            self.hear(response);
        }
    }

    /// Once all is told, the client knows what there is.
    async fn check(&mut self) {
        self.client.noop().await.unwrap();
        self.take_in();
        while let Some(response) = self.client.listen(Duration::from_millis(1)).await.unwrap() {
            self.hear(response);
        }
        let what = self.what.clone();
        let (names, subscribed) = (self.names(), self.subscribed());
        let heard = |names: &BTreeSet<String>| -> BTreeSet<String> {
            names.iter().filter(|name| self.asked.hears_name(name)).cloned().collect()
        };
        assert_eq!(heard(&self.belief.names), heard(&names), "{what}: names");
        if self.asked.hears_subscriptions() {
            assert_eq!(heard(&self.belief.subscribed), heard(&subscribed), "{what}: subscriptions");
        }
        for mailbox in self.world.ana.mailboxes().unwrap().iter() {
            let Some(told) = self.belief.figures.get(mailbox.name.as_str()) else { continue };
            if !self.asked.hears_messages(mailbox.name.as_str(), &subscribed) {
                continue;
            }
            let (validity, next) = (mailbox.uid_validity.0, mailbox.uid_next.number());
            let unseen = told.3.map(|_| mailbox.unseen);
            let want = (mailbox.messages, u64::from(next), u64::from(validity), unseen);
            assert_eq!(*told, want, "{what}: figures of {}", mailbox.name.as_str());
        }
        if self.asked.hears_open() {
            let state = self.world.ana.state(self.world.inbox()).unwrap();
            let uids: Vec<Option<u32>> =
                state.entries.iter().map(|entry| Some(entry.uid.number())).collect();
            let told: Vec<Option<u32>> = self.belief.open.iter().map(|one| one.0).collect();
            assert_eq!(told, uids, "{what}: messages");
            for (entry, (_, flags)) in state.entries.iter().zip(&self.belief.open) {
                let has = |flag, name: &str| {
                    let told = flags.as_ref().unwrap().contains(name);
                    !self.asked.hears_flags() || told == entry.flags.contains(flag)
                };
                let same = has(Flags::SEEN, "\\seen") && has(Flags::FLAGGED, "\\flagged");
                assert!(same, "{what}: flags of {:?}", entry.uid);
            }
        }
        let (asked, known) = (self.asked, self.belief.subscribed.clone());
        self.belief.figures.retain(|name, _| asked.hears_messages(name, &known));
        self.due = Due::default();
    }
}

/// The name that a mailbox has once this one above it, or it itself, is renamed.
fn renamed(name: &str, from: &str, to: &str) -> Option<String> {
    let rest = name.strip_prefix(from)?;
    (rest.is_empty() || rest.starts_with('/')).then(|| format!("{to}{rest}"))
}

impl Belief {
    fn fetched(&mut self, fetched: &Fetched) {
        let message = &mut self.open[fetched.number as usize - 1];
        if let Some(uid) = fetched.uid() {
            assert!(message.0.is_none_or(|known| known == uid), "number {} moved", fetched.number);
            message.0 = Some(uid);
        }
        if let Some(flags) = fetched.flags() {
            message.1 = Some(flags_of(flags));
        }
    }

    /// Figures that are not told any more are soon those of the past.
    fn unsubscribed(&mut self, name: &str, asked: Asked) {
        self.subscribed.remove(name);
        if !asked.hears_messages(name, &self.subscribed) {
            self.figures.remove(name);
        }
    }

    fn rename(&mut self, from: &str, to: &str) {
        let names = std::mem::take(&mut self.names);
        let new = |name: String| renamed(&name, from, to).unwrap_or(name);
        self.names = names.into_iter().map(new).collect();
        let figures = std::mem::take(&mut self.figures);
        self.figures = figures.into_iter().map(|(name, it)| (new(name), it)).collect();
    }
}

/// Time stands still but where all wait for it.
#[tokio::test(start_paused = true)]
async fn each_change_is_told_and_nothing_else() {
    for asked in Asked::EACH {
        for seed in 1..=12 {
            let mut run = Run::begin(asked, seed).await;
            for round in 0..40 {
                run.what = format!("{asked:?}, seed {seed}, round {round}");
                for _ in 0..=run.random.below(4) {
                    match run.random.below(5) {
                        0 => run.itself().await,
                        1 => {
                            let wait = Duration::from_millis(1);
                            if let Some(response) = run.client.listen(wait).await.unwrap() {
                                run.hear(response);
                            }
                        }
                        _ => run.others().await,
                    }
                }
                run.check().await;
            }
        }
    }
}

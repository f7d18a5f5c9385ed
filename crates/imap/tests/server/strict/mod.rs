//! Several sessions of one account that change mail in the middle of each other's commands, each driven by a strict
//! client: numbers, UIDs, EXISTS, flags and mod-sequences have to fit what was told before, and one answer has to be of
//! one moment that really was. All of it follows from a seed; nothing sleeps, and no thread but one runs.

mod client;
mod opening;
mod truth;

use std::sync::{Arc, Mutex};

use conformance::Random;
use imap::response::{Code, Response};
use imap::server::{Introduced, Patience, Service, StartTls, Stopping};
use imap::wire::{By, Flag};
use mailbox::engine::Engine;
use mailbox::{
    Account, AccountId, Accounts, Door, MailboxId, MailboxName, Policy, SetClock, Timestamp, Who,
};

use self::client::{Asked, Mode, Moves, Strict, Told, numbers};
use self::truth::{Past, Staggered};
use crate::people::People;

pub(super) struct World {
    service: Arc<Service>,
    past: Arc<Mutex<Past>>,
    ana: Account,
}

impl World {
    async fn new(seed: u64) -> World {
        let engine = Arc::new(Staggered::new(seed));
        let past = Arc::clone(&engine.past);
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let accounts = Accounts::new(engine as Arc<dyn Engine>, clock, Policy::default());
        accounts.create(AccountId(1), &Who::at(Door::Admin)).await.unwrap();
        let ana = accounts.open(AccountId(1), Who::at(Door::Delivery)).unwrap();
        let service = Arc::new(Service {
            accounts,
            directory: Arc::new(People),
            host_name: "mail.example.org".into(),
            version: "1.2.3".into(),
            start_tls: StartTls::Offered,
            patience: Patience::default(),
            stopping: Stopping::never(),
            introduced: Introduced::nobody(),
            jmap_url: None,
            metadata: imap::server::ServerMetadata::default(),
        });
        World { service, past, ana }
    }

    fn mailbox(&self, name: &str) -> MailboxId {
        self.ana.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id
    }
}

const MAILBOXES: [&str; 2] = ["INBOX", "Archive"];
const FLAGS: [&str; 4] = ["\\Seen", "\\Flagged", "\\Deleted", "$Work"];
const FIGURES: &str = "MESSAGES UIDNEXT UNSEEN DELETED SIZE DELETED-STORAGE";

fn message(random: &mut Random) -> Vec<u8> {
    let lines = if random.once_in(4) { 60 } else { 1 };
    let text = "Hello, here are some words to fill a line with.\r\n".repeat(lines);
    format!("Subject: {}\r\n\r\n{text}", random.below(1_000)).into_bytes()
}

/// Some numbers, and the same as UIDs, as far as they are known.
fn some(strict: &Strict, random: &mut Random) -> (usize, usize) {
    let count = strict.opened().slots.len().max(1);
    let first = random.below(count) + 1;
    (first, (first + random.below(4)).min(count))
}

impl Strict {
    fn uids(&self, numbers: (usize, usize)) -> Vec<u32> {
        let slots = self.opened().slots.get(numbers.0 - 1..numbers.1).unwrap_or_default();
        slots.iter().filter_map(|slot| slot.uid).collect()
    }

    /// Somebody else has removed one of these: the only reason to refuse.
    fn must_be_gone(&self, told: &Told, (first, last): (usize, usize), uids: &[u32]) {
        let Some(text) = &told.refused else { return };
        self.must(told.code == Some(Code::ExpungeIssued), text);
        if uids.len() < last + 1 - first {
            return;
        }
        let id = self.opened().id;
        let past = self.past();
        let here = |uid: &u32| past.last(id).state.entries.iter().any(|e| e.uid.number() == *uid);
        let all_here = uids.iter().all(here);
        drop(past);
        self.must(!all_here, "EXPUNGEISSUED, but all of them are there");
    }

    async fn store(&mut self, random: &mut Random) {
        let asked = some(self, random);
        let uids = self.uids(asked);
        let (flag, mode) = (FLAGS[random.below(4)], ["+", "-", ""][random.below(3)]);
        let silent = random.once_in(2);
        let by_uid = random.once_in(2) && !uids.is_empty();
        let since = (self.mode != Mode::Plain && random.once_in(3)).then_some(self.opened().modseq);
        let unchanged = since.map_or(String::new(), |since| format!(" (UNCHANGEDSINCE {since})"));
        let (first, last) = asked;
        let (verb, moves) = match by_uid {
            true => (format!("UID STORE {}:{}", uids[0], uids[uids.len() - 1]), Moves::Any),
            false => (format!("STORE {first}:{last}"), Moves::None),
        };
        let item = if silent { "FLAGS.SILENT" } else { "FLAGS" };
        let told = self.say(&format!("{verb}{unchanged} {mode}{item} ({flag})")).await;
        self.must_be_gone(&told, asked, &uids);
        let modified: Vec<u32> = match &told.code {
            Some(Code::Modified(set)) => numbers(set).collect(),
            _ => Vec::new(),
        };
        self.must(modified.is_empty() || since.is_some(), "MODIFIED without UNCHANGEDSINCE");
        if silent && told.refused.is_none() {
            self.work_out((first, last), by_uid, &modified, mode, flag);
        }
        self.hear(&told, moves);
    }

    /// What a client works out for itself after a silent STORE.
    fn work_out(
        &mut self,
        (first, last): (usize, usize),
        by_uid: bool,
        modified: &[u32],
        mode: &str,
        flag: &str,
    ) {
        let slots = &mut self.picture.as_mut().unwrap().slots;
        for (index, slot) in slots.iter_mut().enumerate().take(last).skip(first - 1) {
            let named = if by_uid { slot.uid.unwrap_or(0) } else { index as u32 + 1 };
            let Some(flags) = &mut slot.flags else { continue };
            let flag = flag.to_lowercase();
            match mode {
                _ if modified.contains(&named) => {}
                "+" => drop(flags.insert(flag)),
                "-" => drop(flags.remove(&flag)),
                _ => *flags = [flag].into(),
            }
        }
    }

    async fn copy(&mut self, verb: &str, random: &mut Random) {
        let asked = some(self, random);
        let uids = self.uids(asked);
        let by_uid = random.once_in(2) && !uids.is_empty();
        let to = MAILBOXES[random.below(2)];
        let (first, last) = asked;
        let text = match by_uid {
            true => format!("UID {verb} {}:{} {to}", uids[0], uids[uids.len() - 1]),
            false => format!("{verb} {first}:{last} {to}"),
        };
        let moves = if by_uid || verb == "MOVE" { Moves::Any } else { Moves::None };
        let told = self.run(&text, moves).await;
        if by_uid {
            self.must(told.refused.is_none(), "UIDs that are gone are no mistake");
        } else {
            self.must_be_gone(&told, asked, &uids);
        }
        let codes = told.responses.iter().filter_map(|response| match response {
            Response::Untagged(status) => status.code.as_ref(),
            _ => None,
        });
        let copied = codes.chain(&told.code).find_map(|code| match code {
            Code::CopyUid(validity, from, to) => Some((*validity, from.clone(), to.clone())),
            _ => None,
        });
        let Some((validity, from, new)) = copied else { return };
        let (from, new): (Vec<u32>, Vec<u32>) = (from.numbers().collect(), new.numbers().collect());
        self.must(from.len() == new.len(), "COPYUID does not pair");
        if !by_uid && verb == "COPY" && uids.len() == last + 1 - first {
            self.must(from == uids, "COPY of a part");
        }
        let (source, target) = (self.opened().id, self.world.mailbox(to));
        for (old, new) in from.iter().zip(&new) {
            let email = |mailbox, uid: u32| {
                let past = self.past();
                let changes = past.messages.get(&(mailbox, uid));
                changes.and_then(|changes| changes.values().next()).map(|m| m.email)
            };
            let (was, is) = (email(source, *old), email(target, *new));
            // What came and went in one commit nobody ever saw.
            let same = was.zip(is).is_none_or(|(was, is)| was == is);
            self.must(same, "COPYUID pairs different messages");
        }
        let right = self.past().last(target).state.uid_validity.0 == validity;
        self.must(right, "COPYUID has another UIDVALIDITY");
        if verb == "MOVE" {
            let slots = &self.opened().slots;
            let left = slots.iter().any(|slot| slot.uid.is_some_and(|uid| from.contains(&uid)));
            self.must(!left, "MOVE did not tell what is gone");
        }
    }

    async fn append(&mut self, random: &mut Random) {
        let to = MAILBOXES[random.below(2)];
        let id = self.world.mailbox(to);
        let messages: Vec<Vec<u8>> = (0..1 + random.below(3)).map(|_| message(random)).collect();
        let flags = if random.once_in(2) { vec![Flag::Seen] } else { Vec::new() };
        let all: Vec<_> = messages.iter().map(|m| (flags.clone(), None, m.as_slice())).collect();
        let appended = self.client.append_several(to, &all).await.unwrap().unwrap();
        let uids: Vec<u32> = appended.uids.numbers().collect();
        let told = Told { refused: None, code: None, responses: self.client.take_news().collect() };
        self.note_said(&told);
        if self.picture.is_some() {
            self.hear(&told, Moves::Any);
        }
        self.must(uids.len() == all.len(), "APPENDUID counts other messages");
        {
            let past = self.past();
            let right = past.last(id).state.uid_validity.0 == appended.uid_validity;
            let came = |uid: &u32| *uid < past.last(id).state.uid_next.number();
            let all_came = uids.iter().all(came);
            drop(past);
            self.must(right && all_came, "APPENDUID names what never came");
        }
        let Some(picture) = &self.picture else { return };
        if picture.id == id {
            let unknown = picture.slots.iter().filter(|slot| slot.uid.is_none()).count();
            let past = self.past();
            let left = uids
                .iter()
                .filter(|uid| past.last(id).state.entries.iter().any(|e| e.uid.number() == **uid));
            let left = left.count();
            drop(past);
            self.must(unknown >= left, "APPEND to the open mailbox did not tell EXISTS");
        }
    }

    async fn find(&mut self, random: &mut Random) {
        let (first, last) = some(self, random);
        let count = self.opened().slots.len();
        let flag = match random.below(5) {
            0 => None,
            1 => Some(("\\seen", true, "SEEN")),
            2 => Some(("\\seen", false, "UNSEEN")),
            3 => Some(("\\flagged", true, "FLAGGED")),
            _ => Some(("$work", true, "KEYWORD $Work")),
        };
        let by_number = random.once_in(2);
        let modseq = (self.mode != Mode::Plain && random.once_in(2))
            .then(|| self.opened().modseq.saturating_sub(random.below(5) as u64));
        let by = if random.once_in(2) { By::Uid } else { By::Number };
        let mut text = if by == By::Uid { "UID SEARCH " } else { "SEARCH " }.to_owned();
        if random.once_in(2) {
            text.push_str("RETURN (MIN MAX COUNT ALL) ");
        }
        if by_number {
            text.push_str(&format!("{first}:{last} "));
        }
        text.push_str(flag.map_or("ALL", |(_, _, key)| key));
        if let Some(modseq) = modseq {
            text.push_str(&format!(" MODSEQ {modseq}"));
        }
        let numbers = if by_number { first..=last } else { 1..=usize::MAX };
        let asked = Asked { by, numbers, flag: flag.map(|(name, there, _)| (name, there)), modseq };
        let moves = match by == By::Uid && !by_number {
            true => Moves::Any,
            false => Moves::None,
        };
        // What came meanwhile is in the answer, too, and cannot be looked at.
        if count > 0 {
            self.search(&text, asked, moves).await;
        }
    }

    async fn fetch(&mut self, random: &mut Random) {
        let numbers = some(self, random);
        let (first, last) = numbers;
        let uids = self.uids(numbers);
        let uid = uids.first().copied().unwrap_or(1);
        let since = self.opened().modseq.saturating_sub(random.below(6) as u64).max(1);
        let (text, moves) = match (random.below(5), self.mode) {
            (0, _) => (format!("FETCH {first}:{last} (UID BODY[TEXT])"), Moves::None),
            (1, _) => (format!("UID FETCH {uid}:* (FLAGS BODY.PEEK[])"), Moves::Any),
            (2, Mode::Qresync) => {
                (format!("UID FETCH 1:* (FLAGS) (CHANGEDSINCE {since} VANISHED)"), Moves::Any)
            }
            (2 | 3, Mode::Condstore | Mode::Qresync) => {
                (format!("FETCH 1:* (FLAGS) (CHANGEDSINCE {since})"), Moves::None)
            }
            _ => (format!("FETCH {first}:{last} (FLAGS)"), Moves::None),
        };
        let told = self.run(&text, moves).await;
        self.must_be_gone(&told, numbers, &uids);
    }

    async fn step(&mut self, random: &mut Random) {
        let choice = random.below(24);
        match choice {
            0 | 1 => return self.append(random).await,
            2 | 3 => {
                // To ask for the last one enables CONDSTORE (RFC 7162, 3.1.2).
                let more = if self.mode == Mode::Plain { "" } else { " HIGHESTMODSEQ" };
                let text = match MAILBOXES.get(random.below(3)) {
                    Some(name) => format!("STATUS {name} ({FIGURES}{more})"),
                    None => format!("LIST \"\" * RETURN (STATUS ({FIGURES}{more}))"),
                };
                drop(self.run(&text, Moves::Any).await);
                return;
            }
            4..=8 => {
                self.leave(random).await;
                let name = MAILBOXES[random.below(4) / 3];
                return self.select(name, random).await;
            }
            9 => return self.idle().await,
            10 if random.once_in(3) => {
                // Lines of the change log go, and with them what is known of what vanished.
                let most = random.below(12) as u64;
                return self.world.ana.forget_changes(Timestamp(0), most).await.unwrap();
            }
            _ => {}
        }
        if self.opened().slots.is_empty() {
            drop(self.run("NOOP", Moves::Any).await);
            return;
        }
        match choice {
            11..=13 if self.opened().writable => self.store(random).await,
            14 | 15 if self.opened().writable => {
                let numbers = some(self, random);
                let uids = self.uids(numbers);
                let text = match random.once_in(2) && !uids.is_empty() {
                    true => format!("UID EXPUNGE {}:{}", uids[0], uids[uids.len() - 1]),
                    false => "EXPUNGE".to_owned(),
                };
                let told = self.run(&text, Moves::Any).await;
                self.must(told.refused.is_none(), "EXPUNGE was refused");
            }
            16 => self.copy("COPY", random).await,
            17 if self.opened().writable => self.copy("MOVE", random).await,
            18 | 19 => self.find(random).await,
            20..=22 => self.fetch(random).await,
            _ => drop(self.run("NOOP", Moves::Any).await),
        }
    }

    async fn live(mut self, seed: u64) -> Strict {
        let mut random = Random::seeded(seed);
        self.select("INBOX", &mut random).await;
        for _ in 0..40 {
            for _ in 0..random.below(6) {
                tokio::task::yield_now().await;
            }
            self.step(&mut random).await;
            if random.once_in(2) {
                self.learn().await;
            }
        }
        self
    }
}

async fn life(seed: u64) {
    let world = Arc::new(World::new(seed).await);
    let mut random = Random::seeded(seed);
    let modes = [Mode::Plain, Mode::Condstore, Mode::Qresync, Mode::Qresync, Mode::Qresync];
    let mut first = Strict::connect(&world, 'A', Mode::Plain).await;
    for _ in 0..6 {
        first.append(&mut random).await;
    }
    let mut lives = Vec::new();
    for (name, mode) in ('B'..).zip(modes) {
        let strict = Strict::connect(&world, name, mode).await;
        lives.push(tokio::spawn(strict.live(seed.wrapping_mul(100) + u64::from(u32::from(name)))));
    }
    let mut ended = Vec::new();
    for life in lives {
        ended.push(life.await.unwrap());
    }
    for mut strict in ended {
        strict.run("NOOP", Moves::Any).await;
        strict.learn().await;
        strict.compare();
    }
}

/// The lives of these seeds.
fn lives(seeds: std::ops::RangeInclusive<u64>) {
    let mut fallen = Vec::new();
    for seed in seeds {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        let lived = std::panic::catch_unwind(|| runtime.block_on(life(seed)));
        fallen.extend(lived.is_err().then_some(seed));
    }
    assert!(fallen.is_empty(), "seeds {fallen:?}");
}

#[test]
fn strict_clients_find_nothing_wrong() {
    lives(1..=40);
}

//! A client that keeps the results of its searches by what ADDTO and REMOVEFROM say has what a new search gives, whatever
//! others and it itself do meanwhile (RFC 5267, 4.3).

use std::collections::BTreeMap;
use std::sync::Arc;

use imap::client::{Client, Found};
use imap::commands::SearchReturn;
use imap::response::{Change, Response};
use imap::search::Key;
use imap::search::keys::{self, Envelope, Field, Flag as FlagKey};
use imap::server::{First, serve};
use imap::wire::{Flag, Point, SequenceSet};
use mailbox::operations::Store;
use mailbox::{Direction, FlagMode, FlagNames, Flags, SortField, SortKey, Uid, UidSet};
use sasl::{Binding, Credentials, Nonce, Peer, Secret, Security};
use tokio::io::{DuplexStream, duplex};

use crate::world::World;

/// A search, and how it is sorted.
#[derive(Clone)]
struct Asked {
    key: Key,
    keys: Option<Vec<SortKey>>,
}

struct Kept {
    asked: Asked,
    uids: Vec<u32>,
}

struct Strict {
    client: Client<DuplexStream>,
    kept: BTreeMap<String, Kept>,
}

impl Strict {
    async fn connect(world: &World) -> Strict {
        let (here, there) = duplex(777);
        let peer = Peer::new(None, Security::Tls);
        tokio::spawn(serve(there, Arc::clone(&world.service), peer, First::Greeting));
        let mut client = Client::begin(here, Security::Tls).await.unwrap();
        let credentials = Credentials::password("ana", Secret::new("secret"));
        client.log_in(credentials, Nonce::from_random([3; 18]), Binding::Unable).await.unwrap();
        client.select("INBOX").await.unwrap();
        Strict { client, kept: BTreeMap::new() }
    }

    async fn ask(&mut self, asked: &Asked, update: bool) -> (String, Vec<u32>) {
        let returns = Some(SearchReturn { all: true, update, ..SearchReturn::default() });
        let key = asked.key.clone();
        let found = match &asked.keys {
            Some(keys) => self.client.sort_messages(keys.clone(), key, returns).await.unwrap(),
            None => self.client.search_returning(key, returns).await.unwrap(),
        };
        let Found::Extended(esearch) = &found else { panic!("no ESEARCH: {found:?}") };
        let tag = esearch.tag.clone().unwrap();
        (tag, found.numbers(1_000))
    }

    async fn keep(&mut self, asked: Asked) {
        let (tag, uids) = self.ask(&asked, true).await;
        self.kept.insert(tag, Kept { asked, uids });
    }

    /// Takes in what it has heard, as strictly as the standard has it.
    fn take_in(&mut self) {
        let news: Vec<Response> = self.client.take_news().collect();
        for response in news {
            let Response::Esearch(told) = response else { continue };
            let kept = self.kept.get_mut(&told.tag.unwrap()).expect("no context of this tag");
            for change in told.changes {
                match change {
                    Change::AddTo(pairs) => {
                        for (place, numbers) in pairs {
                            kept.add(place, &numbers);
                        }
                    }
                    Change::RemoveFrom(pairs) => {
                        for (place, numbers) in pairs {
                            kept.remove(place, &numbers);
                        }
                    }
                }
            }
        }
    }

    async fn check(&mut self, what: &str) {
        self.client.noop().await.unwrap();
        self.take_in();
        let all: Vec<(Asked, Vec<u32>)> =
            self.kept.values().map(|kept| (kept.asked.clone(), kept.uids.clone())).collect();
        for (asked, uids) in all {
            let (_, want) = self.ask(&asked, false).await;
            assert_eq!(uids, want, "{what}: {:?}", asked.keys);
        }
    }
}

impl Kept {
    fn add(&mut self, place: u32, numbers: &SequenceSet) {
        for (offset, uid) in numbers.numbers().enumerate() {
            assert!(!self.uids.contains(&uid), "{uid} comes twice");
            let at = match place {
                0 => self.uids.partition_point(|other| *other < uid),
                place => place as usize - 1 + offset,
            };
            self.uids.insert(at, uid);
        }
    }

    fn remove(&mut self, place: u32, numbers: &SequenceSet) {
        for uid in numbers.numbers() {
            let at = match place {
                0 => self.uids.iter().position(|other| *other == uid).unwrap(),
                place => place as usize - 1,
            };
            assert_eq!(self.uids.remove(at), uid, "another stands at {place}");
        }
    }
}

fn key(field: SortField, direction: Direction) -> SortKey {
    SortKey { field, direction }
}

fn asked() -> Vec<Asked> {
    let subject = |text: &str| Key::from(Envelope { field: Field::Subject, text: text.into() });
    let by_subject = key(SortField::Subject, Direction::Ascending);
    let by_date = key(SortField::Date, Direction::Descending);
    let by_modseq = key(SortField::ModSeq, Direction::Descending);
    vec![
        Asked { key: Key::from(FlagKey::Flagged), keys: None },
        Asked { key: Key::and(vec![subject("a"), Key::from(FlagKey::Seen).negate()]), keys: None },
        Asked { key: keys::All.into(), keys: Some(vec![by_subject, by_date]) },
        Asked { key: Key::from(FlagKey::Flagged).negate(), keys: Some(vec![by_date]) },
        Asked { key: subject("b"), keys: Some(vec![by_modseq]) },
    ]
}

#[tokio::test]
async fn what_a_client_keeps_by_updates_is_what_a_search_gives() {
    for seed in 1..=6u32 {
        let world = World::new().await;
        let mut state = seed;
        let mut below = move |end: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            ((u64::from(state) * u64::from(end)) >> 32) as u32
        };
        let text = |a: u32, b: u32| {
            let subject = ["a", "b", "ab", "Re: a", "c", "Re: [x] b"][a as usize];
            format!(
                "Subject: {subject}\r\nDate: Mon, {} Jan 2024 10:00:00 +0000\r\n\r\nx\r\n",
                b + 1
            )
        };
        for _ in 0..15 {
            world.mail(text(below(6), below(20)).as_bytes()).await;
        }
        let mut strict = Strict::connect(&world).await;
        for asked in asked() {
            strict.keep(asked).await;
        }
        for round in 0..60 {
            for _ in 0..=below(3) {
                let there: Vec<Uid> = world.uids("INBOX").iter().collect();
                let some = || there.first().copied().into_iter().collect::<UidSet>();
                let mut uids = some();
                for uid in &there {
                    if below(5) == 0 {
                        uids.insert(*uid);
                    }
                }
                match below(8) {
                    0 | 1 => world.mail(text(below(6), below(20)).as_bytes()).await,
                    2 if there.len() > 8 => {
                        world.ana.remove(world.inbox(), &uids).await.unwrap();
                    }
                    3 if there.len() > 3 => {
                        // Its own change, which it hears of in another way.
                        let uid = there[below(there.len() as u32) as usize].number();
                        let set = SequenceSet::one(Point::new(uid).unwrap());
                        let mode = if below(2) == 0 { FlagMode::Add } else { FlagMode::Remove };
                        strict.client.store(set, mode, &[Flag::Flagged]).await.unwrap();
                    }
                    _ => {
                        let system = if below(2) == 0 { Flags::FLAGGED } else { Flags::SEEN };
                        let flags = FlagNames { system, keywords: Vec::new() };
                        let mode = if below(2) == 0 { FlagMode::Add } else { FlagMode::Remove };
                        let store = Store { uids, mode, flags, unchanged_since: None };
                        world.ana.store(world.inbox(), store).await.unwrap();
                    }
                }
            }
            strict.take_in();
            strict.check(&format!("seed {seed}, round {round}")).await;
        }
    }
}

//! What the tests share: an engine that fails when told, a transport that plays a script, a postmaster that listens.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use mailbox::engine::{Batch, BodySource, BodyWriter, CommitError, Engine, Snapshot, StagedBody};
use mailbox::memory::MemoryEngine;
use mailbox::{BodyHash, Fault, SetClock, Timestamp};
use queue::{
    Notification, Notifies, OutboundQueue, Outcome, Parcel, Postmaster, Route, Said, Submission,
    Transport,
};
use sasl::Ready;
use smtp::command::{Mail, Rcpt};
use smtp::{Address, Brackets, MailParameters, RecipientParameters};

pub(crate) const BORN: i64 = 1_700_000_000;

/// When the n-th commit fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fails {
    /// Before anything changed.
    Before,
    /// After it was durable.
    After,
}

/// An engine in memory of which one commit fails.
pub(crate) struct Shaky {
    engine: MemoryEngine,
    commits: AtomicUsize,
    fails: Option<(usize, Fails)>,
    /// From which octet on all bodies are damaged.
    pub(crate) damaged_from: AtomicU64,
}

impl Shaky {
    pub(crate) fn new(fails: Option<(usize, Fails)>) -> Arc<Shaky> {
        Arc::new(Shaky {
            engine: MemoryEngine::new(),
            commits: AtomicUsize::new(0),
            fails,
            damaged_from: AtomicU64::new(u64::MAX),
        })
    }

    pub(crate) fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }

    /// All keys.
    pub(crate) fn keys(&self) -> Vec<Vec<u8>> {
        let mut keys = Vec::new();
        self.engine
            .snapshot()
            .unwrap()
            .range(&[0][..]..&[255][..], &mut |key, _| {
                keys.push(key.to_vec());
                std::ops::ControlFlow::Continue(())
            })
            .unwrap();
        keys
    }
}

impl Engine for Shaky {
    fn snapshot(&self) -> Result<Arc<dyn Snapshot>, Fault> {
        self.engine.snapshot()
    }

    fn commit(&self, batch: Batch) -> Ready<'static, Result<(), CommitError>> {
        let number = self.commits.fetch_add(1, Ordering::SeqCst);
        let fails = self.fails.filter(|(at, _)| *at == number).map(|(_, fails)| fails);
        let commit = (fails != Some(Fails::Before)).then(|| self.engine.commit(batch));
        Box::pin(async move {
            if let Some(commit) = commit {
                commit.await?;
            }
            match fails {
                None => Ok(()),
                Some(_) => Err(CommitError::Fault(Fault::new("the power is gone"))),
            }
        })
    }

    fn write_body(&self) -> Result<Box<dyn BodyWriter>, Fault> {
        self.engine.write_body()
    }

    fn body(&self, body: &BodyHash, range: Range<u64>) -> Result<Bytes, Fault> {
        if range.end > self.damaged_from.load(Ordering::SeqCst) {
            return Err(Fault::damaged("octets are damaged"));
        }
        self.engine.body(body, range)
    }

    fn space_left_octets(&self) -> Option<u64> {
        None
    }
}

/// What a recipient's host does at each try; the last one repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Does {
    Takes,
    Refuses,
    Defers,
}

/// Plays a script for each recipient, and keeps what it was given.
#[derive(Default)]
pub(crate) struct Script {
    pub(crate) does: HashMap<String, Vec<Does>>,
    pub(crate) tries: Mutex<HashMap<String, usize>>,
    pub(crate) taken: Mutex<Vec<(String, Vec<u8>)>>,
}

impl Script {
    pub(crate) fn new(does: &[(&str, &[Does])]) -> Script {
        let does = does.iter().map(|(address, does)| ((*address).to_owned(), does.to_vec()));
        Script { does: does.collect(), ..Script::default() }
    }

    pub(crate) fn taken_by(&self, address: &str) -> usize {
        self.taken.lock().unwrap().iter().filter(|(to, _)| to == address).count()
    }
}

impl Transport for Script {
    fn route(&self, _: &Address) -> Route {
        Route::Relay
    }

    fn send<'a>(&'a self, mut parcel: Parcel<'a>) -> Ready<'a, Vec<Outcome>> {
        Box::pin(async move {
            let mut text = Vec::new();
            while let Some(piece) = parcel.body.piece().await.unwrap() {
                text.extend_from_slice(&piece);
            }
            assert_eq!(text.len() as u64, parcel.body.octets());
            let mut outcomes = Vec::new();
            for recipient in &parcel.recipients {
                let to = recipient.to.to_string();
                let mut tries = self.tries.lock().unwrap();
                let tried = tries.entry(to.clone()).or_default();
                let script = &self.does[&to];
                let does = script[(*tried).min(script.len() - 1)];
                *tried += 1;
                let said = |status, text| Said::new(Some("mx"), status, text, Timestamp(BORN));
                outcomes.push(match does {
                    Does::Takes => {
                        self.taken.lock().unwrap().push((to, text.clone()));
                        Outcome::Sent { said: said("2.0.0", "250 ok"), notifies: Notifies::Yes }
                    }
                    Does::Refuses => Outcome::Refused { said: said("5.1.1", "550 no") },
                    Does::Defers => Outcome::Deferred { said: said("4.2.1", "450 later") },
                });
            }
            outcomes
        })
    }
}

/// Listens.
#[derive(Default)]
pub(crate) struct Listener {
    pub(crate) heard: Mutex<Vec<Notification>>,
}

impl Listener {
    /// How many notifications have a line.
    pub(crate) fn count(&self, line: &str) -> usize {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|n| String::from_utf8_lossy(&n.octets).contains(line)).count()
    }
}

impl Postmaster for Listener {
    fn hostname(&self) -> String {
        "mail.example.org".to_owned()
    }

    fn notify(&self, notification: Notification) -> Ready<'_, Result<(), Fault>> {
        self.heard.lock().unwrap().push(notification);
        Box::pin(async { Ok(()) })
    }
}

pub(crate) fn clock() -> Arc<SetClock> {
    Arc::new(SetClock::at(Timestamp(BORN)))
}

pub(crate) fn body(text: &'static [u8]) -> StagedBody {
    StagedBody {
        hash: BodyHash(*blake3::hash(text).as_bytes()),
        octets: text.len() as u64,
        source: BodySource::Memory(Bytes::from_static(text)),
    }
}

pub(crate) fn submission(recipients: &[&str]) -> Submission {
    Submission {
        sent_as: None,
        name: "m1".to_owned(),
        mail: Mail {
            from: Some("ana@example.org".parse().unwrap()),
            parameters: MailParameters::default(),
            brackets: Brackets::There,
        },
        recipients: recipients
            .iter()
            .map(|to| Rcpt {
                to: to.parse().unwrap(),
                parameters: RecipientParameters::default(),
                brackets: Brackets::There,
            })
            .collect(),
        skipped_octets: TEXT_SKIPPED,
        login: Some("ana@example.org".to_owned()),
        held_until: None,
    }
}

pub(crate) const TEXT: &[u8] = b"Return-Path: <ana@example.org>\r\nSubject: hello\r\n\r\nhi\r\n";
pub(crate) const TEXT_SKIPPED: u64 = 32;

pub(crate) async fn open(
    engine: &Arc<Shaky>,
    clock: &Arc<SetClock>,
) -> Result<OutboundQueue, Fault> {
    OutboundQueue::open(engine.clone(), clock.clone()).await
}

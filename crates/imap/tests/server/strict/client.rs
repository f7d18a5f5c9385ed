//! A client that believes nothing: whatever a server tells has to fit what it told before, and what really was.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, MutexGuard};
use std::time::Duration;

use imap::client::{Client, Fault};
use imap::commands::StatusItem;
use imap::fetch::{Answer, Fetched};
use imap::response::{Code, Condition, Esearch, MailboxStatus, Response, When};
use imap::wire::{By, Flag, SequenceSet};
use imap::{Dialect, Feature, command};
use mailbox::MailboxId;
use sasl::{Peer, Security};
use tokio::io::DuplexStream;

use super::World;
use super::truth::Past;

/// What a client has enabled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd)]
pub(super) enum Mode {
    Plain,
    Condstore,
    Qresync,
}

/// A message as far as the client was told of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Slot {
    pub(super) uid: Option<u32>,
    pub(super) flags: Option<BTreeSet<String>>,
    pub(super) modseq: Option<u64>,
}

/// The open mailbox.
pub(super) struct Picture {
    pub(super) name: &'static str,
    pub(super) id: MailboxId,
    pub(super) writable: bool,
    pub(super) uid_validity: u32,
    pub(super) slots: Vec<Slot>,
    gone: BTreeSet<u32>,
    /// Up to here all is known.
    pub(super) modseq: u64,
}

/// What is remembered of a mailbox that was left.
#[derive(Clone)]
pub(super) struct Cache {
    pub(super) uid_validity: u32,
    pub(super) modseq: u64,
    pub(super) messages: BTreeMap<u32, (BTreeSet<String>, u64)>,
}

/// What a search asked for.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// What the answer's numbers mean.
    pub(super) by: By,
    pub(super) numbers: std::ops::RangeInclusive<usize>,
    /// A flag; whether it is to be there.
    pub(super) flag: Option<(&'static str, bool)>,
    pub(super) modseq: Option<u64>,
}

/// How a command went.
pub(super) struct Told {
    pub(super) refused: Option<String>,
    pub(super) code: Option<Code>,
    pub(super) responses: Vec<Response>,
}

pub(super) struct Strict {
    pub(super) world: Arc<World>,
    pub(super) name: char,
    pub(super) mode: Mode,
    pub(super) client: Client<DuplexStream>,
    pub(super) picture: Option<Picture>,
    pub(super) caches: BTreeMap<&'static str, Cache>,
    /// What was said last, and what came.
    said: String,
    asked: Option<Asked>,
    /// Which version of each mailbox had been told to anybody when the command was given.
    pub(super) floor: BTreeMap<MailboxId, usize>,
}

pub(super) fn names(flags: &[Flag]) -> BTreeSet<String> {
    let printed = flags.iter().map(|flag| {
        let mut name = Vec::new();
        flag.print(&mut name);
        String::from_utf8(name).unwrap().to_lowercase()
    });
    printed.filter(|name| name != "\\recent").collect()
}

pub(super) fn numbers(set: &SequenceSet) -> impl Iterator<Item = u32> {
    set.resolve(u32::MAX).into_iter().flat_map(|(first, last)| first..=last)
}

fn modseq_of(fetched: &Fetched) -> Option<u64> {
    fetched.answers.iter().find_map(|answer| match answer {
        Answer::ModSeq(modseq) => Some(modseq.0),
        _ => None,
    })
}

impl Strict {
    pub(super) async fn connect(world: &Arc<World>, name: char, mode: Mode) -> Strict {
        let client = Strict::log_in(world, mode).await;
        Strict {
            world: Arc::clone(world),
            name,
            mode,
            client,
            picture: None,
            caches: BTreeMap::new(),
            said: String::new(),
            asked: None,
            floor: BTreeMap::new(),
        }
    }

    pub(super) async fn log_in(world: &Arc<World>, mode: Mode) -> Client<DuplexStream> {
        // Little room, so that long answers are made in pieces while others change things.
        let (ours, theirs) = tokio::io::duplex(1 << 10);
        let (service, peer) = (Arc::clone(&world.service), Peer::new(None, Security::Tls));
        tokio::spawn(imap::server::serve(theirs, service, peer, imap::server::First::Greeting));
        let mut client = Client::begin(ours, Security::Tls).await.unwrap();
        client.login("ana", "secret").await.unwrap();
        match mode {
            Mode::Plain => {}
            Mode::Condstore => drop(client.enable(&[Feature::Condstore]).await.unwrap()),
            Mode::Qresync => drop(client.enable(&[Feature::Qresync]).await.unwrap()),
        }
        client
    }

    pub(super) fn past(&self) -> MutexGuard<'_, Past> {
        // A test that failed elsewhere has said why.
        self.world.past.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    #[track_caller]
    pub(super) fn wrong(&self, what: &str) -> ! {
        panic!("client {} ({:?}): {what}\n{}", self.name, self.mode, self.said)
    }

    #[track_caller]
    pub(super) fn must(&self, right: bool, what: &str) {
        if !right {
            self.wrong(what);
        }
    }

    fn open(&mut self) -> &mut Picture {
        self.picture.as_mut().expect("no mailbox is open")
    }

    pub(super) fn opened(&self) -> &Picture {
        self.picture.as_ref().expect("no mailbox is open")
    }

    /// Gives a command, and waits for its end.
    pub(super) async fn say(&mut self, text: &str) -> Told {
        let mut dialect = Dialect::REV1;
        if self.mode == Mode::Qresync {
            dialect = dialect.with(Feature::Qresync);
        }
        let parsed = command::parse(format!("x {text}").as_bytes(), dialect).unwrap();
        self.said = format!("C: {text}\n");
        let told = self.past().told.clone();
        self.floor = told;
        let told = match self.client.run(parsed.command).await {
            Ok(done) => Told { refused: None, code: done.code, responses: done.responses },
            Err(Fault::Refused(status)) => {
                let responses = self.client.take_news().collect();
                self.must(status.condition == Condition::No, &status.text);
                Told { refused: Some(status.text), code: status.code, responses }
            }
            Err(fault) => self.wrong(&fault.to_string()),
        };
        self.note_said(&told);
        told
    }

    pub(super) fn note_said(&mut self, told: &Told) {
        for response in &told.responses {
            self.said.push_str(&format!("S: {response:?}\n"));
        }
        self.said.push_str(&format!("S: {:?} {:?}\n", told.refused, told.code));
    }

    /// Gives a command, and takes in what it told. `Fixed`: no number may move.
    pub(super) async fn run(&mut self, text: &str, moves: Moves) -> Told {
        let told = self.say(text).await;
        self.hear(&told, moves);
        told
    }

    /// Gives a search, and looks whether it found what there is.
    pub(super) async fn search(&mut self, text: &str, asked: Asked, moves: Moves) {
        self.asked = Some(asked);
        let told = self.run(text, moves).await;
        self.must(told.refused.is_none(), "a search was refused");
        self.must(self.asked.is_none(), "a search was not answered");
    }

    /// Takes in what a command told.
    pub(super) fn hear(&mut self, told: &Told, moves: Moves) {
        let mut highest = 0;
        let mut point = None;
        for response in &told.responses {
            match response {
                Response::Exists(count) => {
                    let count = *count as usize;
                    self.must(count >= self.opened().slots.len(), "EXISTS falls");
                    self.open().slots.resize(count, Slot::default());
                }
                Response::Expunge(number) => {
                    self.must(moves == Moves::Any, "EXPUNGE during a command by number");
                    self.must(self.mode != Mode::Qresync, "EXPUNGE after ENABLE QRESYNC");
                    let index = *number as usize - 1;
                    self.must(index < self.opened().slots.len(), "EXPUNGE beyond EXISTS");
                    let slot = self.open().slots.remove(index);
                    self.open().gone.extend(slot.uid);
                }
                Response::Vanished(vanished) => {
                    self.must(self.mode == Mode::Qresync, "VANISHED without QRESYNC");
                    for uid in numbers(&vanished.uids) {
                        match vanished.when {
                            When::Now => {
                                self.must(moves == Moves::Any, "VANISHED in a command by number");
                                self.vanish(uid);
                            }
                            When::Earlier => self.vanished_earlier(uid),
                        }
                    }
                }
                Response::Fetch(fetched) => highest = highest.max(self.fetched(fetched)),
                Response::Untagged(status) => match &status.code {
                    Some(Code::HighestModSeq(modseq)) => point = Some(modseq.0),
                    Some(Code::CopyUid(..)) | None => {}
                    Some(_) => {}
                },
                Response::Search(found) => {
                    let modseq = found.modseq.map(|modseq| modseq.0);
                    self.found(&found.numbers, modseq);
                }
                Response::Esearch(found) => self.found_extended(found),
                Response::MailboxStatus(status) => self.status(status),
                _ => {}
            }
        }
        if let Some(Code::HighestModSeq(modseq)) = &told.code {
            point = Some(modseq.0);
        }
        let Some(picture) = &mut self.picture else { return };
        // RFC 7162, 6
        picture.modseq = point.unwrap_or(picture.modseq.max(highest));
        let known: Vec<u32> = picture.slots.iter().filter_map(|slot| slot.uid).collect();
        let back = known.iter().any(|uid| picture.gone.contains(uid));
        self.must(known.is_sorted_by(|a, b| a < b), "UIDs do not ascend");
        self.must(!back, "a UID came back that was told to be gone");
    }

    fn vanish(&mut self, uid: u32) {
        self.must(!self.opened().gone.contains(&uid), &format!("VANISHED {uid} for a second time"));
        let slots = &self.opened().slots;
        let at = slots.iter().position(|slot| slot.uid == Some(uid)).or_else(|| {
            // One that it heard of by EXISTS alone: between those of lower and of higher UIDs.
            let above = |slot: &Slot| slot.uid.is_some_and(|known| known > uid);
            let end = slots.iter().position(above).unwrap_or(slots.len());
            slots[..end].iter().rposition(|slot| slot.uid.is_none())
        });
        let Some(at) = at else { self.wrong(&format!("VANISHED {uid}, which is not here")) };
        self.open().slots.remove(at);
        self.open().gone.insert(uid);
    }

    fn vanished_earlier(&mut self, uid: u32) {
        let here = self.opened().slots.iter().any(|slot| slot.uid == Some(uid));
        self.must(!here, &format!("VANISHED (EARLIER) {uid}, which EXISTS counts"));
        self.open().gone.insert(uid);
    }

    fn fetched(&mut self, fetched: &Fetched) -> u64 {
        let index = fetched.number as usize - 1;
        self.must(index < self.opened().slots.len(), "FETCH beyond EXISTS");
        let mut slot = self.opened().slots[index].clone();
        if let Some(uid) = fetched.uid() {
            self.must(slot.uid.is_none_or(|known| known == uid), "a number moved");
            slot.uid = Some(uid);
        }
        let modseq = modseq_of(fetched);
        if let Some(modseq) = modseq {
            self.must(slot.modseq.is_none_or(|known| known <= modseq), "MODSEQ falls");
            slot.modseq = Some(modseq);
            self.past().tell_modseq(self.opened().id, modseq);
        }
        if let Some(flags) = fetched.flags() {
            slot.flags = Some(names(flags));
            // RFC 7162, 3.1: with what is told unasked.
            let asked = self.said.starts_with("C: FETCH") || self.said.starts_with("C: UID FETCH");
            let right = asked || self.mode == Mode::Plain || modseq.is_some();
            self.must(right, "FLAGS without MODSEQ");
        }
        if let (Some(uid), Some(modseq), Some(flags)) = (slot.uid, modseq, &slot.flags) {
            let id = self.opened().id;
            let right = self.past().messages.get(&(id, uid)).and_then(|changes| {
                let message = changes.get(&modseq)?;
                Some(message.flags == *flags)
            });
            let text = format!("UID {uid} at {modseq} never had {flags:?}");
            self.must(right == Some(true), &text);
        }
        self.open().slots[index] = slot;
        modseq.unwrap_or(0)
    }

    fn found_extended(&mut self, found: &Esearch) {
        let all: Vec<u32> = found.all.iter().flat_map(numbers).collect();
        let count = found.count.map_or(all.len(), |count| count as usize);
        self.must(count == all.len(), "COUNT is not what ALL lists");
        self.must(found.min.is_none_or(|min| all.first() == Some(&min)), "MIN is not in ALL");
        self.must(found.max.is_none_or(|max| all.last() == Some(&max)), "MAX is not in ALL");
        self.must(self.asked.as_ref().is_some_and(|asked| asked.by == found.by), "UID is missing");
        self.found(&all, found.modseq.map(|modseq| modseq.0));
    }

    fn found(&mut self, found: &[u32], highest: Option<u64>) {
        let Some(asked) = self.asked.take() else { self.wrong("nothing was searched for") };
        let picture = self.opened();
        let mut want_modseq = 0;
        let mut sure = true;
        for (index, slot) in picture.slots.iter().enumerate() {
            let (Some(uid), Some(flags)) = (slot.uid, &slot.flags) else {
                sure = false;
                continue;
            };
            let is = found.contains(&match asked.by {
                By::Number => index as u32 + 1,
                By::Uid => uid,
            });
            let flagged = asked.flag.is_none_or(|(flag, there)| flags.contains(flag) == there);
            let since = match (asked.modseq, slot.modseq) {
                (Some(asked), Some(modseq)) => modseq >= asked,
                (Some(_), None) => {
                    sure = false;
                    continue;
                }
                (None, _) => true,
            };
            let want = asked.numbers.contains(&(index + 1)) && flagged && since;
            // Of one that is gone the client may have worked out flags that it never got.
            let here = {
                let past = self.past();
                past.last(picture.id).state.entries.iter().any(|entry| entry.uid.number() == uid)
            };
            self.must(!here || is == want, &format!("{asked:?} is wrong about UID {uid}: {is}"));
            sure &= here && slot.modseq.is_some();
            if is {
                want_modseq = want_modseq.max(slot.modseq.unwrap_or(0));
            }
        }
        if let Some(highest) = highest
            && sure
        {
            self.must(highest == want_modseq, "MODSEQ is not that of what was found");
        }
    }

    /// Figures have to be those of one moment, and of none before one that somebody was told of.
    fn status(&self, status: &MailboxStatus) {
        let id = self.world.mailbox(status.mailbox.as_str());
        let floor = self.floor.get(&id).copied().unwrap_or(0);
        let mut past = self.past();
        let fits = past.versions[&id].iter().skip(floor).position(|version| {
            let mailbox = &version.mailbox;
            [
                (StatusItem::MESSAGES, mailbox.messages),
                (StatusItem::UIDNEXT, mailbox.uid_next.number().into()),
                (StatusItem::UNSEEN, mailbox.unseen),
                (StatusItem::DELETED, mailbox.deleted),
                (StatusItem::SIZE, mailbox.octets.0),
                (StatusItem::HIGHESTMODSEQ, mailbox.highest_modseq.0),
                (StatusItem::DELETED_STORAGE, version.deleted_octets()),
            ]
            .into_iter()
            .all(|(item, is)| status.number(item).is_none_or(|told| told == is))
        });
        if let Some(version) = fits {
            past.tell(id, floor + version);
        } else {
            drop(past);
            self.wrong(&format!("STATUS of no moment, or of one long past: {status:?}"));
        }
    }

    /// Asks for what it was not told of messages.
    pub(super) async fn learn(&mut self) {
        loop {
            let mode = self.mode;
            let unknown = |slot: &Slot| {
                slot.uid.is_none()
                    || slot.flags.is_none()
                    || (mode != Mode::Plain && slot.modseq.is_none())
            };
            let Some(at) = self.opened().slots.iter().position(unknown) else { return };
            let items = if mode == Mode::Plain { "UID FLAGS" } else { "UID FLAGS MODSEQ" };
            self.run(&format!("FETCH {}:* ({items})", at + 1), Moves::None).await;
        }
    }

    /// Listens for a while.
    pub(super) async fn idle(&mut self) {
        self.said = "C: IDLE\n".to_owned();
        let mut idling = self.client.idle().await.unwrap();
        let mut responses = Vec::new();
        while let Some(response) = idling.next(Duration::from_millis(1)).await.unwrap() {
            responses.push(response);
        }
        idling.done().await.unwrap();
        responses.extend(self.client.take_news());
        let told = Told { refused: None, code: None, responses };
        self.note_said(&told);
        self.hear(&told, Moves::Any);
    }

    /// Begins a picture.
    pub(super) fn begin(&mut self, picture: Picture) {
        self.picture = Some(picture);
    }

    /// Compares with what is there now.
    pub(super) fn compare(&self) {
        let picture = self.opened();
        let past = self.past();
        let version = past.last(picture.id);
        let state = &version.state;
        let want: Vec<Slot> = state
            .entries
            .iter()
            .map(|entry| Slot {
                uid: Some(entry.uid.number()),
                flags: Some(super::truth::names(state, entry.flags)),
                modseq: (self.mode != Mode::Plain).then_some(entry.modseq.0),
            })
            .collect();
        drop(past);
        let text = format!("the picture is not the mailbox: {:?}, not {want:?}", picture.slots);
        self.must(picture.slots == want, &text);
    }
}

impl Picture {
    pub(super) fn of(name: &'static str, id: MailboxId, writable: bool) -> Picture {
        Picture {
            name,
            id,
            writable,
            uid_validity: 0,
            slots: Vec::new(),
            gone: BTreeSet::new(),
            modseq: 0,
        }
    }
}

/// Whether numbers may move while a command is carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moves {
    None,
    Any,
}

//! SELECT and EXAMINE in all forms, and what a strict client does with the answer (RFC 7162, 3.2.5).

use std::collections::{BTreeMap, BTreeSet};

use conformance::Random;
use imap::response::{Code, Response, When};
use mailbox::MailboxId;

use super::client::{Cache, Mode, Moves, Picture, Slot, Strict, Told, names, numbers};

/// What SELECT told.
#[derive(Default)]
struct Opened {
    exists: Option<u32>,
    uid_validity: u32,
    uid_next: u32,
    modseq: u64,
    vanished: Vec<u32>,
    /// Number, UID, flags and mod-sequence.
    changed: Vec<(u32, u32, BTreeSet<String>, u64)>,
}

/// What the client said that it knows.
struct Known {
    cache: Cache,
    modseq: u64,
    uids: Option<BTreeSet<u32>>,
}

fn listed(numbers: impl IntoIterator<Item = u32>) -> String {
    numbers.into_iter().map(|number| number.to_string()).collect::<Vec<_>>().join(",")
}

impl Strict {
    /// Opens a mailbox, and learns what is in it.
    pub(super) async fn select(&mut self, name: &'static str, random: &mut Random) {
        let writable = !random.once_in(5);
        let verb = if writable { "SELECT" } else { "EXAMINE" };
        let (parameters, known) = self.parameters(name, random);
        let was_open = self.picture.take().is_some();
        let told = self.say(&format!("{verb} {name}{parameters}")).await;
        self.must(told.refused.is_none(), "SELECT was refused");
        let closed = told.responses.first().is_some_and(|response| {
            matches!(response, Response::Untagged(status) if status.code == Some(Code::Closed))
        });
        self.must(closed == was_open, "CLOSED tells when the other mailbox was left");
        let opened = self.read_opened(&told);
        let id = self.world.mailbox(name);
        self.begin(Picture::of(name, id, writable));
        let state = self.fits(id, &opened);
        let picture = self.picture.as_mut().unwrap();
        picture.uid_validity = opened.uid_validity;
        picture.modseq = opened.modseq;
        match known.filter(|known| known.cache.uid_validity == opened.uid_validity) {
            Some(known) => self.resynchronise(&opened, &known, &state),
            None => {
                let exists = opened.exists.unwrap() as usize;
                picture.slots.resize(exists, Slot::default());
                let nothing = opened.vanished.is_empty() && opened.changed.is_empty();
                self.must(nothing, "news for a client that knew nothing");
            }
        }
        self.learn().await;
    }

    /// What stands behind the name, and what the client knows by it.
    fn parameters(&self, name: &str, random: &mut Random) -> (String, Option<Known>) {
        let cache = match self.caches.get(name) {
            Some(cache) if self.mode == Mode::Qresync => cache.clone(),
            Some(_) | None => {
                let asks = self.mode != Mode::Plain && random.once_in(2);
                return (if asks { " (CONDSTORE)" } else { "" }.to_owned(), None);
            }
        };
        let uids: Vec<u32> = cache.messages.keys().copied().collect();
        // One that knows more than it says is told more than it has to be.
        let back = random.below(3) as u64;
        let modseq =
            if random.once_in(3) { cache.modseq.saturating_sub(back).max(1) } else { cache.modseq };
        let mut text = format!(" (QRESYNC ({} {modseq}", cache.uid_validity);
        let mut known = Known { modseq, uids: None, cache };
        match random.below(4) {
            0 => text.push_str(" 1:4294967295"),
            1 if !uids.is_empty() => {
                text.push_str(&format!(" {}", listed(uids.iter().copied())));
                known.uids = Some(uids.iter().copied().collect());
            }
            2 if !uids.is_empty() => {
                let some: BTreeSet<u32> =
                    uids.iter().copied().filter(|_| !random.once_in(3)).collect();
                if !some.is_empty() {
                    text.push_str(&format!(" {}", listed(some.iter().copied())));
                    known.uids = Some(some);
                }
            }
            _ => {}
        }
        if !uids.is_empty() && random.once_in(2) {
            // A few, closer together at the end, as RFC 7162, 3.2.5.2 advises.
            let mut at = uids.len();
            let mut pairs = BTreeMap::new();
            let mut step = 1;
            while at > 0 {
                pairs.insert(at as u32, uids[at - 1]);
                at = at.saturating_sub(step);
                step *= 2;
            }
            let numbers = listed(pairs.keys().copied());
            text.push_str(&format!(" ({numbers} {})", listed(pairs.values().copied())));
        }
        text.push_str("))");
        (text, Some(known))
    }

    fn read_opened(&self, told: &Told) -> Opened {
        let mut opened = Opened::default();
        for response in &told.responses {
            match response {
                Response::Exists(count) => {
                    self.must(opened.exists.is_none(), "EXISTS twice in one SELECT");
                    opened.exists = Some(*count);
                }
                Response::Untagged(status) => match &status.code {
                    Some(Code::UidValidity(validity)) => opened.uid_validity = *validity,
                    Some(Code::UidNext(uid)) => opened.uid_next = *uid,
                    Some(Code::HighestModSeq(modseq)) => opened.modseq = modseq.0,
                    _ => {}
                },
                Response::Vanished(vanished) if vanished.when == When::Earlier => {
                    opened.vanished.extend(numbers(&vanished.uids));
                }
                Response::Fetch(fetched) => {
                    let modseq = fetched.answers.iter().find_map(|answer| match answer {
                        imap::fetch::Answer::ModSeq(modseq) => Some(modseq.0),
                        _ => None,
                    });
                    let flags = names(fetched.flags().unwrap());
                    let uid = fetched.uid().unwrap();
                    opened.changed.push((fetched.number, uid, flags, modseq.unwrap()));
                }
                Response::Vanished(_) | Response::Expunge(_) => {
                    self.wrong("SELECT tells of what happened after it");
                }
                _ => {}
            }
        }
        opened
    }

    /// The state that was told: there has to be one like that, and none before one that somebody was told of.
    fn fits(&self, id: MailboxId, opened: &Opened) -> BTreeMap<u32, (u32, BTreeSet<String>, u64)> {
        let floor = self.floor.get(&id).copied().unwrap_or(0);
        let mut past = self.past();
        let fits = past.versions[&id].iter().skip(floor).position(|version| {
            let state = &version.state;
            state.highest_modseq.0 == opened.modseq
                && state.entries.len() as u32 == opened.exists.unwrap()
                && state.uid_next.number() == opened.uid_next
                && state.uid_validity.0 == opened.uid_validity
        });
        let Some(version) = fits else {
            drop(past);
            self.wrong("SELECT tells of no state there was, or of one long past");
        };
        past.tell(id, floor + version);
        let state = &past.versions[&id][floor + version].state;
        let entries = (1..).zip(state.entries.iter()).map(|(number, entry)| {
            let flags = super::truth::names(state, entry.flags);
            (entry.uid.number(), (number, flags, entry.modseq.0))
        });
        entries.collect()
    }

    /// Brings what was remembered up to date, and nothing else.
    fn resynchronise(
        &mut self,
        opened: &Opened,
        known: &Known,
        state: &BTreeMap<u32, (u32, BTreeSet<String>, u64)>,
    ) {
        let named = |uid: &u32| known.uids.as_ref().is_none_or(|uids| uids.contains(uid));
        for uid in &opened.vanished {
            let here = state.contains_key(uid);
            self.must(!here, &format!("VANISHED (EARLIER) {uid}, which EXISTS counts"));
            self.must(*uid < opened.uid_next, &format!("VANISHED (EARLIER) {uid} beyond UIDNEXT"));
            self.must(named(uid), &format!("VANISHED (EARLIER) {uid}, which was not asked for"));
        }
        for uid in known.cache.messages.keys().filter(|uid| named(uid) && !state.contains_key(uid))
        {
            self.must(opened.vanished.contains(uid), &format!("nobody told that {uid} vanished"));
        }
        let changed =
            state.iter().filter(|(uid, (_, _, modseq))| named(uid) && *modseq > known.modseq);
        let want: Vec<_> = changed
            .map(|(uid, (number, flags, modseq))| (*number, *uid, flags.clone(), *modseq))
            .collect();
        self.must(opened.changed == want, &format!("expected {want:?} to be told"));
        let mut messages = known.cache.messages.clone();
        messages.retain(|uid, _| named(uid));
        opened.vanished.iter().for_each(|uid| drop(messages.remove(uid)));
        for (_, uid, flags, modseq) in &opened.changed {
            messages.insert(*uid, (flags.clone(), *modseq));
        }
        let exists = opened.exists.unwrap() as usize;
        self.must(messages.len() <= exists, "more is known than EXISTS counts");
        self.must(
            known.uids.is_some() || messages.len() == exists,
            "EXISTS counts what nobody told",
        );
        let mut slots = vec![Slot::default(); exists];
        for (uid, (flags, modseq)) in messages {
            let Some((number, ..)) = state.get(&uid) else {
                self.wrong(&format!("nobody told that {uid} vanished"))
            };
            slots[*number as usize - 1] =
                Slot { uid: Some(uid), flags: Some(flags), modseq: Some(modseq) };
        }
        self.picture.as_mut().unwrap().slots = slots;
    }

    /// Leaves the mailbox, and remembers it. One way to leave is to open another.
    pub(super) async fn leave(&mut self, random: &mut Random) {
        self.learn().await;
        let picture = self.opened();
        let name = picture.name;
        if self.mode == Mode::Qresync {
            let message = |slot: &Slot| {
                (slot.uid.unwrap(), (slot.flags.clone().unwrap(), slot.modseq.unwrap()))
            };
            let cache = Cache {
                uid_validity: picture.uid_validity,
                modseq: picture.modseq,
                messages: picture.slots.iter().map(message).collect(),
            };
            self.caches.insert(name, cache);
        }
        match random.below(4) {
            0 => {}
            1 => {
                self.picture = None;
                let told = self.run("CLOSE", Moves::Any).await;
                self.must(told.refused.is_none() && told.responses.is_empty(), "CLOSE speaks");
            }
            2 => {
                self.picture = None;
                let told = self.run("UNSELECT", Moves::Any).await;
                self.must(told.refused.is_none() && told.responses.is_empty(), "UNSELECT speaks");
            }
            _ => {
                self.picture = None;
                self.client = Strict::log_in(&self.world, self.mode).await;
            }
        }
    }
}

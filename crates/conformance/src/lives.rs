//! Random lives: the same operations on an account over an engine and on the plain model, compared after each.

use std::collections::BTreeMap;
use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::{Append, Appended, BroughtBack, Store};
use mailbox::{
    Account, AccountId, Device, Difference, Door, Error, MailboxId, MailboxKind, MailboxState,
    ModSeq, Refused, Timestamp, Uid, Who,
};

use super::emails::Clients;
use super::model::{DEVICES, Model, PlainEntry, Step, choice};
use super::{Bench, Random, sound};

/// How many lives, how long, from which seed.
#[derive(Clone, Copy, Debug)]
pub struct Lives {
    /// The first life's seed; those after it count on.
    pub seed: u64,
    /// How many lives.
    pub count: u64,
    /// How many steps each has.
    pub steps: usize,
}

/// How many sessions look on.
const SESSIONS: usize = 3;

/// Runs random lives. Panics where account and model differ, with the seed and what was done.
pub async fn run(make: impl Fn() -> Arc<dyn Engine>, lives: Lives) {
    for seed in lives.seed..lives.seed.saturating_add(lives.count) {
        let mut life = Life::begin(seed, make()).await;
        for _ in 0..lives.steps {
            life.step().await;
        }
        sound(&life.bench.accounts, &life.account);
    }
}

/// What a session has told its client: a mailbox, and a listing made only of differences.
#[derive(Default)]
struct Session {
    state: Option<Arc<MailboxState>>,
    client: BTreeMap<Uid, (u64, ModSeq)>,
}

struct Life {
    seed: u64,
    random: Random,
    bench: Bench,
    account: Account,
    model: Model,
    messages: Vec<Append>,
    sessions: Vec<Session>,
    clients: Clients,
    done: Vec<String>,
    now: Timestamp,
}

impl Drop for Life {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let from = self.done.len().saturating_sub(25);
            tracing::error!(seed = self.seed, "a life went wrong; its last steps follow");
            let _ = std::io::Write::write_all(
                &mut std::io::stderr(),
                format!("seed {}, the last steps:\n{}\n", self.seed, self.done[from..].join("\n"))
                    .as_bytes(),
            );
        }
    }
}

impl Life {
    async fn begin(seed: u64, engine: Arc<dyn Engine>) -> Life {
        let bench = Bench::new(engine);
        let account = bench.account().await;
        for (device, name) in DEVICES.iter().enumerate() {
            account.choose_pop3(Device::new(name).as_ref(), choice(device)).await.unwrap();
        }
        let mut messages = Vec::new();
        for number in 0..12 {
            messages.push(bench.message(&Model::message(number)).await);
        }
        Life {
            seed,
            random: Random::seeded(seed),
            account,
            model: Model::new(super::BEGINNING),
            messages,
            sessions: (0..SESSIONS).map(|_| Session::default()).collect(),
            clients: Clients::default(),
            done: Vec::new(),
            now: super::BEGINNING,
            bench,
        }
    }

    async fn step(&mut self) {
        if self.random.once_in(20) {
            self.now = Timestamp(self.now.0 + self.random.below(50) as i64);
            self.bench.clock.set(self.now);
        }
        if self.random.once_in(40) {
            self.done.push("restart".to_owned());
            self.restart();
        }
        let step = self.model.random_step(&mut self.random);
        self.done.push(format!("{step:?}"));
        self.carry_out(step).await;
        let session = self.random.below(SESSIONS);
        self.look(session);
        self.compare();
        if self.random.once_in(4) {
            self.clients.look(&self.account, &mut self.random).await;
        }
        if self.random.once_in(15) {
            sound(&self.bench.accounts, &self.account);
        }
    }

    fn restart(&mut self) {
        self.bench.restart();
        self.account = self.bench.accounts.open(AccountId(7), Who::at(Door::Imap)).unwrap();
    }

    /// The account as a POP3 device sees it.
    fn at(&self, device: usize) -> Account {
        let who = Who { device: Some(DEVICES[device].to_owned()), ..Who::at(Door::Pop3) };
        self.bench.accounts.open(AccountId(7), who).unwrap()
    }

    /// Does the same to both, and compares what comes back.
    async fn carry_out(&mut self, step: Step) {
        let (account, now) = (self.account.clone(), self.now);
        let before = *account.bell().borrow();
        match step {
            Step::Append { to, messages } => {
                let given = messages
                    .iter()
                    .map(|(number, flags)| Append {
                        flags: flags.clone(),
                        ..self.messages[*number].clone()
                    })
                    .collect();
                let was = account.append(to, given).await;
                let counter = *account.bell().borrow();
                let want = self.model.append(to, &messages, counter);
                self.same(was.map(|appended| pairs_of(&appended)), want);
            }
            Step::Copy { from, uids, to } => {
                let was = account.copy(from, &uids, to).await;
                let want = self.model.copy(from, &uids, to, *account.bell().borrow());
                self.same(was.map(|copied| copied.pairs), want);
            }
            Step::Move { from, uids, to } => {
                let was = account.r#move(from, &uids, to).await;
                let want = self.model.move_(from, &uids, to, *account.bell().borrow());
                self.same(was.map(|copied| copied.pairs), want);
            }
            Step::Store { mailbox, uids, mode, flags, unchanged_since } => {
                let change = Store { uids, mode, flags, unchanged_since };
                let was = account.store(mailbox, change.clone()).await;
                let want = self.model.store(mailbox, &change, *account.bell().borrow());
                self.same(was.map(|stored| (stored.modified, stored.gone)), want);
            }
            Step::Expunge { mailbox, uids } => {
                let was = account.expunge(mailbox, uids.as_ref()).await;
                let counter = *account.bell().borrow();
                let want = self.model.expunge(mailbox, uids.as_ref(), counter, now);
                self.same(was, want);
            }
            Step::Remove { mailbox, uids } => {
                let was = account.remove(mailbox, &uids).await;
                let want = self.model.remove(mailbox, &uids, *account.bell().borrow(), now);
                self.same(was, want);
            }
            Step::Create { name } => {
                let was = account.create_mailbox(&name, None).await;
                let want = self.model.create(&name, now);
                self.same(was, want);
            }
            Step::Delete { mailbox } => {
                let was = account.delete_mailbox(mailbox).await;
                let want = self.model.delete(mailbox, ModSeq(before.0 + 1), now);
                self.same(was, want);
            }
            Step::Rename { mailbox, to } => {
                let was = account.rename_mailbox(mailbox, &to).await;
                let want = self.model.rename(mailbox, &to, *account.bell().borrow(), now);
                self.same(was, want);
            }
            Step::Quota { octets_max, messages_max } => {
                account.set_quota(octets_max, messages_max).await.unwrap();
                self.model.set_quota(octets_max, messages_max);
            }
            Step::BringBack { removed_by, uids } => {
                let was = account.bring_back(removed_by, uids.as_ref()).await;
                let counter = *account.bell().borrow();
                let want = self.model.bring_back(removed_by, uids.as_ref(), counter, now);
                let pairs =
                    |back: Vec<BroughtBack>| back.into_iter().flat_map(|to| to.entries).collect();
                self.same(was.map(pairs), want);
            }
            Step::DropRetained { before } => {
                let was = account.drop_retained(before).await;
                let want = Ok(self.model.drop_retained(before));
                self.same(was, want);
            }
            Step::Forget { before } => account.forget_changes(before, u64::MAX).await.unwrap(),
            Step::Subscribe { name } => {
                account.subscribe(&name).await.unwrap();
                self.model.subscriptions.insert(name);
            }
            Step::Session { device, ended } => {
                let account = self.at(device);
                let view = account.open_pop3().unwrap();
                let was = account.close_pop3(view, ended.clone()).await;
                let counter = *account.bell().borrow();
                let want = Ok(self.model.session(device, &ended, counter, now));
                self.same(was, want);
            }
            Step::Upkeep => {
                let was = account.pop3_upkeep().await;
                let want = Ok(self.model.upkeep(*account.bell().borrow(), now));
                self.same(was, want);
            }
            Step::ShowAgain { device } => {
                let was = account.show_again(Device::new(DEVICES[device]).as_ref()).await;
                let want = Ok(self.model.show_again(device));
                self.same(was, want);
            }
            Step::Unsubscribe { name } => {
                account.unsubscribe(&name).await.unwrap();
                self.model.subscriptions.remove(&name);
            }
        }
        assert!(*self.account.bell().borrow() >= before, "the counter went back");
    }

    fn same<T: PartialEq + std::fmt::Debug>(
        &self,
        was: Result<T, Error>,
        want: Result<T, Refused>,
    ) {
        let was = was.map_err(|error| match error {
            Error::Refused(refused) => refused,
            Error::Fault(fault) => panic!("a fault: {fault}"),
        });
        assert_eq!(was, want, "account and model answer differently");
    }

    /// A session catches up, or turns to another mailbox. Its client knows only what it was told.
    fn look(&mut self, index: usize) {
        let mailboxes: Vec<MailboxId> = self.model.selectable();
        let turn = self.random.once_in(6);
        let session = &mut self.sessions[index];
        let there = |state: &Arc<MailboxState>| mailboxes.contains(&state.id);
        let kept = session.state.take().filter(|state| !turn && there(state));
        let old = match kept {
            Some(state) => state,
            None => {
                let id = *self.random.one_of(&mailboxes).unwrap();
                let state = self.account.state(id).unwrap();
                session.client = listing(&state);
                state
            }
        };
        let new = self.account.state(old.id).unwrap();
        if new.uid_validity != old.uid_validity {
            session.client = listing(&new);
            session.state = Some(new);
            return;
        }
        assert!(new.highest_modseq >= old.highest_modseq && new.uid_next >= old.uid_next);
        // As a QRESYNC client hears it: what vanished, and what has a higher mod-sequence.
        let known = old.entries.iter().map(|entry| entry.uid).collect();
        let vanished = self.account.vanished(&new, old.highest_modseq, Some(&known)).unwrap();
        let mut told = session.client.clone();
        told.retain(|uid, _| !vanished.contains(*uid));
        let later = new.entries.iter().filter(|entry| entry.modseq > old.highest_modseq);
        told.extend(later.map(|e| (e.uid, (e.flags.0, e.modseq))));
        // As an idle client hears it.
        for difference in old.entries.differences(&new.entries) {
            match difference {
                Difference::Removed(_, entry) => {
                    session.client.remove(&entry.uid);
                }
                Difference::Added(_, e) | Difference::Changed(_, e) => {
                    session.client.insert(e.uid, (e.flags.0, e.modseq));
                }
            }
        }
        assert_eq!(session.client, listing(&new), "a session's client sees something else");
        assert_eq!(told, listing(&new), "a client that resynchronised sees something else");
        session.state = Some(new);
    }

    /// Compares all that can be seen of both.
    fn compare(&self) {
        let listing = self.account.mailboxes().unwrap();
        let names: Vec<_> = listing.iter().map(|m| (m.id, m.name.clone())).collect();
        assert_eq!(names, self.model.names(), "the mailboxes differ");
        let reader = self.account.reader().unwrap();
        for mailbox in listing.iter() {
            let plain = &self.model.mailboxes[&mailbox.id];
            let selectable = mailbox.kind == MailboxKind::Selectable;
            assert_eq!(selectable, plain.selectable, "{}", mailbox.name);
            if !selectable {
                continue;
            }
            assert_eq!(mailbox.uid_validity.0, plain.uid_validity, "{}", mailbox.name);
            assert_eq!(mailbox.uid_next.number(), plain.uid_next, "{}", mailbox.name);
            assert_eq!(mailbox.messages, plain.entries.len() as u64, "{}", mailbox.name);
            let state = self.account.state(mailbox.id).unwrap();
            let ids = self.account.uidls(&state).unwrap();
            let entries: BTreeMap<Uid, PlainEntry> = state
                .entries
                .iter()
                .zip(ids)
                .map(|(entry, uidl)| (entry.uid, self.model.plain(&state, entry, &uidl)))
                .collect();
            assert_eq!(entries, plain.entries, "{}", mailbox.name);
            for entry in state.entries.iter().take(2) {
                let email = reader.email(entry.email).unwrap().unwrap();
                let body = self.account.body(&email, 0..u64::MAX).unwrap();
                let known = &self.model.emails[&entry.email];
                assert_eq!(body, Model::message(known.message).as_bytes());
                assert_eq!(email.thread, known.thread, "thread of {}", entry.email);
            }
        }
        let devices = self.account.pop3_devices().unwrap();
        for (device, name) in DEVICES.iter().enumerate() {
            let view = self.at(device).open_pop3().unwrap();
            let shown = view.state().entries.iter().map(|entry| entry.uid);
            assert!(shown.eq(self.model.shown(device)), "device {name} is shown something else");
            let name = Device::new(name);
            let state = devices.iter().find(|state| state.device == name);
            let counts = state.map_or((0, 0), |state| (state.hidden, state.downloaded));
            assert_eq!(counts, self.model.counts(device), "the counts of device {name:?}");
        }
        let quota = self.account.quota().unwrap();
        assert_eq!((quota.octets.0, quota.messages), self.model.used());
        assert_eq!(self.account.subscriptions().unwrap(), self.model.subscriptions);
        let mut retained: Vec<(ModSeq, usize)> = self
            .account
            .retained(usize::MAX)
            .unwrap()
            .iter()
            .map(|group| (group.modseq, group.entries.len()))
            .collect();
        retained.reverse();
        assert_eq!(retained, self.model.retained_groups());
    }
}

fn pairs_of(appended: &Appended) -> Vec<(Uid, mailbox::EmailId)> {
    appended.entries.clone()
}

fn listing(state: &MailboxState) -> BTreeMap<Uid, (u64, ModSeq)> {
    state.entries.iter().map(|entry| (entry.uid, (entry.flags.0, entry.modseq))).collect()
}

//! One run: somebody's mail, programs, and cuts, until the pulls go through.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::check;
use super::device::Pulling;
use super::letter::Letter;
use super::modes::{Mode, Repeats};
use super::report::Found;
use crate::cutting::{Cut, CutPoint, From, How, Pace, Plan};
use crate::host::{Host, Listener, PASSWORD, address};
use crate::lmtp::Lmtp;
use crate::pop3::Pop3;
use crate::random::Random;

/// How many pulls of a device are cut before they must go through.
const CUTS_MAX: u64 = 5;
/// How many pulls a program may need without cuts to have everything.
const PULLS_MAX: usize = 40;

/// What is known in a run.
pub(super) struct Life<'a> {
    pub(super) host: &'a Host,
    pub(super) mode: &'a Mode,
    pub(super) person: String,
    pub(super) random: Random,
    pub(super) letters: BTreeMap<String, Letter>,
    pulls: u64,
    /// The unique ids, as told at any time.
    uidls: BTreeMap<String, String>,
    pub(super) found: Found,
}

/// Runs one.
pub(super) fn live(host: &Host, mode: &Mode, number: usize, seed: u64) -> Found {
    let person = format!("p{number}-{:x}", seed & 0xffff);
    host.add(&person);
    for choice in mode.choices {
        let words = ["user", "pop3", "set", &address(&person)];
        let (is_done, said) = host.command(&[&words, *choice].concat(), "");
        assert!(is_done, "{choice:?}: {said}");
    }
    let home = tempfile::Builder::new().prefix("pop3-").tempdir().unwrap();
    let mut devices: Vec<Pulling> = (mode.devices.iter().enumerate())
        .map(|(index, device)| {
            let home = home.path().join(index.to_string());
            std::fs::create_dir(&home).unwrap();
            Pulling::new(host, device, &person, home)
        })
        .collect();
    let mut life = Life {
        host,
        mode,
        person,
        random: Random::new(seed),
        letters: BTreeMap::new(),
        pulls: 0,
        uidls: BTreeMap::new(),
        found: Found::default(),
    };
    life.cut_and_pull(&mut devices);
    life.pull_the_rest(&mut devices);
    check::everything(&mut life, &devices);
    if !life.found.violations.is_empty() {
        let files = home.keep();
        life.wrong(format!("its seed was {seed}; its files are in {}", files.display()));
    }
    life.found
}

impl Life<'_> {
    pub(super) fn wrong(&mut self, what: String) {
        self.found.violations.push(what);
    }

    /// Pulls with cuts, now with one device, now with another, until a pull of each was not cut.
    fn cut_and_pull(&mut self, devices: &mut [Pulling]) {
        let first = self.random.between(4, 14);
        self.deliver(first);
        while devices.iter().any(|device| !device.is_through) {
            let index = self.random.below(devices.len() as u64) as usize;
            let device = &mut devices[index];
            if device.pulls > 0 && (self.random.below(2) == 0 || self.is_all_here(device)) {
                let more = self.random.between(1, 4);
                self.deliver(more);
            }
            let cut = (device.pulls < CUTS_MAX).then(|| self.choose_cut(device));
            let pace = match self.random.below(6) {
                0 => Pace::Pieces(self.random.between(40, 1_460) as usize, 0),
                _ => Pace::Full,
            };
            device.cutter.plan(Plan { cut, pace });
            let meanwhile = if self.random.below(4) == 0 { self.random.between(1, 3) } else { 0 };
            let was_cut = self.pull(device, meanwhile);
            // A cut beyond the end of the session was none; each device has one at least.
            let is_enough = device.pulls > CUTS_MAX || !device.cut_pulls.is_empty();
            device.is_through = !was_cut && is_enough;
            if !device.is_through {
                let deleted = device.puller.between(&mut self.random);
                device.discarded.extend(deleted);
            }
        }
    }

    /// Without cuts: until nothing new comes, and then once more.
    fn pull_the_rest(&mut self, devices: &mut [Pulling]) {
        for device in devices {
            device.cutter.plan(Plan::PASS);
            self.complete(device);
            let mut before = usize::MAX;
            for _ in 0..PULLS_MAX {
                let now = device.puller.kept().len();
                if now == before {
                    break;
                }
                before = now;
                self.pull(device, 0);
            }
            self.complete(device);
            self.wait_for_lock(device);
        }
    }

    fn complete(&mut self, device: &mut Pulling) {
        if let Err(said) = device.puller.complete() {
            self.wrong(format!("could not complete: {said}"));
        }
        drop(device.cutter.passed());
    }

    /// One pull; tells whether it was cut.
    fn pull(&mut self, device: &mut Pulling, meanwhile: u64) -> bool {
        self.found.pulls += 1;
        self.pulls += 1;
        device.pulls += 1;
        let pull = self.pulls;
        let before = check::counts(&self.letters, &device.puller.kept());
        let letters: Vec<Letter> = (0..meanwhile).map(|_| self.letter()).collect();
        let (port, to) = (self.host.port(Listener::Lmtp), address(&self.person));
        let outcome = std::thread::scope(|scope| {
            let (letters, to) = (&letters, &to);
            scope.spawn(move || letters.iter().for_each(|letter| hand_over(port, to, letter)));
            device.puller.pull()
        });
        self.letters.extend(letters.into_iter().map(|letter| (letter.id.clone(), letter)));
        let was_cut = device.cutter.passed().iter().any(|passed| passed.was_cut);
        if was_cut {
            self.found.cuts += 1;
            device.cut_pulls.insert(pull);
        }
        match outcome {
            Err(said) if !was_cut => {
                self.wrong(format!("pull {pull} was not cut, and failed: {said}"));
            }
            _ => {}
        }
        for (id, count) in check::counts(&self.letters, &device.puller.kept()) {
            for _ in before.get(&id).copied().unwrap_or_default()..count {
                self.note(device, &id, pull);
            }
        }
        self.wait_for_lock(device);
        was_cut
    }

    /// A message has come; has it come before?
    fn note(&mut self, device: &mut Pulling, id: &str, pull: u64) {
        let came = device.came.entry(id.to_owned()).or_default();
        let last = came.last().copied();
        came.push(pull);
        let Some(last) = last else { return };
        let was_cut = device.cut_pulls.range(last..pull).next().is_some();
        match device.device.repeats {
            Repeats::AfterCut(_) if was_cut => self.found.again += 1,
            Repeats::AfterCut(_) | Repeats::Never => {
                self.found.twice += 1;
                self.wrong(format!("{id} came in pull {last} and again in pull {pull}"));
            }
        }
    }

    fn letter(&mut self) -> Letter {
        let (number, nonce) = (self.letters.len(), self.random.below(1 << 32));
        Letter::new(format!("{}-{number}-{nonce:x}", self.person), &mut self.random)
    }

    fn deliver(&mut self, count: u64) {
        for _ in 0..count {
            let letter = self.letter();
            hand_over(self.host.port(Listener::Lmtp), &address(&self.person), &letter);
            self.letters.insert(letter.id.clone(), letter);
        }
    }

    fn is_all_here(&self, device: &Pulling) -> bool {
        let here = check::counts(&self.letters, &device.puller.kept());
        self.letters.keys().all(|id| here.contains_key(id))
    }

    fn choose_cut(&mut self, device: &Pulling) -> Cut {
        let here = check::counts(&self.letters, &device.puller.kept());
        let fresh = self.letters.values().filter(|letter| !here.contains_key(&letter.id));
        let octets: u64 = fresh.map(|letter| letter.body.len() as u64 + 600).sum();
        let listings = self.letters.len() as u64 * 50 + 400;
        let random = &mut self.random;
        let point = match random.below(20) {
            0..11 => CutPoint::Octet(From::Server, random.below(octets + listings)),
            11..13 => CutPoint::Octet(From::Server, random.below(listings)),
            13..16 => CutPoint::Octet(From::Client, random.below(listings / 4)),
            16 => CutPoint::BeforeQuit,
            17 => CutPoint::AfterQuit(0),
            _ => CutPoint::AfterQuit(random.below(30)),
        };
        let how = if random.below(2) == 0 { How::Reset } else { How::Close };
        Cut { point, how }
    }

    /// Logs in as the program does, as soon as that is possible, and looks at the unique ids: none may change.
    fn wait_for_lock(&mut self, device: &Pulling) {
        let start = Instant::now();
        let port = self.host.port(Listener::Pop3);
        let mut pop3 = loop {
            match Pop3::login(port, &device.login, PASSWORD) {
                Ok(pop3) => break pop3,
                Err(error) if error.to_string().contains("[IN-USE]") => {
                    if start.elapsed() > Duration::from_secs(10) {
                        self.wrong("the lock of a connection that is gone is not free".to_owned());
                        return;
                    }
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(error) => panic!("cannot log in: {error}"),
            }
        };
        self.found.lock_wait = self.found.lock_wait.max(start.elapsed());
        for (number, uidl) in pop3.numbered("UIDL").unwrap() {
            if self.uidls.contains_key(&uidl) {
                continue;
            }
            let Ok(head) = pop3.content(&format!("TOP {number} 0")) else { continue };
            let id = super::kept::id(&String::from_utf8_lossy(&head)).unwrap_or_default();
            if let Some((old, _)) = self.uidls.iter().find(|(_, known)| **known == id) {
                let complaint = format!("{id} had the unique id {old}, and now has {uidl}");
                self.wrong(complaint);
            }
            self.uidls.insert(uidl, id);
        }
        pop3.ask("QUIT").unwrap();
    }
}

fn hand_over(port: u16, to: &str, letter: &Letter) {
    let mut lmtp = Lmtp::connect(port).unwrap();
    let answers = lmtp.deliver(&[to.to_owned()], &letter.octets()).unwrap();
    assert!(answers[0].starts_with("250"), "{answers:?}");
}

//! POP3 sessions of two devices and IMAP sessions on one account, in random order: what each sees is what it must see.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    clippy::as_conversions,
    clippy::panic,
    reason = "tests may be blunt"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use interop::host::{PASSWORD, address};
use interop::imap::Imap;
use interop::lmtp::Lmtp;
use interop::pop3::Pop3;
use interop::random::Random;
use interop::{Host, Listener};

const DEVICES: [&str; 2] = ["office", "phone"];

/// A message of the Inbox, as IMAP shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Message {
    uid: u64,
    octets: u64,
    name: String,
}

/// A POP3 session, and the Inbox as it was when it began.
struct Session {
    pop3: Pop3,
    view: Vec<Message>,
    marked: BTreeSet<usize>,
}

/// What must be so.
struct Both {
    host: Host,
    random: Random,
    imap: [Imap; 2],
    lmtp: Lmtp,
    sessions: [Option<Session>; 2],
    made: usize,
    /// The names of what must be in the Inbox, and in the archive.
    inbox: BTreeSet<String>,
    archive: BTreeSet<String>,
    uidls: BTreeMap<String, String>,
    longest_wait: Duration,
}

impl Both {
    fn new(seed: u64) -> Both {
        let host = Host::start(&["ana"]);
        let imap = [(); 2]
            .map(|()| Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap());
        let lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
        let mut both = Both {
            host,
            random: Random::new(seed),
            imap,
            lmtp,
            sessions: [None, None],
            made: 0,
            inbox: BTreeSet::new(),
            archive: BTreeSet::new(),
            uidls: BTreeMap::new(),
            longest_wait: Duration::ZERO,
        };
        both.imap[0].command("CREATE Kept").unwrap();
        for imap in &mut both.imap {
            imap.ok("SELECT INBOX").unwrap();
        }
        for _ in 0..12 {
            both.deliver();
        }
        both
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0 | 1 => self.deliver(),
            2 => self.append(),
            3 | 4 => self.expunge(),
            5 => self.file_away(),
            6 => self.bring_back(),
            7 => self.flag(),
            8..17 => {
                let device = self.random.below(2) as usize;
                match self.sessions[device].take() {
                    None => self.open(device),
                    Some(session) => self.sessions[device] = self.speak(device, session),
                }
            }
            17 => self.second_login(),
            _ => self.hang_up(),
        }
        self.check();
    }

    fn letter(&mut self) -> (String, Vec<u8>) {
        self.made += 1;
        let name = format!("m{}", self.made);
        let lines = self.random.below(40) as usize;
        let text = format!(
            "From: a@example.net\r\nSubject: {name}\r\n\r\n{}",
            ".a line\r\n".repeat(lines)
        );
        self.inbox.insert(name.clone());
        (name, text.into_bytes())
    }

    fn deliver(&mut self) {
        let (_, text) = self.letter();
        let answers = self.lmtp.deliver(&[address("ana")], &text).unwrap();
        assert!(answers[0].starts_with("250"), "{answers:?}");
    }

    fn append(&mut self) {
        let (_, text) = self.letter();
        assert!(self.imap[0].append("INBOX", "\\Seen", &text).unwrap().is_ok());
    }

    /// A message of the Inbox, from either IMAP session.
    fn some(&mut self) -> Option<(usize, Message)> {
        let which = self.random.below(2) as usize;
        let messages = messages(&mut self.imap[which]);
        self.random.one(&messages).map(|message| (which, message.clone()))
    }

    fn expunge(&mut self) {
        let Some((which, Message { uid, name, .. })) = self.some() else { return };
        self.imap[which].ok(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)")).unwrap();
        self.imap[which].ok(&format!("UID EXPUNGE {uid}")).unwrap();
        self.inbox.remove(&name);
    }

    fn file_away(&mut self) {
        let Some((which, Message { uid, name, .. })) = self.some() else { return };
        self.imap[which].ok(&format!("UID MOVE {uid} Kept")).unwrap();
        self.inbox.remove(&name);
        self.archive.insert(name);
    }

    fn bring_back(&mut self) {
        let Some(name) = self.archive.pop_first() else { return };
        self.imap[0].ok("SELECT Kept").unwrap();
        let found = messages(&mut self.imap[0]).into_iter().find(|m| m.name == name).unwrap();
        self.imap[0].ok(&format!("UID MOVE {} INBOX", found.uid)).unwrap();
        self.imap[0].ok("SELECT INBOX").unwrap();
        self.inbox.insert(name);
    }

    fn flag(&mut self) {
        let Some((which, Message { uid, .. })) = self.some() else { return };
        let sign = if self.random.below(2) == 0 { '+' } else { '-' };
        self.imap[which].ok(&format!("UID STORE {uid} {sign}FLAGS (\\Seen \\Flagged)")).unwrap();
    }

    fn login(&self, device: usize) -> std::io::Result<Pop3> {
        let login = format!("ana+{}@example.org", DEVICES[device]);
        Pop3::login(self.host.port(Listener::Pop3), &login, PASSWORD)
    }

    /// Logs in; where the session before was left without QUIT, as soon as the host has noticed.
    fn open(&mut self, device: usize) {
        let start = Instant::now();
        let mut pop3 = loop {
            match self.login(device) {
                Ok(pop3) => break pop3,
                Err(error) => {
                    assert!(error.to_string().contains("[IN-USE]"), "{error}");
                    assert!(start.elapsed() < Duration::from_secs(10), "the lock stays");
                    std::thread::yield_now();
                }
            }
        };
        self.longest_wait = self.longest_wait.max(start.elapsed());
        let view = messages(&mut self.imap[1]);
        for (number, uidl) in pop3.numbered("UIDL").unwrap() {
            let name = &view[number - 1].name;
            let known = self.uidls.entry(name.clone()).or_insert_with(|| uidl.clone());
            assert_eq!(*known, uidl, "the unique id of {name} has changed");
        }
        let all: BTreeSet<&String> = self.uidls.values().collect();
        assert_eq!(all.len(), self.uidls.len(), "two messages share a unique id");
        let mut session = Session { pop3, view, marked: BTreeSet::new() };
        session.check(&self.uidls);
        self.sessions[device] = Some(session);
    }

    /// One command in a session; none when it has ended.
    fn speak(&mut self, device: usize, mut session: Session) -> Option<Session> {
        session.check(&self.uidls);
        let number = self.random.below(session.view.len() as u64 + 2) as usize;
        match self.random.below(8) {
            0..3 => session.retrieve(number),
            3..5 => session.delete(number),
            5 => {
                session.pop3.ask("RSET").unwrap();
                session.marked.clear();
            }
            6 => {
                session.pop3.ask("QUIT").unwrap();
                let now: BTreeSet<u64> =
                    messages(&mut self.imap[0]).iter().map(|m| m.uid).collect();
                for number in &session.marked {
                    let Message { uid, name, .. } = &session.view[number - 1];
                    assert!(!now.contains(uid), "{}: {name} is there after QUIT", DEVICES[device]);
                    // What was moved away and back meanwhile is another entry, and stays.
                    if !messages(&mut self.imap[0]).iter().any(|m| m.name == *name)
                        && !self.archive.contains(name)
                    {
                        self.inbox.remove(name);
                    }
                }
                return None;
            }
            _ => drop(session.pop3.ask("NOOP").unwrap()),
        }
        session.check(&self.uidls);
        Some(session)
    }

    /// The same device a second time is told so; the session there is goes on.
    fn second_login(&mut self) {
        for device in 0..2 {
            if self.sessions[device].is_some() {
                let error = self.login(device).err().unwrap().to_string();
                assert!(error.contains("[IN-USE]"), "{error}");
            }
        }
    }

    /// A client goes without QUIT: nothing is removed, and it can come back.
    fn hang_up(&mut self) {
        let device = self.random.below(2) as usize;
        if self.sessions[device].take().is_some() {
            self.open(device);
        }
    }

    fn check(&mut self) {
        for imap in &mut self.imap {
            let messages = messages(imap);
            let names: BTreeSet<String> = messages.iter().map(|m| m.name.clone()).collect();
            assert_eq!(names.len(), messages.len(), "a message is there twice");
            assert_eq!(names, self.inbox);
        }
        for session in self.sessions.iter_mut().flatten() {
            session.check(&self.uidls);
        }
    }
}

impl Session {
    /// STAT, LIST and UIDL agree with one another and with the Inbox as it was, but for what is marked.
    fn check(&mut self, uidls: &BTreeMap<String, String>) {
        let kept = (1..=self.view.len()).filter(|number| !self.marked.contains(number));
        let want: Vec<(usize, &Message)> = kept.map(|n| (n, &self.view[n - 1])).collect();
        let octets: u64 = want.iter().map(|(_, message)| message.octets).sum();
        let stat = self.pop3.ask("STAT").unwrap();
        assert!(stat.starts_with(&format!("{} {octets}", want.len())), "{stat}");
        let listed = self.pop3.numbered("LIST").unwrap();
        let sizes: Vec<_> = want.iter().map(|(n, m)| (*n, m.octets.to_string())).collect();
        assert_eq!(listed, sizes);
        let listed = self.pop3.numbered("UIDL").unwrap();
        let ids: Vec<_> = want.iter().map(|(n, m)| (*n, uidls[&m.name].clone())).collect();
        assert_eq!(listed, ids);
    }

    fn is_there(&self, number: usize) -> bool {
        (1..=self.view.len()).contains(&number) && !self.marked.contains(&number)
    }

    /// The message of a number stays the same, and can be had, also when it was expunged or moved meanwhile.
    fn retrieve(&mut self, number: usize) {
        let answer = self.pop3.content(&format!("RETR {number}"));
        assert_eq!(answer.is_ok(), self.is_there(number), "RETR {number}: {answer:?}");
        let Ok(content) = answer else { return };
        let message = &self.view[number - 1];
        let text = String::from_utf8(content).unwrap();
        assert!(text.contains(&format!("Subject: {}\r\n", message.name)), "{text}");
        assert_eq!(text.len() as u64, message.octets);
    }

    fn delete(&mut self, number: usize) {
        let answer = self.pop3.ask(&format!("DELE {number}"));
        assert_eq!(answer.is_ok(), self.is_there(number), "DELE {number}: {answer:?}");
        if answer.is_ok() {
            self.marked.insert(number);
        }
    }
}

/// What is in the selected mailbox.
fn messages(imap: &mut Imap) -> Vec<Message> {
    let fetch = "UID FETCH 1:* (RFC822.SIZE BODY.PEEK[HEADER.FIELDS (SUBJECT)])";
    let answer = imap.ok(fetch).unwrap();
    let fetched = answer.untagged.iter().filter(|response| !response.literals.is_empty());
    let message = |response: &interop::imap::Response| {
        let head = String::from_utf8_lossy(&response.literals[0]).into_owned();
        Message {
            uid: response.number("UID").unwrap(),
            octets: response.number("RFC822.SIZE").unwrap(),
            name: head.trim().strip_prefix("Subject: ").unwrap().to_owned(),
        }
    };
    fetched.map(message).collect()
}

#[test]
fn pop3_and_imap_never_contradict_each_other() {
    for seed in [20_260_203, 20_260_204, 20_260_205] {
        println!("seed {seed}");
        let mut both = Both::new(seed);
        for _ in 0..160 {
            both.step();
        }
        println!(
            "the longest wait for the lock of a connection that had gone: {:?}",
            both.longest_wait
        );
    }
}

//! An IMAP connection under load: APPEND, STORE, MOVE, COPY and EXPUNGE in two mailboxes of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Result;

use super::letter::letter;
use super::{Counts, Field, OWNERS};
use crate::host::{PASSWORD, address};
use crate::imap::{Imap, numbers};
use crate::random::Random;

/// The flags that are played with.
pub(super) const FLAGS: [&str; 4] = ["\\Seen", "\\Flagged", "\\Answered", "$Label"];
const MESSAGES_MAX: usize = 120;

/// A message where it was last acknowledged to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// In which of the two mailboxes.
    pub(super) mailbox: usize,
    /// Its UID there.
    pub(super) uid: u32,
    pub(super) flags: BTreeSet<&'static str>,
}

/// The operation that was under way: it may have happened or not.
#[derive(Clone, Debug)]
pub(super) enum UnderWay {
    Append { name: String, mailbox: usize, flags: BTreeSet<&'static str> },
    Store { names: Vec<String>, flag: &'static str, set: bool },
    Move { names: Vec<String>, to: usize },
    Expunge { names: Vec<String> },
}

/// A worker, with what it knows.
pub(crate) struct ImapWorker {
    pub(super) owner: &'static str,
    pub(super) mailboxes: [String; 2],
    random: Random,
    /// By name.
    pub(super) kept: BTreeMap<String, Kept>,
    /// What was acknowledged as expunged: never to be seen again.
    pub(super) gone: BTreeSet<String>,
    pub(super) under_way: Option<UnderWay>,
    made: u64,
    number: usize,
    counts: Counts,
}

impl ImapWorker {
    pub(super) fn new(number: usize, seed: u64) -> ImapWorker {
        ImapWorker {
            owner: OWNERS[number % OWNERS.len()],
            mailboxes: [format!("w{number}"), format!("w{number}/second")],
            random: Random::new(seed),
            kept: BTreeMap::new(),
            gone: BTreeSet::new(),
            under_way: None,
            made: 0,
            number,
            counts: Counts::new(),
        }
    }

    /// Makes the mailboxes of all workers.
    pub(super) fn make_mailboxes(&self, port: u16) {
        for number in 0..super::IMAP_WORKERS {
            let worker = ImapWorker::new(number, 1);
            let mut imap = Imap::login(port, &address(worker.owner), PASSWORD).unwrap();
            for mailbox in &worker.mailboxes {
                imap.ok(&format!("CREATE \"{mailbox}\"")).unwrap();
            }
        }
    }

    pub(super) fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    /// Works until the connection breaks.
    pub(super) fn work(&mut self, field: &Field, round: u32) {
        while !field.is_over() {
            if self.session(field, round).is_err() {
                return;
            }
        }
    }

    fn session(&mut self, field: &Field, round: u32) -> Result<()> {
        let mut imap = Imap::login(field.imap, &address(self.owner), PASSWORD)?;
        let mailbox = self.random.below(2) as usize;
        imap.ok(&format!("SELECT \"{}\"", self.mailboxes[mailbox]))?;
        for _ in 0..self.random.between(5, 40) {
            let full = self.kept.len() >= MESSAGES_MAX;
            match self.random.below(10) {
                0..=3 if !full => self.append(&mut imap, round)?,
                4..=6 => self.store(&mut imap, mailbox)?,
                7..=8 => self.r#move(&mut imap, mailbox)?,
                _ => self.expunge(&mut imap, mailbox, full)?,
            }
        }
        imap.ok("LOGOUT").map(drop)
    }

    fn append(&mut self, imap: &mut Imap, round: u32) -> Result<()> {
        self.made += 1;
        let name = format!("i{}-{round}-{}", self.number, self.made);
        let mailbox = self.random.below(2) as usize;
        let mut flags = BTreeSet::new();
        flags.extend(FLAGS.into_iter().filter(|_| self.random.below(4) == 0));
        let words = flags.iter().copied().collect::<Vec<_>>().join(" ");
        self.under_way =
            Some(UnderWay::Append { name: name.clone(), mailbox, flags: flags.clone() });
        let answer = imap.append(&self.mailboxes[mailbox], &words, &letter(&name))?;
        self.under_way = None;
        assert!(answer.is_ok(), "APPEND was refused: {}", answer.status);
        let uid = answer.code("APPENDUID").expect("APPENDUID")[1].parse().unwrap();
        self.kept.insert(name, Kept { mailbox, uid, flags });
        self.note("APPEND")
    }

    fn store(&mut self, imap: &mut Imap, mailbox: usize) -> Result<()> {
        let names = self.some(mailbox, 8);
        let (flag, set) = (*self.random.one(&FLAGS).unwrap(), self.random.below(2) == 0);
        if names.is_empty() {
            return Ok(());
        }
        let (uids, sign) = (self.uids(&names), if set { '+' } else { '-' });
        self.under_way = Some(UnderWay::Store { names: names.clone(), flag, set });
        let answer = imap.command(&format!("UID STORE {uids} {sign}FLAGS.SILENT ({flag})"))?;
        self.under_way = None;
        assert!(answer.is_ok(), "STORE was refused: {}", answer.status);
        for name in names {
            let flags = &mut self.kept.get_mut(&name).unwrap().flags;
            if set {
                flags.insert(flag)
            } else {
                flags.remove(flag)
            };
        }
        self.note("STORE")
    }

    fn r#move(&mut self, imap: &mut Imap, mailbox: usize) -> Result<()> {
        let names = self.some(mailbox, 5);
        if names.is_empty() {
            return Ok(());
        }
        let (uids, to) = (self.uids(&names), 1 - mailbox);
        self.under_way = Some(UnderWay::Move { names: names.clone(), to });
        let answer = imap.command(&format!("UID MOVE {uids} \"{}\"", self.mailboxes[to]))?;
        self.under_way = None;
        assert!(answer.is_ok(), "MOVE was refused: {}", answer.status);
        let code = answer.code("COPYUID").expect("COPYUID");
        let pairs = numbers(&code[1]).into_iter().zip(numbers(&code[2]));
        let new: BTreeMap<u32, u32> = pairs.collect();
        for name in names {
            let kept = self.kept.get_mut(&name).unwrap();
            kept.uid = *new.get(&kept.uid).expect("every moved message has a new UID");
            kept.mailbox = to;
        }
        self.note("MOVE")
    }

    fn expunge(&mut self, imap: &mut Imap, mailbox: usize, many: bool) -> Result<()> {
        let names = self.some(mailbox, if many { 60 } else { 3 });
        if names.is_empty() {
            return Ok(());
        }
        let uids = self.uids(&names);
        // \Deleted is no flag that is checked: with the EXPUNGE behind it, it says nothing of its own.
        self.under_way = Some(UnderWay::Expunge { names: names.clone() });
        imap.ok(&format!("UID STORE {uids} +FLAGS.SILENT (\\Deleted)"))?;
        let answer = imap.command(&format!("UID EXPUNGE {uids}"))?;
        self.under_way = None;
        assert!(answer.is_ok(), "EXPUNGE was refused: {}", answer.status);
        for name in names {
            self.kept.remove(&name);
            self.gone.insert(name);
        }
        self.note("EXPUNGE")
    }

    fn some(&mut self, mailbox: usize, most: u64) -> Vec<String> {
        let here: Vec<&String> =
            self.kept.iter().filter(|(_, kept)| kept.mailbox == mailbox).map(|(n, _)| n).collect();
        let count = self.random.between(1, most + 1);
        let mut names: Vec<String> =
            (0..count).filter_map(|_| self.random.one(&here)).map(|name| (*name).clone()).collect();
        names.sort();
        names.dedup();
        names
    }

    fn uids(&self, names: &[String]) -> String {
        let uids: Vec<String> = names.iter().map(|name| self.kept[name].uid.to_string()).collect();
        uids.join(",")
    }

    fn note(&mut self, kind: &'static str) -> Result<()> {
        *self.counts.entry(kind).or_default() += 1;
        Ok(())
    }
}

//! Inboxes under load: filled over LMTP, read and emptied over POP3.

use std::collections::BTreeSet;
use std::io::Result;
use std::sync::{Arc, Mutex};

use super::letter::{letter, name_of};
use super::{Counts, Field, RECIPIENTS};
use crate::host::{PASSWORD, address};
use crate::lmtp::Lmtp;
use crate::pop3::Pop3;
use crate::random::Random;

const MESSAGES_MAX: usize = 150;

/// What is known of an Inbox.
#[derive(Default)]
pub(super) struct Inbox {
    /// Acknowledged as delivered, and not as removed.
    pub(super) kept: BTreeSet<String>,
    /// Under way at the kill: there or not.
    pub(super) perhaps: BTreeSet<String>,
    /// Acknowledged as removed: never to be seen again.
    pub(super) gone: BTreeSet<String>,
    /// Marked when QUIT was sent and not answered: all there, or none.
    pub(super) leaving: BTreeSet<String>,
    pub(super) counts: Counts,
}

impl Inbox {
    fn note(&mut self, kind: &'static str) {
        *self.counts.entry(kind).or_default() += 1;
    }
}

/// Delivers to one or both.
pub(super) struct LmtpWorker {
    number: usize,
    random: Random,
    inboxes: Vec<Arc<Mutex<Inbox>>>,
}

impl LmtpWorker {
    pub(super) fn new(number: usize, seed: u64, inboxes: Vec<Arc<Mutex<Inbox>>>) -> LmtpWorker {
        LmtpWorker { number, random: Random::new(seed), inboxes }
    }

    pub(super) fn work(mut self, field: &Field, seed: u64, round: u32) {
        let mut made = 0;
        while !field.is_over() {
            let Ok(mut lmtp) = Lmtp::connect(field.lmtp) else { return };
            for _ in 0..self.random.between(1, 30) {
                made += 1;
                let name = format!("l{seed:x}-{}-{round}-{made}", self.number);
                if self.deliver(&mut lmtp, &name).is_err() {
                    return;
                }
            }
        }
    }

    fn deliver(&mut self, lmtp: &mut Lmtp, name: &str) -> Result<()> {
        let mut to: Vec<usize> = match self.random.below(3) {
            0 => vec![0, 1],
            1 => vec![0],
            _ => vec![1],
        };
        to.retain(|index| self.inboxes[*index].lock().unwrap().kept.len() < MESSAGES_MAX);
        if to.is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(5));
            return Ok(());
        }
        for index in &to {
            self.inboxes[*index].lock().unwrap().perhaps.insert(name.to_owned());
        }
        let addresses: Vec<String> = to.iter().map(|index| address(RECIPIENTS[*index])).collect();
        let answers = lmtp.deliver(&addresses, &letter(name))?;
        for (index, answer) in to.iter().zip(answers) {
            assert!(answer.starts_with("250"), "delivery was refused: {answer}");
            let mut inbox = self.inboxes[*index].lock().unwrap();
            inbox.perhaps.remove(name);
            // A POP3 session may have seen it, and removed it, before we had our answer.
            if !inbox.gone.contains(name) {
                inbox.kept.insert(name.to_owned());
            }
            inbox.note("LMTP");
        }
        Ok(())
    }
}

/// Reads and removes.
pub(super) struct PopWorker {
    name: &'static str,
    random: Random,
    inbox: Arc<Mutex<Inbox>>,
}

impl PopWorker {
    pub(super) fn new(name: &'static str, seed: u64, inbox: Arc<Mutex<Inbox>>) -> PopWorker {
        PopWorker { name, random: Random::new(seed), inbox }
    }

    pub(super) fn work(mut self, field: &Field) {
        while !field.is_over() {
            if self.session(field).is_err() {
                return;
            }
        }
    }

    fn session(&mut self, field: &Field) -> Result<()> {
        let mut pop3 = match Pop3::login(field.pop3, &address(self.name), PASSWORD) {
            // Our last session left without QUIT, and the host has not noticed yet.
            Err(error) if error.to_string().contains("[IN-USE]") => {
                std::thread::sleep(std::time::Duration::from_millis(2));
                return Ok(());
            }
            login => login?,
        };
        let listed = pop3.numbered("LIST")?;
        let mut marked = BTreeSet::new();
        for (number, octets) in listed {
            if self.random.below(3) == 0 {
                continue;
            }
            let content = pop3.content(&format!("RETR {number}"))?;
            assert_eq!(content.len().to_string(), octets, "LIST told another size");
            let name = name_of(&content).expect("a subject");
            assert!(content.ends_with(&letter(&name)), "{name} came back changed");
            if self.random.below(2) == 0 {
                pop3.ask(&format!("DELE {number}"))?;
                marked.insert(name);
            }
        }
        if self.random.below(6) == 0 {
            // Leaves without QUIT: nothing may be removed.
            return Ok(());
        }
        self.inbox.lock().unwrap().leaving.clone_from(&marked);
        let answer = pop3.ask("QUIT")?;
        let mut inbox = self.inbox.lock().unwrap();
        inbox.leaving.clear();
        for name in marked {
            inbox.kept.remove(&name);
            inbox.perhaps.remove(&name);
            inbox.gone.insert(name);
            inbox.note("POP3 DELE");
        }
        inbox.note("POP3 QUIT");
        drop(answer);
        Ok(())
    }
}

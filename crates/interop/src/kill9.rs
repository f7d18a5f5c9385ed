//! The kill -9 loop: load from many connections with a log of every acknowledged operation, a kill at a random moment,
//! a restart, and a check that everything acknowledged is there, once, and where it was said to be.
//!
//! Each IMAP worker owns two mailboxes, so that what they must hold is known exactly but for the one operation that
//! was under way at the kill. The Inboxes of two people are filled over LMTP and emptied over POP3.

mod check;
mod imap_worker;
mod inbox;
mod letter;
mod report;
mod sabotage;
mod seen;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::host::{Host, Listener};
use crate::random::Random;

pub use report::Report;
pub use sabotage::Sabotage;

use imap_worker::ImapWorker;
use inbox::{Inbox, LmtpWorker, PopWorker};
use seen::Seen;

/// Whose mailboxes the IMAP workers use.
pub(crate) const OWNERS: [&str; 2] = ["ana", "bob"];
/// Whose Inboxes are filled and emptied.
pub(crate) const RECIPIENTS: [&str; 2] = ["pat", "quinn"];
const IMAP_WORKERS: usize = 6;
const LMTP_WORKERS: usize = 3;

/// Acknowledged operations, by kind.
pub(crate) type Counts = BTreeMap<&'static str, u64>;

/// What the workers know while the load runs.
#[derive(Clone)]
pub(crate) struct Field {
    pub(crate) imap: u16,
    pub(crate) pop3: u16,
    pub(crate) lmtp: u16,
    pub(crate) stop: Arc<AtomicBool>,
}

impl Field {
    fn new(host: &Host) -> Field {
        Field {
            imap: host.port(Listener::Imap),
            pop3: host.port(Listener::Pop3),
            lmtp: host.port(Listener::Lmtp),
            stop: Arc::new(AtomicBool::new(false)),
        }
    }

    pub(crate) fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Runs the loop on a data folder; the same seed gives the same choices, though not the same timing.
pub fn run(data: &Path, rounds: u32, seed: u64, sabotage: Sabotage) -> Report {
    let mut random = Random::new(seed);
    let mut report = Report::new(seed);
    let mut host = Host::start_in(data);
    OWNERS.iter().chain(&RECIPIENTS).for_each(|name| host.add(name));
    let mut seen = Seen::default();
    let mut workers: Vec<ImapWorker> =
        (0..IMAP_WORKERS).map(|number| ImapWorker::new(number, random.number())).collect();
    let inboxes: Vec<Arc<Mutex<Inbox>>> = RECIPIENTS.iter().map(|_| Arc::default()).collect();
    workers[0].make_mailboxes(host.port(Listener::Imap));
    for round in 1..=rounds {
        let field = Field::new(&host);
        let load = Duration::from_millis(random.between(150, 1_500));
        workers = loaded(&field, workers, &inboxes, (seed, round), &mut random, load, host);
        for worker in &mut workers {
            report.count(worker.take_counts());
        }
        inboxes
            .iter()
            .for_each(|inbox| report.count(std::mem::take(&mut inbox.lock().unwrap().counts)));
        sabotage.act(data);
        host = match reopened(data, &mut random, &mut report) {
            Ok(host) => host,
            Err(said) => {
                report.violations.push(format!("round {round}: the host does not open: {said}"));
                return report;
            }
        };
        let found = check::everything(&host, &mut workers, &inboxes, &mut seen);
        report.round(round, host.opened_in, found);
    }
    report
}

/// Runs the load for a while, then kills the host in the middle of it.
fn loaded(
    field: &Field,
    workers: Vec<ImapWorker>,
    inboxes: &[Arc<Mutex<Inbox>>],
    (seed, round): (u64, u32),
    random: &mut Random,
    load: Duration,
    host: Host,
) -> Vec<ImapWorker> {
    let imap: Vec<_> = workers
        .into_iter()
        .map(|mut worker| {
            let field = field.clone();
            std::thread::spawn(move || {
                worker.work(&field, round);
                worker
            })
        })
        .collect();
    let mut others = Vec::new();
    for number in 0..LMTP_WORKERS {
        let worker = LmtpWorker::new(number, random.number(), inboxes.to_vec());
        let field = field.clone();
        others.push(std::thread::spawn(move || worker.work(&field, seed, round)));
    }
    for (name, inbox) in RECIPIENTS.into_iter().zip(inboxes) {
        let worker = PopWorker::new(name, random.number(), Arc::clone(inbox));
        let field = field.clone();
        others.push(std::thread::spawn(move || worker.work(&field)));
    }
    std::thread::sleep(load);
    host.kill();
    field.stop.store(true, Ordering::Relaxed);
    others.into_iter().for_each(|worker| worker.join().unwrap());
    imap.into_iter().map(|worker| worker.join().unwrap()).collect()
}

/// Starts the host again; now and then it is killed once more while it opens.
fn reopened(data: &Path, random: &mut Random, report: &mut Report) -> Result<Host, String> {
    while random.below(5) == 0 {
        let host = Host::spawn(data);
        std::thread::sleep(Duration::from_millis(random.below(120)));
        host.kill();
        report.killed_while_opening();
    }
    report.killed();
    Host::try_start(data)
}

//! What the host holds, and how long others wait, while one user makes and deletes very many messages out of one.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::host::{Host, Listener, PASSWORD, address};
use crate::imap::Imap;

/// How long memory is given to go back to the system.
const SETTLING: Duration = Duration::from_secs(60);
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(900);
/// How often somebody else asks for something small.
const ASKS_EVERY: Duration = Duration::from_millis(10);

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The configuration of the host.
    pub config: String,
    /// How often the mailbox is copied onto itself.
    pub doublings: u32,
    /// Then so many more messages are copied.
    pub more: u64,
    /// Whether all messages are then copied and moved to other mailboxes, too.
    pub elsewhere: Elsewhere,
}

/// Whether messages go to other mailboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// They stay.
    No,
    /// They are copied to one and moved to another.
    Yes,
}

/// One step.
#[derive(Clone, Debug)]
pub struct Step {
    /// What was asked for.
    pub command: String,
    /// What was answered.
    pub status: String,
    took: Duration,
    others_waited: Duration,
    resident_kib: u64,
    peak_kib: u64,
}

/// What was measured.
#[derive(Clone, Debug)]
pub struct Report {
    /// What the host held before.
    pub start_kib: u64,
    /// What it held at the end.
    pub end_kib: u64,
    /// How much of each belongs to files that are mapped into memory, such as the program.
    files_kib: (u64, u64),
    /// The steps, in order.
    pub steps: Vec<Step>,
    settled_in: Duration,
}

impl Report {
    /// What is held at the end, in percent of what was held at the start.
    pub fn percent(&self) -> u64 {
        self.end_kib.saturating_mul(100) / self.start_kib.max(1)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |kib: u64| kib as f64 / 1024.0;
        writeln!(f, "{:>9} {:>9} {:>9} {:>9}  command, answer", "s", "NOOP ms", "MiB", "peak MiB")?;
        for step in &self.steps {
            let answer: String = step.status.chars().take(60).collect();
            writeln!(
                f,
                "{:>9.2} {:>9.1} {:>9.1} {:>9.1}  {}: {answer}",
                step.took.as_secs_f64(),
                step.others_waited.as_secs_f64() * 1e3,
                mib(step.resident_kib),
                mib(step.peak_kib),
                step.command,
            )?;
        }
        writeln!(
            f,
            "resident at the start {:.1} MiB (files {:.1}), at the end {:.1} MiB (files {:.1}), {} %, {:.0} s after the last \
             answer",
            mib(self.start_kib),
            mib(self.files_kib.0),
            mib(self.end_kib),
            mib(self.files_kib.1),
            self.percent(),
            self.settled_in.as_secs_f64(),
        )
    }
}

/// Somebody else, who asks for something small again and again.
struct Other {
    slowest_us: Arc<AtomicU64>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Other {
    fn begin(host: &Host, name: &str) -> Other {
        let mut imap = Imap::login(host.port(Listener::Imap), &address(name), PASSWORD).unwrap();
        imap.ok("SELECT INBOX").unwrap();
        let slowest_us = Arc::new(AtomicU64::new(0));
        let is_over = Arc::new(AtomicBool::new(false));
        let (slowest, over) = (Arc::clone(&slowest_us), Arc::clone(&is_over));
        let thread = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let asked = Instant::now();
                imap.ok("NOOP").unwrap();
                let us = u64::try_from(asked.elapsed().as_micros()).unwrap_or(u64::MAX);
                slowest.fetch_max(us, Ordering::Relaxed);
                std::thread::sleep(ASKS_EVERY);
            }
        });
        Other { slowest_us, is_over, thread: Some(thread) }
    }

    /// The longest wait since the last time.
    fn slowest(&self) -> Duration {
        Duration::from_micros(self.slowest_us.swap(0, Ordering::Relaxed))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// Starts a host and measures.
pub fn run(plan: &Plan) -> Report {
    let host = Host::start_configured(&plan.config, &["ana", "rui"]);
    let imap = Imap::login(host.port(Listener::Imap), &address("ana"), PASSWORD).unwrap();
    let mut imap = imap.patient(PATIENCE);
    let other = Other::begin(&host, "rui");
    imap.append("INBOX", "", b"Subject: tiny\r\n\r\n.\r\n").unwrap();
    imap.ok("SELECT INBOX").unwrap();
    imap.ok("CREATE Copies").unwrap();
    imap.ok("CREATE Moved").unwrap();
    // What hashing a password took goes back first.
    std::thread::sleep(Duration::from_secs(5));
    let (start_kib, start_files_kib) = (host.memory_kib("VmRSS"), host.memory_kib("RssFile"));
    let mut steps = Vec::new();
    for command in commands(plan) {
        host.forget_peak_kib();
        other.slowest();
        let begin = Instant::now();
        let status = imap.command(&command).unwrap().status;
        let took = begin.elapsed();
        let step = Step {
            command,
            status,
            took,
            others_waited: other.slowest(),
            resident_kib: host.memory_kib("VmRSS"),
            peak_kib: host.memory_kib("VmHWM"),
        };
        steps.push(step);
    }
    let (end_kib, settled_in) = settle(&host, start_kib);
    let files_kib = (start_files_kib, host.memory_kib("RssFile"));
    Report { start_kib, end_kib, files_kib, steps, settled_in }
}

fn commands(plan: &Plan) -> Vec<String> {
    let mut commands = vec!["COPY 1:* INBOX".to_owned(); usize::try_from(plan.doublings).unwrap()];
    if plan.more > 0 {
        commands.push(format!("COPY 1:{} INBOX", plan.more));
    }
    let delete = ["STORE 1:* +FLAGS.SILENT (\\Deleted)", "EXPUNGE"];
    let mut mailboxes = Vec::new();
    if plan.elsewhere == Elsewhere::Yes {
        commands.extend(["COPY 1:* Copies", "MOVE 1:* Moved"].map(str::to_owned));
        mailboxes.extend(["Copies", "Moved"]);
    }
    commands.extend(delete.map(str::to_owned));
    for mailbox in mailboxes {
        commands.push(format!("SELECT {mailbox}"));
        commands.extend(delete.map(str::to_owned));
    }
    commands.push("SELECT INBOX".to_owned());
    commands
}

/// Waits until the host holds little more than at the start, or no longer gives memory back.
fn settle(host: &Host, start_kib: u64) -> (u64, Duration) {
    let begin = Instant::now();
    loop {
        let now_kib = host.memory_kib("VmRSS");
        if now_kib <= start_kib + start_kib / 5 || begin.elapsed() > SETTLING {
            return (now_kib, begin.elapsed());
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

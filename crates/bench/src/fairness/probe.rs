//! What another user waits for, while a load runs: each probe on a thread of its own, again and again with short
//! pauses, by the monotonic clock.

use std::fs::File;
use std::io::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow};

use super::connection::Connection;
use super::spread::Spread;
use crate::letters::letter;
use crate::priority;
use crate::server::{Server, user};
use crate::work::fill;

/// The users that probe: nobody else touches their mail.
const NOOP_USER: u32 = 190;
const FETCH_USER: u32 = 191;
const APPEND_USER: u32 = 192;
const POP3_USER: u32 = 193;
/// The mailbox that is fetched from has so many messages, of which one FETCH asks for some.
const MESSAGES: u32 = 500;
const ENVELOPES: u32 = 50;
const APPEND_OCTETS: usize = 8 << 10;
/// From one probe to the next, in milliseconds; not always the same, so that they keep step with nothing.
const PAUSE_MS: std::ops::Range<u64> = 4..12;
/// Each goes on until it has so many times, but no longer than so many times the seconds asked for.
const TIMES_MIN: usize = 400;
pub(crate) const SECONDS_TIMES_MAX: f64 = 4.0;

/// What is probed, in the order in which it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Probe {
    Noop,
    Fetch,
    Append,
    /// No server: what the disk alone takes, in the same seconds.
    BareWrite,
    Pop3,
    /// No server: how late a thread that measures is woken, which is in all the other times.
    WakeUp,
}

/// All probes.
pub(crate) const ALL: [Probe; 6] =
    [Probe::Noop, Probe::Fetch, Probe::Append, Probe::BareWrite, Probe::Pop3, Probe::WakeUp];

/// What came of all probes, each in its place in [`ALL`].
pub(crate) type Spreads = [Spread; ALL.len()];

/// Does a probe once.
type Attempt = Box<dyn FnMut(u64) -> Result<()> + Send>;

/// Fills the mailboxes of those who probe.
pub(crate) async fn prepare(server: &Server) -> Result<()> {
    fill::mailbox(server, NOOP_USER, "INBOX", 10, 2_000).await?;
    fill::mailbox(server, FETCH_USER, "INBOX", MESSAGES, 2_000).await?;
    fill::mailbox(server, APPEND_USER, "INBOX", 10, 2_000).await?;
    fill::mailbox(server, POP3_USER, "INBOX", 10, 2_000).await?;
    Ok(())
}

/// All probes, connected and logged in: done before a load begins.
pub(crate) struct Probes(Vec<(Probe, Attempt)>);

impl Probes {
    /// Connects them.
    pub(crate) fn open(server: &Server) -> Result<Probes> {
        let mut probes = Vec::new();
        for probe in ALL {
            let attempt = match probe {
                Probe::Noop => noop(server.imap)?,
                Probe::Fetch => fetch(server.imap)?,
                Probe::Append => append(server.imap)?,
                Probe::BareWrite => bare_write(server)?,
                Probe::Pop3 => pop3(server.pop3),
                Probe::WakeUp => Box::new(|_| Ok(())),
            };
            probes.push((probe, attempt));
        }
        Ok(Probes(probes))
    }

    /// Probes for so many seconds.
    pub(crate) fn run(self, seconds: f64) -> Result<Spreads> {
        let rule = Rule {
            start: Instant::now(),
            seconds,
            wanting: AtomicUsize::new(self.0.len()),
            broken: AtomicBool::new(false),
        };
        let mut spreads = Spreads::default();
        std::thread::scope(|scope| {
            let rule = &rule;
            let threads: Vec<_> = self
                .0
                .into_iter()
                .map(|(probe, attempt)| (probe, scope.spawn(move || rule.follow(probe, attempt))))
                .collect();
            for (place, (probe, thread)) in spreads.iter_mut().zip(threads) {
                let times = thread.join().map_err(|_| anyhow!("a probe broke"))?;
                *place = Spread::of(times.with_context(|| format!("{probe:?}"))?);
            }
            Ok(spreads)
        })
    }
}

/// How long all probes go on.
struct Rule {
    start: Instant,
    seconds: f64,
    /// How many probes want more times yet; all go on until none does.
    wanting: AtomicUsize,
    broken: AtomicBool,
}

impl Rule {
    fn follow(&self, probe: Probe, mut attempt: Attempt) -> Result<Vec<f64>> {
        priority::raise_for_a_probe();
        let mut times = Vec::new();
        let mut random = Random(probe as u64 + 1);
        let mut wants = true;
        while !self.is_over() {
            let pause = Duration::from_millis(random.below(PAUSE_MS.end - PAUSE_MS.start))
                + Duration::from_millis(PAUSE_MS.start);
            let due = Instant::now() + pause;
            std::thread::sleep(pause);
            let start = Instant::now();
            let from = if probe == Probe::WakeUp { due } else { start };
            let attempted = attempt(random.below(u64::from(u32::MAX)));
            times.push(from.elapsed().as_secs_f64() * 1000.0);
            if let Err(error) = attempted {
                // Either way the others need not go on: the row is lost, or lost its goal.
                self.broken.store(true, Ordering::Relaxed);
                return if Connection::gave_up(&error) { Ok(times) } else { Err(error) };
            }
            let enough = times.len() >= TIMES_MIN && self.elapsed() >= self.seconds;
            if wants && enough {
                wants = false;
                self.wanting.fetch_sub(1, Ordering::Relaxed);
            }
        }
        Ok(times)
    }

    fn elapsed(&self) -> f64 {
        self.start.elapsed().as_secs_f64()
    }

    fn is_over(&self) -> bool {
        self.broken.load(Ordering::Relaxed)
            || self.wanting.load(Ordering::Relaxed) == 0
            || self.elapsed() > self.seconds * SECONDS_TIMES_MAX
    }
}

/// Numbers that look like chance, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

fn noop(imap: SocketAddr) -> Result<Attempt> {
    let mut connection = Connection::imap(imap, &user(NOOP_USER))?;
    connection.command(b"a SELECT INBOX\r\n")?;
    Ok(Box::new(move |_| connection.command(b"a NOOP\r\n")))
}

fn fetch(imap: SocketAddr) -> Result<Attempt> {
    let mut connection = Connection::imap(imap, &user(FETCH_USER))?;
    connection.command(b"a SELECT INBOX\r\n")?;
    Ok(Box::new(move |chance| {
        let first = chance % u64::from(MESSAGES - ENVELOPES) + 1;
        let last = first + u64::from(ENVELOPES) - 1;
        connection.command(format!("a FETCH {first}:{last} (ENVELOPE)\r\n").as_bytes())
    }))
}

fn append(imap: SocketAddr) -> Result<Attempt> {
    let mut connection = Connection::imap(imap, &user(APPEND_USER))?;
    Ok(Box::new(move |chance| {
        // Making the letter takes some microseconds of a time that is shown in tenths of milliseconds.
        let letter = letter(chance as u32, APPEND_OCTETS);
        let mut command = format!("a APPEND INBOX {{{}+}}\r\n", letter.len()).into_bytes();
        command.extend_from_slice(&letter);
        command.extend_from_slice(b"\r\n");
        connection.command(&command)
    }))
}

/// Appends as much to a file beside the servers' mail, and syncs it.
fn bare_write(server: &Server) -> Result<Attempt> {
    let mut file = File::create(server.folder.join("bare-write"))?;
    let octets = vec![b'x'; APPEND_OCTETS];
    Ok(Box::new(move |_| {
        file.write_all(&octets)?;
        Ok(file.sync_data()?)
    }))
}

fn pop3(pop3: SocketAddr) -> Attempt {
    Box::new(move |_| Connection::pop3_visit(pop3, &user(POP3_USER)))
}

//! QUIT with many deletions, interrupted: the host is killed, or the client hangs up, at random moments around it. Then
//! either all deletions of the session are there, or none; and all, if the client was told so.

mod report;

use std::collections::BTreeSet;
use std::net::Shutdown;
use std::path::Path;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use crate::host::{Host, Listener, PASSWORD, address};
use crate::imap::Imap;
use crate::lines::Lines;
use crate::lmtp::Lmtp;
use crate::pop3::Pop3;
use crate::random::Random;

pub use report::Report;

const PERSON: &str = "ana";

/// What happens around QUIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Event {
    /// Nothing: it is measured how long QUIT takes.
    Nothing,
    /// The host is killed some time after QUIT was sent.
    Kill,
    /// The client hangs up as soon as QUIT is sent.
    HangUp,
    /// Both.
    HangUpAndKill,
    /// The host is killed when everything is marked and QUIT has not been sent.
    KillBeforeQuit,
    /// The client hangs up instead of QUIT.
    HangUpBeforeQuit,
}

/// What the client heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Heard {
    Ok,
    Nothing,
    NotSent,
}

/// Runs rounds on a data folder, with this many messages in the Inbox at the beginning of each.
pub fn run(data: &Path, rounds: u32, messages: usize, seed: u64) -> Report {
    let mut random = Random::new(seed);
    let mut report = Report::new(seed);
    let mut host = Host::start_in(data);
    host.add(PERSON);
    let mut quit_takes = Duration::from_millis(20);
    for round in 1..=rounds {
        fill(&host, messages);
        let event = choose(round, &mut random);
        let before = listed(&host);
        let session = Session::begin(&host, &before, &mut random);
        let wait = Duration::from_micros(random.below(quit_takes.as_micros() as u64 * 5 / 4 + 200));
        let (heard, took, killed) = interrupted(host, session.lines, event, wait);
        if event == Event::Nothing {
            quit_takes = took;
        }
        host = killed.unwrap_or_else(|| Host::start_in(data));
        let after = listed(&host);
        let kept: BTreeSet<String> = before.difference(&session.marked).cloned().collect();
        let outcome = match (after == before, after == kept) {
            (_, true) if heard != Heard::NotSent => Outcome::All,
            (true, _) if heard != Heard::Ok => Outcome::None,
            _ => Outcome::Wrong,
        };
        if outcome == Outcome::Wrong {
            let gone = before.difference(&after).count();
            report.violations.push(format!(
                "round {round}, {event:?}, killed after {wait:?}: {gone} of {} marked are gone, {} others; heard {heard:?}",
                session.marked.len(),
                after.difference(&before).count(),
            ));
        }
        report.count(event, outcome, heard == Heard::Ok, session.marked.len());
        let seen = imap_count(&host);
        if seen != after.len() {
            report
                .violations
                .push(format!("round {round}: IMAP sees {seen} messages, POP3 {}", after.len()));
        }
    }
    report
}

/// What has become of the deletions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    All,
    None,
    Wrong,
}

fn choose(round: u32, random: &mut Random) -> Event {
    match random.below(10) {
        _ if round <= 2 => Event::Nothing,
        0..6 => Event::Kill,
        6 => Event::HangUp,
        7 => Event::HangUpAndKill,
        8 => Event::KillBeforeQuit,
        _ => Event::HangUpBeforeQuit,
    }
}

struct Session {
    lines: Lines,
    marked: BTreeSet<String>,
}

impl Session {
    /// Logs in and marks nearly everything, with all DELEs in one go.
    fn begin(host: &Host, listed: &BTreeSet<String>, random: &mut Random) -> Session {
        let mut lines = Lines::connect(host.port(Listener::Pop3)).unwrap();
        let ask = |lines: &mut Lines, text: &str| {
            lines.send(text.as_bytes()).unwrap();
            lines.text().unwrap()
        };
        lines.text().unwrap();
        ask(&mut lines, &format!("USER {}\r\n", address(PERSON)));
        let said = ask(&mut lines, &format!("PASS {PASSWORD}\r\n"));
        assert!(said.starts_with("+OK"), "{said}");
        ask(&mut lines, "UIDL\r\n");
        let content = lines.dotted().unwrap();
        let text = String::from_utf8_lossy(&content).into_owned();
        let mut session = Session { lines, marked: BTreeSet::new() };
        let mut commands = String::new();
        for (number, uidl) in text.lines().filter_map(|line| line.split_once(' ')) {
            assert!(listed.contains(uidl), "{uidl} is new");
            if random.below(10) > 0 {
                session.marked.insert(uidl.to_owned());
                commands.push_str(&format!("DELE {number}\r\n"));
            }
        }
        session.lines.send(commands.as_bytes()).unwrap();
        for _ in &session.marked {
            assert!(session.lines.text().unwrap().starts_with("+OK"));
        }
        session
    }
}

/// Sends QUIT, or not, while the host is killed, or not. Gives what was heard, how long that took, and the host if it
/// lives.
fn interrupted(
    host: Host,
    mut lines: Lines,
    event: Event,
    wait: Duration,
) -> (Heard, Duration, Option<Host>) {
    let start = Barrier::new(2);
    std::thread::scope(|scope| {
        let client = scope.spawn(|| {
            start.wait();
            let sent = Instant::now();
            let heard = match event {
                Event::Nothing | Event::Kill => {
                    match lines.send(b"QUIT\r\n").and_then(|()| lines.text()) {
                        Ok(said) if said.starts_with("+OK") => Heard::Ok,
                        Ok(said) => panic!("QUIT: {said}"),
                        Err(_) => Heard::Nothing,
                    }
                }
                Event::HangUp | Event::HangUpAndKill => {
                    drop(lines.send(b"QUIT\r\n"));
                    drop(lines.stream().shutdown(Shutdown::Both));
                    Heard::Nothing
                }
                Event::KillBeforeQuit => Heard::NotSent,
                Event::HangUpBeforeQuit => {
                    drop(lines.stream().shutdown(Shutdown::Both));
                    Heard::NotSent
                }
            };
            (heard, sent.elapsed())
        });
        start.wait();
        let left = match event {
            Event::Kill | Event::HangUpAndKill | Event::KillBeforeQuit => {
                // Not waiting for anything: this moment is what the round is about.
                std::thread::sleep(wait);
                host.kill();
                None
            }
            Event::Nothing | Event::HangUp | Event::HangUpBeforeQuit => Some(host),
        };
        let (heard, took) = client.join().unwrap();
        (heard, took, left)
    })
}

/// The unique ids of the Inbox, as soon as nobody else is in it.
fn listed(host: &Host) -> BTreeSet<String> {
    let start = Instant::now();
    loop {
        match Pop3::login(host.port(Listener::Pop3), &address(PERSON), PASSWORD) {
            Ok(mut pop3) => {
                let listed = pop3.numbered("UIDL").unwrap();
                pop3.ask("QUIT").unwrap();
                let uidls: BTreeSet<String> = listed.iter().map(|(_, uidl)| uidl.clone()).collect();
                assert_eq!(uidls.len(), listed.len(), "a unique id is there twice");
                return uidls;
            }
            Err(error) if error.to_string().contains("[IN-USE]") => {
                assert!(
                    start.elapsed() < Duration::from_secs(10),
                    "the lock is not free after 10 s"
                );
                std::thread::sleep(Duration::from_millis(1));
            }
            Err(error) => panic!("cannot log in: {error}"),
        }
    }
}

fn imap_count(host: &Host) -> usize {
    let mut imap = Imap::login(host.port(Listener::Imap), &address(PERSON), PASSWORD).unwrap();
    let answer = imap.ok("STATUS INBOX (MESSAGES)").unwrap();
    answer.untagged.iter().find_map(|line| line.number("MESSAGES")).unwrap() as usize
}

/// Delivers until there are that many messages.
fn fill(host: &Host, messages: usize) {
    let mut lmtp = Lmtp::connect(host.port(Listener::Lmtp)).unwrap();
    for number in imap_count(host)..messages {
        let text = format!("From: a@example.net\r\nSubject: {number}\r\n\r\nHello\r\n");
        let answers = lmtp.deliver(&[address(PERSON)], text.as_bytes()).unwrap();
        assert!(answers[0].starts_with("250"), "{answers:?}");
    }
}

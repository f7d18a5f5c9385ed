//! Sessions that all change one mailbox at the same time, as many devices of one person do. Each knows only what it was
//! told, and asks only for what it may: no NO and no BAD may come but where others removed what COPY or MOVE names by
//! number, and whatever is told has to fit what was told before.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{Error, Result};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::host::{Host, Listener, PASSWORD};
use crate::imap::{Answer, Imap};
use crate::random::Random;

/// How long it goes on.
#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// For so long.
    Time(Duration),
    /// For so many commands of each session.
    Commands(u64),
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Report {
    sessions: u64,
    lasted: Duration,
    /// Commands that were carried out, by name.
    done: BTreeMap<String, u64>,
    /// COPY and MOVE by number, refused because others had removed some of the messages.
    earned: u64,
    /// All that must not be.
    faults: Vec<String>,
}

impl Report {
    /// Whether all was as it must be.
    pub fn is_clean(&self) -> bool {
        self.faults.is_empty()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let commands: u64 = self.done.values().sum();
        let (sessions, seconds) = (self.sessions, self.lasted.as_secs());
        writeln!(f, "{sessions} sessions, {seconds} s, {commands} commands carried out:")?;
        for (name, count) in &self.done {
            writeln!(f, "  {name} {count}")?;
        }
        let earned = self.earned;
        writeln!(f, "{earned} COPY or MOVE by number of messages that others had removed: NO")?;
        writeln!(f, "{} NO or BAD beside these, or answers that do not fit", self.faults.len())?;
        self.faults.iter().take(20).try_for_each(|fault| writeln!(f, "  {fault}"))
    }
}

/// Starts a host and lets so many sessions work.
pub fn run(sessions: u64, length: Length, seed: u64) -> Report {
    let host = Host::start(&["ana"]);
    let port = host.port(Listener::Imap);
    let start = Instant::now();
    let report = Mutex::new(Report { sessions, ..Report::default() });
    std::thread::scope(|scope| {
        for number in 0..sessions {
            let report = &report;
            scope.spawn(move || {
                let random = Random::new(seed.wrapping_mul(1_000) + number);
                let mut session = Session::new(port, number, random, report);
                if let Err(error) = session.live(length, start) {
                    report.lock().unwrap().faults.push(format!("session {number}: {error}"));
                }
            });
        }
    });
    let mut report = report.into_inner().unwrap();
    report.lasted = start.elapsed();
    report
}

/// What a session has enabled.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    Condstore,
    Qresync,
}

struct Session<'r> {
    port: u16,
    number: u64,
    mode: Mode,
    random: Random,
    report: &'r Mutex<Report>,
    imap: Option<Imap>,
    /// The UID of each message, as far as it was told.
    uids: Vec<Option<u32>>,
    uid_validity: u64,
    modseq: u64,
}

const MAILBOX: &str = "INBOX";
const OTHER: &str = "Archive";

impl<'r> Session<'r> {
    fn new(port: u16, number: u64, random: Random, report: &'r Mutex<Report>) -> Session<'r> {
        let mode = match number % 3 {
            0 => Mode::Plain,
            1 => Mode::Condstore,
            _ => Mode::Qresync,
        };
        Session {
            port,
            number,
            mode,
            random,
            report,
            imap: None,
            uids: Vec::new(),
            uid_validity: 0,
            modseq: 0,
        }
    }

    fn live(&mut self, length: Length, start: Instant) -> Result<()> {
        self.open()?;
        let mut count = 0;
        loop {
            let over = match length {
                Length::Time(time) => start.elapsed() >= time,
                Length::Commands(commands) => count >= commands,
            };
            if over {
                return Ok(());
            }
            self.step()?;
            count += 1;
        }
    }

    fn wrong(&self, what: &str) -> Error {
        Error::other(what.to_owned())
    }

    fn must(&self, right: bool, what: &str) -> Result<()> {
        if right { Ok(()) } else { Err(self.wrong(what)) }
    }

    fn open(&mut self) -> Result<()> {
        let name = format!("ana@{}", crate::host::DOMAIN);
        self.imap = Some(Imap::login(self.port, &name, PASSWORD)?);
        let cache: BTreeSet<u32> = self.uids.iter().copied().flatten().collect();
        let mut text = format!("SELECT {MAILBOX}");
        match self.mode {
            Mode::Plain => {}
            Mode::Condstore => text.push_str(" (CONDSTORE)"),
            Mode::Qresync => {
                self.say("ENABLE QRESYNC")?;
                if self.modseq > 0 {
                    text.push_str(&format!(" (QRESYNC ({} {}))", self.uid_validity, self.modseq));
                }
            }
        }
        let known = self.modseq > 0 && self.mode == Mode::Qresync;
        self.uids.clear();
        let answer = self.say(&text)?;
        self.must(answer.is_ok(), &answer.status)?;
        self.opened(&answer, cache, known)
    }

    /// Takes in what SELECT told; a cache has to be the mailbox afterwards.
    fn opened(&mut self, answer: &Answer, mut cache: BTreeSet<u32>, known: bool) -> Result<()> {
        let (mut exists, mut gone) = (0, BTreeSet::new());
        for response in &answer.untagged {
            let words: Vec<&str> = response.text.split(' ').collect();
            match words[..] {
                ["*", count, "EXISTS"] => exists = count.parse().unwrap(),
                ["*", "VANISHED", "(EARLIER)", set] => gone.extend(numbers(set)),
                ["*", _, "FETCH", ..] => {
                    cache.insert(response.number("UID").unwrap() as u32);
                }
                _ => {}
            }
        }
        let number = |name| answer.code(name).and_then(|words| words.first()?.parse().ok());
        self.uid_validity = number("UIDVALIDITY").unwrap_or(0);
        self.modseq = number("HIGHESTMODSEQ").unwrap_or(0);
        if known {
            cache.retain(|uid| !gone.contains(uid));
            let text = format!("{} known after SELECT, EXISTS says {exists}", cache.len());
            self.must(cache.len() == exists, &text)?;
            self.uids = cache.into_iter().map(Some).collect();
        } else {
            self.uids = vec![None; exists];
        }
        self.learn()
    }

    /// Gives a command; what its answer tells is not looked at yet.
    fn say(&mut self, text: &str) -> Result<Answer> {
        let answer = self.imap.as_mut().unwrap().command(text)?;
        self.count(text, &answer);
        Ok(answer)
    }

    fn count(&self, text: &str, answer: &Answer) {
        if answer.is_ok() {
            let mut words = text.split(' ');
            let first = words.next().unwrap_or_default();
            let name = match first {
                "UID" => format!("UID {}", words.next().unwrap_or_default()),
                other => other.to_owned(),
            };
            *self.report.lock().unwrap().done.entry(name).or_default() += 1;
        }
    }

    /// Gives a command that must succeed, and takes in what it tells.
    fn ok(&mut self, text: &str) -> Result<Answer> {
        let answer = self.say(text)?;
        if !answer.is_ok() {
            let fault = format!("session {}: {text}: {}", self.number, answer.status);
            self.report.lock().unwrap().faults.push(fault);
        }
        self.hear(&answer)?;
        Ok(answer)
    }

    fn hear(&mut self, answer: &Answer) -> Result<()> {
        let mut point = None;
        for response in &answer.untagged {
            let words: Vec<&str> = response.text.split(' ').collect();
            match words[..] {
                ["*", count, "EXISTS"] => {
                    let count = count.parse().unwrap();
                    self.must(count >= self.uids.len(), "EXISTS falls")?;
                    self.uids.resize(count, None);
                }
                ["*", number, "EXPUNGE"] => {
                    let number: usize = number.parse().unwrap();
                    self.must(number <= self.uids.len(), "EXPUNGE beyond EXISTS")?;
                    self.uids.remove(number - 1);
                }
                ["*", "VANISHED", "(EARLIER)", set] => {
                    let here = numbers(set).any(|uid| self.uids.contains(&Some(uid)));
                    self.must(!here, "VANISHED (EARLIER), and EXISTS counts it")?;
                }
                ["*", "VANISHED", set] => {
                    for uid in numbers(set) {
                        self.vanish(uid)?;
                    }
                }
                ["*", number, "FETCH", ..] => {
                    let number: usize = number.parse().unwrap();
                    self.must(number <= self.uids.len(), "FETCH beyond EXISTS")?;
                    if let Some(uid) = response.number("UID") {
                        let known = self.uids[number - 1].replace(uid as u32);
                        let same = known.is_none_or(|known| known == uid as u32);
                        self.must(same, &format!("number {number} is another message"))?;
                    }
                    if let Some(modseq) = response.number("MODSEQ") {
                        self.modseq = self.modseq.max(modseq);
                    }
                }
                _ => {}
            }
            point = of_code(&response.text, "HIGHESTMODSEQ").or(point);
        }
        point = of_code(&answer.status, "HIGHESTMODSEQ").or(point);
        self.modseq = point.unwrap_or(self.modseq);
        let known: Vec<u32> = self.uids.iter().copied().flatten().collect();
        self.must(known.is_sorted_by(|a, b| a < b), "UIDs do not ascend")
    }

    fn vanish(&mut self, uid: u32) -> Result<()> {
        let at = self.uids.iter().position(|known| *known == Some(uid)).or_else(|| {
            let above = |known: &Option<u32>| known.is_some_and(|known| known > uid);
            let end = self.uids.iter().position(above).unwrap_or(self.uids.len());
            self.uids[..end].iter().rposition(Option::is_none)
        });
        match at {
            Some(at) => {
                self.uids.remove(at);
                Ok(())
            }
            None => Err(self.wrong(&format!("VANISHED {uid}, which is not here"))),
        }
    }

    /// Asks for the UIDs that it was not told.
    fn learn(&mut self) -> Result<()> {
        while let Some(at) = self.uids.iter().position(Option::is_none) {
            self.ok(&format!("FETCH {}:* (UID FLAGS)", at + 1))?;
        }
        Ok(())
    }

    fn step(&mut self) -> Result<()> {
        let choice = self.random.below(16);
        let count = self.uids.len() as u64;
        if choice < 2 || count < 5 {
            return self.append();
        }
        let first = self.random.between(1, count + 1);
        let last = (first + self.random.below(4)).min(count);
        let named: Vec<Option<u32>> = self.uids[first as usize - 1..last as usize].to_vec();
        let uid = named[0].unwrap_or(1);
        let flag = *self.random.one(&["\\Seen", "\\Flagged", "\\Deleted", "$Work"]).unwrap();
        let mode = *self.random.one(&["+", "-", ""]).unwrap();
        let silent = *self.random.one(&["", ".SILENT"]).unwrap();
        let text = match choice {
            2 | 3 => format!("STORE {first}:{last} {mode}FLAGS{silent} ({flag})"),
            4 => format!("UID STORE {uid}:{} {mode}FLAGS{silent} ({flag})", uid + 3),
            5 => format!("FETCH {first}:{last} (FLAGS BODY[])"),
            6 => format!("UID FETCH {uid}:* (FLAGS ENVELOPE)"),
            7 => format!("SEARCH {first}:{last} UNSEEN"),
            8 => format!("UID SEARCH RETURN (COUNT MIN MAX) KEYWORD $Work UID {uid}:*"),
            9 => format!("STATUS {OTHER} (MESSAGES UIDNEXT UNSEEN)"),
            10 => "EXPUNGE".to_owned(),
            11 => format!("UID EXPUNGE {uid}:{}", uid + 5),
            12 => return self.carry("COPY", (first, last), &named),
            13 => return self.carry("MOVE", (first, last), &named),
            14 => {
                self.learn()?;
                return self.open();
            }
            _ => "NOOP".to_owned(),
        };
        self.ok(&text)?;
        if self.random.below(3) == 0 { self.learn() } else { Ok(()) }
    }

    fn append(&mut self) -> Result<()> {
        let message = format!("Subject: {}\r\n\r\nHello\r\n", self.random.number());
        let answer = self.imap.as_mut().unwrap().append(MAILBOX, "\\Seen", message.as_bytes())?;
        self.count("APPEND", &answer);
        self.must(answer.is_ok(), &answer.status)?;
        self.hear(&answer)
    }

    /// COPY and MOVE by number: all or none, and none only if others have removed some.
    fn carry(
        &mut self,
        verb: &str,
        (first, last): (u64, u64),
        named: &[Option<u32>],
    ) -> Result<()> {
        let text = format!("{verb} {first}:{last} {OTHER}");
        let answer = self.say(&text)?;
        self.hear(&answer)?;
        if answer.is_ok() {
            return Ok(());
        }
        self.ok("NOOP")?;
        let gone = named.iter().any(|uid| uid.is_none() || !self.uids.contains(uid));
        let earned = answer.status.starts_with("NO [EXPUNGEISSUED]") && gone;
        let mut report = self.report.lock().unwrap();
        if earned {
            report.earned += 1;
        } else {
            report.faults.push(format!("session {}: {text}: {}", self.number, answer.status));
        }
        Ok(())
    }
}

/// The number of a response code.
fn of_code(text: &str, name: &str) -> Option<u64> {
    let (_, rest) = text.split_once(&format!("[{name} "))?;
    rest.split(']').next()?.parse().ok()
}

/// The numbers of a set like `1,3:5`.
fn numbers(set: &str) -> impl Iterator<Item = u32> {
    set.split(',').flat_map(|part| {
        let (first, last) = part.split_once(':').unwrap_or((part, part));
        first.parse().unwrap()..=last.parse().unwrap()
    })
}

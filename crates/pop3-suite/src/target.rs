//! The server under test, as the checks see it: sessions on demand, the letters put into it, its capabilities.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::answer::Answer;
use super::fill;
use super::letters::{self, Letter};
use super::observed::Observed;
use super::options::{Deleting, Fill, Options, Tls};
use super::rule::{Miss, Outcome};
use super::session::Session;
use super::wire::Wire;

/// How long a login is tried again (a lock of the session before, a login delay).
const LOGIN_PATIENCE: Duration = Duration::from_secs(15);
/// How many messages are looked at, from the last backwards, to find our letters.
const LOOKED_AT_MAX: u64 = 500;

/// How a login is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum How {
    UserPass,
    AuthPlain,
}

/// The capabilities: tag in upper case, and parameters.
pub(crate) type Capabilities = Vec<(String, Vec<String>)>;

/// How the two sessions that were silent for long went on: once a run, as it takes ten minutes.
#[derive(Clone)]
pub(crate) struct SilentEnds {
    pub(crate) after_login: Outcome,
    pub(crate) before_login: Outcome,
}

/// The server under test.
pub(crate) struct Target {
    pub(crate) options: Options,
    /// In each letter of this run, so that it is told from other mail.
    pub(crate) token: String,
    pub(crate) letters: Vec<Letter>,
    /// Letters that could not be put in, with what the server said.
    pub(crate) missing: BTreeMap<&'static str, String>,
    pub(crate) observed: RefCell<Observed>,
    pub(crate) greeting: String,
    pub(crate) implementation: Cell<Option<String>>,
    pub(crate) timers: RefCell<Option<SilentEnds>>,
    how: Cell<How>,
    /// Which of our letters has which number, while nothing changes.
    numbers: RefCell<Option<Vec<(u64, String)>>>,
}

impl Target {
    /// Connects, logs in, and fills the maildrop.
    pub(crate) fn prepare(options: Options) -> Result<Target, String> {
        let token = format!("{:x}-{:x}", std::process::id(), letters::moment());
        let mut target = Target {
            options,
            token,
            letters: Vec::new(),
            missing: BTreeMap::new(),
            observed: RefCell::default(),
            greeting: String::new(),
            implementation: Cell::new(None),
            timers: RefCell::new(None),
            how: Cell::new(How::UserPass),
            numbers: RefCell::new(None),
        };
        let text = |miss: Miss| match miss {
            Miss::Fault { expected, seen } => format!("{expected}\n{}", seen.join("\n")),
            Miss::NotOffered(why) | Miss::Skipped(why) => why,
        };
        let mut session = target.connect().map_err(text)?;
        let greeting = session.greeting.line();
        let capabilities = session.capabilities().unwrap_or_default();
        let has = |tag: &str, word: &str| {
            let found = capabilities.iter().find(|(name, _)| name == tag);
            found.is_some_and(|(_, words)| word.is_empty() || words.iter().any(|w| w == word))
        };
        if !has("USER", "") && has("SASL", "PLAIN") {
            target.how.set(How::AuthPlain);
        }
        drop(session);
        let mut session = target.login().map_err(text)?;
        let inside = session.capabilities().unwrap_or_default();
        let words = inside.iter().chain(&capabilities).find(|(tag, _)| tag == "IMPLEMENTATION");
        target.implementation.set(words.map(|(_, words)| words.join(" ")));
        let before = session.count().map_err(text)?;
        session.quit().map_err(text)?;
        target.greeting = greeting;
        if target.options.fill != Fill::None {
            target.fill(before)?;
        }
        Ok(target)
    }

    fn fill(&mut self, before: u64) -> Result<(), String> {
        let mut filler = fill::Filler::open(&self.options)?;
        for letter in letters::all(&self.token, self.options.large_lines) {
            if letter.only_by_append && !filler.keeps_every_octet() {
                let why = "needs --fill imap: other ways in change or refuse such a letter";
                self.missing.insert(letter.name, why.to_owned());
                continue;
            }
            match filler.put(&letter.text) {
                Ok(()) => self.letters.push(letter),
                Err(why) => drop(self.missing.insert(letter.name, why)),
            }
        }
        filler.close();
        if self.letters.is_empty() {
            let why = self.missing.values().next().cloned().unwrap_or_default();
            return Err(format!("the server took none of the letters: {why}"));
        }
        self.wait_for(before + self.letters.len() as u64)
    }

    /// Delivers one more letter.
    pub(crate) fn deliver(&self, letter: &Letter) -> Outcome {
        if self.options.fill == Fill::None {
            return Err(Miss::skipped("needs --fill"));
        }
        let mut filler = fill::Filler::open(&self.options).map_err(Miss::Skipped)?;
        filler.put(&letter.text).map_err(Miss::Skipped)?;
        filler.close();
        Ok(())
    }

    /// Delivers one more letter, and waits until it is there; no session may be open.
    pub(crate) fn deliver_and_wait(&self, letter: &Letter) -> Outcome {
        let mut session = self.login()?;
        let before = session.count()?;
        session.quit()?;
        self.deliver(letter)?;
        self.changed();
        self.wait_for(before + 1).map_err(Miss::Skipped)
    }

    /// Waits until so many messages are there.
    pub(crate) fn wait_for(&self, count: u64) -> Result<(), String> {
        let start = Instant::now();
        loop {
            let seen = self.login().and_then(|mut session| {
                let seen = session.count()?;
                session.quit()?;
                Ok(seen)
            });
            match seen {
                Ok(seen) if seen >= count => return Ok(()),
                _ if start.elapsed() > Duration::from_secs(20) => {
                    return Err(format!(
                        "after filling {count} messages are expected over POP3, but there are {seen:?}; \
                         is it the same account?"
                    ));
                }
                _ => std::thread::sleep(Duration::from_millis(200)),
            }
        }
    }

    /// Connects, and goes on under TLS when told so. No login.
    pub(crate) fn connect(&self) -> Result<Session<'_>, Miss> {
        match self.options.tls {
            Tls::None | Tls::Implicit => self.connect_plainly(),
            Tls::Stls => {
                let mut session = self.connect_plainly()?;
                session.ok("STLS").map_err(Miss::as_preparation)?;
                session.under_tls().map_err(Miss::as_preparation)
            }
        }
    }

    /// Connects as the port wants it, and says nothing yet.
    pub(crate) fn connect_plainly(&self) -> Result<Session<'_>, Miss> {
        let Options { host, port, patience, .. } = &self.options;
        let mut wire = Wire::connect(host, *port, *patience).map_err(Miss::Skipped)?;
        if self.options.tls == Tls::Implicit {
            wire = wire.under_tls(host, &self.options.trust).map_err(Miss::Skipped)?;
        }
        Session::new(self, wire)
    }

    /// Logs in, with patience for locks and login delays.
    pub(crate) fn login(&self) -> Result<Session<'_>, Miss> {
        self.login_after(|_| Ok(()))
    }

    /// Waits until the maildrop is free again. A check that failed broke off in the middle of a session, perhaps one that it
    /// should not have got, and the server need not have noticed yet that the client is gone.
    pub(crate) fn settle(&self) {
        // If nobody can log in any more, the checks that follow will say so.
        if let Ok(session) = self.login() {
            drop(session.quit());
        }
    }

    /// Logs in in UTF-8 mode (RFC 6856, 2.1), and forgets which letter has which number.
    pub(crate) fn login_in_utf8(&self) -> Result<Session<'_>, Miss> {
        self.changed();
        self.login_after(|session| {
            session.needs("UTF8")?;
            let answer = session.ask("UTF8")?;
            if answer.is_ok() { Ok(()) } else { Err(Miss::not_offered("UTF8 mode (-ERR)")) }
        })
    }

    fn login_after(
        &self,
        first: impl Fn(&mut Session<'_>) -> Outcome,
    ) -> Result<Session<'_>, Miss> {
        let start = Instant::now();
        loop {
            let mut session = self.connect()?;
            first(&mut session).map_err(Miss::as_preparation)?;
            let answer = session.log_in().map_err(Miss::as_preparation)?;
            if answer.is_ok() {
                return Ok(session);
            }
            if start.elapsed() > LOGIN_PATIENCE {
                return Err(Miss::Skipped(format!("no login: {}", answer.line())));
            }
            drop(session);
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Nothing may be deleted without `--may-delete`.
    pub(crate) fn may_delete(&self) -> Outcome {
        match self.options.deleting {
            Deleting::Allowed => Ok(()),
            Deleting::Never => Err(Miss::skipped("needs --may-delete")),
        }
    }

    /// A letter of this run.
    pub(crate) fn letter(&self, name: &str) -> Result<&Letter, Miss> {
        if let Some(why) = self.missing.get(name) {
            return Err(Miss::Skipped(format!("the letter {name:?} is not there: {why}")));
        }
        let letter = self.letters.iter().find(|letter| letter.name == name);
        letter.ok_or_else(|| Miss::skipped("needs --fill: a letter made for this check"))
    }

    /// The message number of a letter. With several of the name, the first.
    pub(crate) fn number(&self, session: &mut Session<'_>, name: &str) -> Result<u64, Miss> {
        self.letter(name)?;
        self.found(session, name)
    }

    /// The message number of a letter, also of one that came later.
    pub(crate) fn found(&self, session: &mut Session<'_>, name: &str) -> Result<u64, Miss> {
        let numbers = self.numbers(session, name)?;
        let why = format!("the letter {name:?} was not found among the messages");
        numbers.first().copied().ok_or(Miss::Skipped(why))
    }

    /// The message numbers of the letters whose name begins like this.
    pub(crate) fn numbers(&self, session: &mut Session<'_>, name: &str) -> Result<Vec<u64>, Miss> {
        let known = self.numbers.borrow().clone();
        let known = match known {
            Some(known) => known,
            None => session.find_letters().map_err(Miss::as_preparation)?,
        };
        let found = known.iter().filter(|(_, letter)| letter.starts_with(name));
        let found = found.map(|(number, _)| *number).collect();
        *self.numbers.borrow_mut() = Some(known);
        Ok(found)
    }

    /// Messages were removed or added: numbers must be found anew.
    pub(crate) fn changed(&self) {
        *self.numbers.borrow_mut() = None;
    }

    /// Messages that may be deleted: two or more of our own, or with no `--fill` the first ones there.
    pub(crate) fn victims(
        &self,
        session: &mut Session<'_>,
        count: usize,
    ) -> Result<Vec<u64>, Miss> {
        self.may_delete()?;
        let numbers = if self.options.fill == Fill::None {
            (1..=session.count().map_err(Miss::as_preparation)?).collect()
        } else {
            self.numbers(session, "many-")?
        };
        if numbers.len() < count {
            return Err(Miss::Skipped(format!("needs {count} messages that may be deleted")));
        }
        Ok(numbers[..count].to_vec())
    }

    /// Takes our letters away again; gives how many are left.
    pub(crate) fn clean_up(&self) -> Result<u64, String> {
        self.changed();
        if self.letters.is_empty() {
            return Ok(0);
        }
        let text = |miss: Miss| format!("{miss:?}");
        let mut session = self.login_in_utf8().or_else(|_| self.login()).map_err(text)?;
        let numbers = self.numbers(&mut session, "").map_err(text)?;
        for number in numbers {
            session.ok(&format!("DELE {number}")).map_err(text)?;
        }
        session.quit().map_err(text)?;
        self.changed();
        let mut session = self.login().map_err(text)?;
        let left = self.numbers(&mut session, "").map_err(text)?.len();
        session.quit().map_err(text)?;
        Ok(left as u64)
    }
}

impl Session<'_> {
    /// Logs in as the server wants it; gives the last answer.
    pub(crate) fn log_in(&mut self) -> Result<Answer, Miss> {
        let Options { user, password, .. } = &self.target.options;
        match self.target.how.get() {
            How::UserPass => {
                let answer = self.ask(&format!("USER {user}"))?;
                if !answer.is_ok() {
                    return Ok(answer);
                }
                self.pass(password)
            }
            How::AuthPlain => {
                let initial = plain("", user, password);
                self.send_as(format!("AUTH PLAIN {initial}\r\n").as_bytes(), "AUTH PLAIN ****")?;
                self.read("AUTH PLAIN")
            }
        }
    }

    /// Sends PASS.
    pub(crate) fn pass(&mut self, password: &str) -> Result<Answer, Miss> {
        self.send_as(format!("PASS {password}\r\n").as_bytes(), "PASS ****")?;
        self.read("PASS")
    }

    /// The capabilities, or that there are none to be had.
    pub(crate) fn capabilities(&mut self) -> Result<Capabilities, Miss> {
        let first = self.ask("CAPA")?;
        if !first.is_ok() {
            return Err(Miss::not_offered("CAPA"));
        }
        let many = self.rest("CAPA")?;
        let words = |line: String| {
            let mut words = line.split_whitespace().map(str::to_owned);
            let tag = words.next().unwrap_or_default().to_ascii_uppercase();
            (tag, words.collect())
        };
        Ok(many.lines().into_iter().map(words).collect())
    }

    /// The parameters of a capability, when it is announced now.
    pub(crate) fn capability(&mut self, tag: &str) -> Result<Option<Vec<String>>, Miss> {
        let found = self.capabilities()?.into_iter().find(|(name, _)| name == tag);
        Ok(found.map(|(_, words)| words))
    }

    /// Goes on only if a capability is announced now.
    pub(crate) fn needs(&mut self, tag: &str) -> Result<Vec<String>, Miss> {
        self.capability(tag)?.ok_or_else(|| Miss::not_offered(tag))
    }

    /// How many messages there are.
    pub(crate) fn count(&mut self) -> Result<u64, Miss> {
        let answer = self.ok("STAT")?;
        let count = answer.text().split(' ').next().and_then(super::answer::digits);
        count.ok_or_else(|| self.fault("+OK and the number of messages to STAT"))
    }

    /// Goes on only if there are so many messages; gives how many there are.
    pub(crate) fn at_least(&mut self, least: u64) -> Result<u64, Miss> {
        let count = self.count()?;
        if count < least {
            return Err(Miss::Skipped(format!("needs {least} messages, there are {count}")));
        }
        Ok(count)
    }

    /// Finds our letters by the line each begins with.
    pub(crate) fn find_letters(&mut self) -> Result<Vec<(u64, String)>, Miss> {
        let count = self.count()?;
        let mut top = true;
        let mut found = Vec::new();
        for number in count.saturating_sub(LOOKED_AT_MAX) + 1..=count {
            let mut command = format!("TOP {number} 0");
            top = top && self.ask(&command)?.is_ok();
            if !top {
                command = format!("RETR {number}");
                if !self.ask(&command)?.is_ok() {
                    // One with UTF-8 in its header may be refused outside UTF-8 mode (RFC 6856, 2.1).
                    continue;
                }
            }
            let text = self.rest(&command)?.content();
            let text = String::from_utf8_lossy(&text);
            let mark = format!("X-Suite-Letter: {} ", self.target.token);
            if let Some((_, rest)) = text.split_once(&mark) {
                found.push((number, rest.lines().next().unwrap_or_default().trim().to_owned()));
            }
        }
        Ok(found)
    }
}

/// The message of PLAIN (RFC 4616), in Base64.
pub(crate) fn plain(acting_as: &str, user: &str, password: &str) -> String {
    STANDARD.encode(format!("{acting_as}\0{user}\0{password}"))
}

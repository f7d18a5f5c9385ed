//! What Thunderbird does with a POP3 account, on the wire and on its disk: a small emulation for tests.
//!
//! Written after the behaviour of its POP3 client since version 102: the order CAPA, AUTH PLAIN (or USER and PASS),
//! STAT, LIST, UIDL; a comparison of the UIDLs with `popstate.dat`; then message by message, in the order of UIDL, TOP,
//! RETR or DELE, one at a time; `popstate.dat` written whenever 20, 40, ... messages are still to do, and before QUIT.
//! When the connection breaks, the state is written too; what was on the list and is not done goes back into it.
//!
//! Two habits are its own and no server can help: without "leave messages on server" it remembers nothing of what it
//! has downloaded, so that a break before QUIT brings everything again; and a message that it was to delete is
//! forgotten as soon as DELE is answered, so that a break before QUIT brings that message again as new.

mod session;
mod state;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};

use session::Session;
use state::{PopState, Status};

/// "Leave messages on server".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leave {
    /// Not chosen: each message is deleted behind its download.
    No,
    /// "Until I delete them".
    UntilDeleted,
    /// "For at most N days".
    Days(u64),
}

/// What is downloaded of large messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Large {
    /// Everything.
    Whole,
    /// "Don't download messages larger than": the header and 20 lines of those.
    Above(u64),
    /// "Fetch headers only", of all messages.
    HeadersOnly,
}

/// An account in a Thunderbird.
pub struct Thunderbird {
    folder: PathBuf,
    login: String,
    password: String,
    leave: Leave,
    large: Large,
    /// Its clock, in seconds: tests let time pass by setting it.
    pub now_s: u64,
}

/// A message on the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its file.
    pub path: PathBuf,
    /// Its unique id on the server.
    pub uidl: String,
    /// Whether only its beginning was downloaded.
    pub is_partial: bool,
    /// The octets as they came.
    pub message: Vec<u8>,
}

/// A message on the list of what is to be done in a session.
#[derive(Clone, Debug)]
struct Task {
    number: String,
    uidl: String,
    status: Status,
    /// None: seen for the first time.
    received_s: Option<u64>,
}

/// What a session has yet to do, and what it knows.
struct Work {
    state: PopState,
    is_changed: bool,
    tasks: VecDeque<Task>,
    only: Option<String>,
}

impl Thunderbird {
    /// An account that keeps its files in a folder.
    pub fn new(
        folder: &Path,
        login: &str,
        password: &str,
        leave: Leave,
        large: Large,
    ) -> Thunderbird {
        std::fs::create_dir_all(folder.join("Inbox")).unwrap();
        let (login, password) = (login.to_owned(), password.to_owned());
        Thunderbird {
            folder: folder.to_path_buf(),
            login,
            password,
            leave,
            large,
            now_s: 1_770_000_000,
        }
    }

    /// "Get Messages".
    pub fn get_mail(&mut self, port: u16) -> Result<(), String> {
        self.run(port, None)
    }

    /// "Download the rest of the message".
    pub fn fetch_rest(&mut self, port: u16, uidl: &str) -> Result<(), String> {
        self.run(port, Some(uidl.to_owned()))
    }

    /// The user deletes a message; with "until I delete them" it is to go from the server too.
    pub fn delete(&mut self, message: &Stored) {
        std::fs::remove_file(&message.path).unwrap();
        if self.leave != Leave::No {
            let mut state = PopState::read(&self.state_path());
            state.mark(&message.uidl, Status::Delete);
            state.write(&self.state_path(), &self.login);
        }
    }

    /// The messages on the disk, oldest first.
    pub fn stored(&self) -> Vec<Stored> {
        let mut paths: Vec<_> = std::fs::read_dir(self.folder.join("Inbox"))
            .unwrap()
            .map(|f| f.unwrap().path())
            .collect();
        paths.sort();
        paths.retain(|path| path.extension().is_none());
        paths.into_iter().map(read).collect()
    }

    fn state_path(&self) -> PathBuf {
        self.folder.join("popstate.dat")
    }

    fn run(&mut self, port: u16, only: Option<String>) -> Result<(), String> {
        let state = PopState::read(&self.state_path());
        let mut work = Work { state, is_changed: false, tasks: VecDeque::new(), only };
        if let Some(uidl) = &work.only {
            work.state.mark(uidl, Status::FetchBody);
        }
        let mut session = match Session::connect(port) {
            Ok(session) => session,
            Err(error) => return Err(error.to_string()),
        };
        let outcome = self.session(&mut session, &mut work);
        // The state is written before QUIT, whatever happened; a broken connection hears no QUIT.
        self.save(&mut work);
        let left = session.quit();
        outcome.and(left).map_err(|error| error.to_string())
    }

    fn session(&mut self, session: &mut Session, work: &mut Work) -> std::io::Result<()> {
        session.login(&self.login, &self.password)?;
        if session.stat()? == 0 {
            work.is_changed = work.state.forget_all();
            return Ok(());
        }
        let sizes = session.list()?;
        let listed = session.uidl()?;
        let known = work.state.len();
        let mut fresh = PopState::default();
        for (number, uidl) in listed {
            let size = sizes.get(&number).copied().unwrap_or_default();
            match self.task(work, &number, &uidl, size) {
                Some(task) => work.tasks.push_back(task),
                None => fresh.keep(&work.state, &uidl),
            }
        }
        if let Some(only) = &work.only {
            work.tasks.retain(|task| task.uidl == *only);
        } else {
            work.is_changed = known != fresh.len() || !work.tasks.is_empty();
            // What is no longer on the server is forgotten.
            work.state = fresh;
        }
        while let Some(task) = work.tasks.pop_front() {
            if !work.tasks.is_empty() && work.tasks.len().is_multiple_of(20) {
                self.save(work);
            }
            if let Err(error) = self.act(session, work, &task) {
                // Back on the list, so that nothing known of it is lost.
                work.tasks.push_front(task);
                return Err(error);
            }
        }
        Ok(())
    }

    /// What is to be done about a message of the server; none: nothing.
    fn task(&self, work: &Work, number: &str, uidl: &str, size: u64) -> Option<Task> {
        let task = |status, received_s| {
            Some(Task { number: number.to_owned(), uidl: uidl.to_owned(), status, received_s })
        };
        let Some((status, received_s)) = work.state.get(uidl) else {
            let is_large = match self.large {
                Large::Whole => false,
                Large::Above(octets) => size > octets,
                Large::HeadersOnly => true,
            };
            return task(if is_large { Status::TooBig } else { Status::FetchBody }, None);
        };
        let is_over = match self.leave {
            Leave::No => true,
            Leave::UntilDeleted => false,
            Leave::Days(days) => received_s < self.now_s.saturating_sub(days * 86_400),
        };
        match status {
            Status::Keep if is_over => task(Status::Delete, Some(received_s)),
            Status::Delete => task(Status::Delete, Some(received_s)),
            Status::FetchBody => task(Status::FetchBody, Some(received_s)),
            Status::Keep | Status::TooBig => None,
        }
    }

    fn act(&mut self, session: &mut Session, work: &mut Work, task: &Task) -> std::io::Result<()> {
        let number = &task.number;
        match task.status {
            Status::TooBig => {
                let lines = if self.large == Large::HeadersOnly { 0 } else { 20 };
                let top = session.content(&format!("TOP {number} {lines}"))?;
                self.store(&task.uidl, &top, Part::Beginning);
                work.remember(&task.uidl, Status::TooBig, self.now_s);
                Ok(())
            }
            Status::FetchBody => {
                let message = session.content(&format!("RETR {number}"))?;
                self.store(&task.uidl, &message, Part::Whole);
                if self.leave == Leave::No {
                    session.ask(&format!("DELE {number}"))?;
                } else {
                    work.remember(&task.uidl, Status::Keep, self.now_s);
                }
                Ok(())
            }
            Status::Delete | Status::Keep => session.ask(&format!("DELE {number}")).map(drop),
        }
    }

    fn save(&self, work: &mut Work) {
        if work.is_changed {
            for task in &work.tasks {
                work.state.put_back(&task.uidl, task.status, task.received_s);
            }
            work.state.write(&self.state_path(), &self.login);
        }
    }

    /// Puts a message into the local Inbox; the whole one takes the place of its beginning.
    fn store(&mut self, uidl: &str, message: &[u8], part: Part) {
        let inbox = self.folder.join("Inbox");
        let partial = self.stored().into_iter().find(|old| old.is_partial && old.uidl == uidl);
        let number = std::fs::read_dir(&inbox).unwrap().count();
        let name = format!("{number:06}-{:08x}", self.now_s & 0xffff_ffff);
        let kind = match part {
            Part::Whole => "whole",
            Part::Beginning => "partial",
        };
        let text = [format!("X-UIDL: {uidl}\nX-Part: {kind}\n").as_bytes(), message].concat();
        std::fs::write(inbox.join("tmp.new"), text).unwrap();
        let mut path = inbox.join(&name);
        let mut more = 0;
        while path.exists() {
            more += 1;
            path = inbox.join(format!("{name}-{more}"));
        }
        std::fs::rename(inbox.join("tmp.new"), path).unwrap();
        if let (Part::Whole, Some(partial)) = (part, partial) {
            std::fs::remove_file(partial.path).unwrap();
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Whole,
    Beginning,
}

impl Work {
    fn remember(&mut self, uidl: &str, status: Status, now_s: u64) {
        self.state.put_back(uidl, status, Some(now_s));
        self.is_changed = true;
    }
}

fn read(path: PathBuf) -> Stored {
    let octets = std::fs::read(&path).unwrap();
    let mut lines = octets.splitn(3, |octet| *octet == b'\n');
    let uidl =
        String::from_utf8_lossy(lines.next().unwrap()).trim_start_matches("X-UIDL: ").to_owned();
    let is_partial = lines.next().unwrap() == b"X-Part: partial";
    Stored { uidl, is_partial, message: lines.next().unwrap().to_vec(), path }
}

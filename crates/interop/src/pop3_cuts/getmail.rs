//! getmail6: hands mail on over LMTP; keeps the UIDLs it has seen in a file with the time of each.
//!
//! Not to a Maildir: for that it starts a process for each message, and 6.18 (Debian 12) now and then misses its end and
//! gives up (getmail6, issues 52, 64 and 226); besides, it writes no Maildir when run by root, as in CI.

use std::path::{Path, PathBuf};

use super::kept::Kept;
use super::puller::{Puller, Setup};
use crate::Program;
use crate::host::PASSWORD;
use crate::random::Random;
use crate::sink::Sink;

const DAY_S: u64 = 86_400;

pub(super) struct Getmail {
    program: PathBuf,
    setup: Setup,
    sink: Sink,
    days_pass: bool,
}

impl Getmail {
    pub(super) fn new(program: &Path, setup: Setup, options: &str) -> Getmail {
        let sink = Sink::start();
        let rc = format!(
            "[retriever]\ntype = SimplePOP3Retriever\nserver = 127.0.0.1\nport = {}\nusername = {}\n\
             password = {PASSWORD}\ntimeout = 20\n[destination]\ntype = MDA_lmtp\nhost = 127.0.0.1\nport = {}\noverride = you@example.org\n\
             [options]\nverbose = 1\nread_all = false\nreceived = false\ndelivered_to = false\n{options}\n",
            setup.port(),
            setup.login,
            sink.port(),
        );
        std::fs::write(setup.home.join("getmailrc"), rc).unwrap();
        let days_pass = options.contains("delete_after");
        Getmail { program: program.to_path_buf(), setup, sink, days_pass }
    }

    /// The file with what was seen: `UIDL NUL seconds`, a line each.
    fn seen(&self) -> Option<PathBuf> {
        let mut files =
            std::fs::read_dir(&self.setup.home).unwrap().map(|file| file.unwrap().path());
        files.find(|path| path.file_name().unwrap().to_string_lossy().starts_with("oldmail-"))
    }
}

impl Puller for Getmail {
    fn pull(&mut self) -> Result<(), String> {
        let home = self.setup.home.to_string_lossy().into_owned();
        let words = ["--getmaildir", home.as_str(), "--rcfile", "getmailrc"];
        let outcome = Program::new(&self.program, &self.setup.home).args(words).run();
        match outcome.code {
            0 => Ok(()),
            code => Err(format!("getmail ended with {code}\n{}{}", outcome.output, outcome.errors)),
        }
    }

    fn kept(&self) -> Vec<Kept> {
        self.sink.kept().iter().map(|message| Kept::read(message)).collect()
    }

    /// A day passes: everything it has seen was seen a day earlier.
    fn between(&mut self, _: &mut Random) -> Vec<String> {
        let Some(path) = self.seen().filter(|_| self.days_pass) else { return Vec::new() };
        let earlier = |line: &str| {
            let (uidl, time) = line.split_once('\0').unwrap();
            format!("{uidl}\0{}\n", time.trim().parse::<u64>().unwrap() - DAY_S)
        };
        let text: String = std::fs::read_to_string(&path).unwrap().lines().map(earlier).collect();
        std::fs::write(path, text).unwrap();
        Vec::new()
    }
}

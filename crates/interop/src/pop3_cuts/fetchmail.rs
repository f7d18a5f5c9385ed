//! fetchmail: hands each message to a program, or over LMTP to a server on this machine.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::kept::Kept;
use super::puller::{Puller, Setup};
use crate::Program;
use crate::host::PASSWORD;
use crate::sink::Sink;

/// Each message becomes a file. One that broke off is thrown away: fetchmail then ends the pipe as if it were whole.
const KEEPER: &str = "#!/bin/sh\nf=$(mktemp \"$HOME/mail/XXXXXXXX\") && cat > \"$f\"\n";

/// Where fetchmail hands mail to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Hands {
    Program,
    Lmtp,
}

pub(super) struct Fetchmail {
    program: PathBuf,
    setup: Setup,
    sink: Option<Sink>,
}

impl Fetchmail {
    pub(super) fn new(program: &Path, setup: Setup, hands: Hands, options: &str) -> Fetchmail {
        let home = &setup.home;
        let keeper = home.join("keeper");
        std::fs::create_dir_all(home.join("mail")).unwrap();
        std::fs::write(&keeper, KEEPER).unwrap();
        std::fs::set_permissions(&keeper, PermissionsExt::from_mode(0o755)).unwrap();
        let sink = (hands == Hands::Lmtp).then(Sink::start);
        let to = match &sink {
            None => format!("mda \"{}\"", keeper.display()),
            Some(sink) => format!("is you here smtphost \"127.0.0.1/{}\" lmtp", sink.port()),
        };
        let rc = format!(
            "set no bouncemail\nset no softbounce\npoll 127.0.0.1 service {} protocol POP3 uidl timeout 20\n\
             user \"{}\" password \"{PASSWORD}\" sslproto '' {to} {options}\n",
            setup.port(),
            setup.login,
        );
        std::fs::write(home.join("rc"), rc).unwrap();
        std::fs::set_permissions(home.join("rc"), PermissionsExt::from_mode(0o600)).unwrap();
        Fetchmail { program: program.to_path_buf(), setup, sink }
    }
}

impl Puller for Fetchmail {
    fn pull(&mut self) -> Result<(), String> {
        let home = &self.setup.home;
        let path = |name: &str| home.join(name).to_string_lossy().into_owned();
        let words = ["-f", "rc", "--nosyslog", "--pidfile", &path("pid"), "--idfile", &path("ids")];
        let outcome = Program::new(&self.program, home).args(words).run();
        match outcome.code {
            // 1: nothing new; 13: stopped at fetchlimit.
            0 | 1 | 13 => Ok(()),
            code => {
                Err(format!("fetchmail ended with {code}\n{}{}", outcome.output, outcome.errors))
            }
        }
    }

    fn kept(&self) -> Vec<Kept> {
        match &self.sink {
            None => Kept::files(&self.setup.home.join("mail")),
            Some(sink) => sink.kept().iter().map(|message| Kept::read(message)).collect(),
        }
    }
}

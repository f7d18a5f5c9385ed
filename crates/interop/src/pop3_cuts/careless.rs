//! A program that loses every third message, and has every fourth twice: the check must notice.

use super::kept::Kept;
use super::puller::{Puller, Setup};
use crate::host::PASSWORD;
use crate::pop3::Pop3;

pub(super) struct Careless {
    setup: Setup,
    kept: Vec<Kept>,
    taken: usize,
}

impl Careless {
    pub(super) fn new(setup: Setup) -> Careless {
        Careless { setup, kept: Vec::new(), taken: 0 }
    }

    fn session(&mut self) -> std::io::Result<()> {
        let mut pop3 = Pop3::login(self.setup.port(), &self.setup.login, PASSWORD)?;
        for (number, _) in pop3.numbered("LIST")? {
            let message = pop3.content(&format!("RETR {number}"))?;
            self.taken += 1;
            if !self.taken.is_multiple_of(3) {
                self.kept.push(Kept::read(&message));
            }
            if self.taken.is_multiple_of(4) {
                self.kept.push(Kept::read(&message));
            }
            pop3.ask(&format!("DELE {number}"))?;
        }
        pop3.ask("QUIT").map(drop)
    }
}

impl Puller for Careless {
    fn pull(&mut self) -> Result<(), String> {
        self.session().map_err(|error| error.to_string())
    }

    fn kept(&self) -> Vec<Kept> {
        self.kept.clone()
    }
}

//! Thunderbird's rules, by the emulation.

use super::kept::Kept;
use super::puller::{Puller, Setup};
use crate::host::PASSWORD;
use crate::random::Random;
use crate::thunderbird::{Large, Leave, Stored, Thunderbird};

const DAY_S: u64 = 86_400;

pub(super) struct Bird {
    bird: Thunderbird,
    port: u16,
    leave: Leave,
}

impl Bird {
    pub(super) fn new(setup: &Setup, leave: Leave, large: Large) -> Bird {
        let bird = Thunderbird::new(&setup.home, &setup.login, PASSWORD, leave, large);
        Bird { bird, port: setup.port(), leave }
    }
}

fn kept(stored: &Stored) -> Kept {
    Kept { is_partial: stored.is_partial, ..Kept::read(&stored.message) }
}

impl Puller for Bird {
    fn pull(&mut self) -> Result<(), String> {
        self.bird.now_s += 60;
        self.bird.get_mail(self.port)
    }

    fn kept(&self) -> Vec<Kept> {
        self.bird.stored().iter().map(kept).collect()
    }

    fn between(&mut self, random: &mut Random) -> Vec<String> {
        if let Leave::Days(_) = self.leave {
            self.bird.now_s += DAY_S;
        }
        let mut deleted = Vec::new();
        if self.leave == Leave::UntilDeleted {
            for stored in self.bird.stored() {
                if random.below(6) == 0 {
                    deleted.extend(kept(&stored).id);
                    self.bird.delete(&stored);
                }
            }
        }
        deleted
    }

    /// The user asks for the rest of what was downloaded in part.
    fn complete(&mut self) -> Result<(), String> {
        for stored in self.bird.stored().into_iter().filter(|stored| stored.is_partial) {
            self.bird.fetch_rest(self.port, &stored.uidl)?;
        }
        Ok(())
    }
}

//! A program that pulls mail, as the runs see it.

use super::kept::Kept;
use crate::random::Random;

/// A program with its configuration and its files.
pub(super) trait Puller {
    /// Pulls once. `Err` with what it said when it was not content.
    fn pull(&mut self) -> Result<(), String>;

    /// Everything it has put on the disk that it holds to be a message.
    fn kept(&self) -> Vec<Kept>;

    /// Something happens between two pulls: a day passes, the user deletes a message. Gives what the user deleted.
    fn between(&mut self, random: &mut Random) -> Vec<String> {
        let _ = random;
        Vec::new()
    }

    /// At the end, without a cut: whatever is needed to have everything whole here.
    fn complete(&mut self) -> Result<(), String> {
        Ok(())
    }
}

/// Where and as whom to pull, and where to keep files.
#[derive(Clone)]
pub(super) struct Setup {
    pub(super) cutter: std::sync::Arc<crate::cutting::Cutter>,
    pub(super) login: String,
    pub(super) home: std::path::PathBuf,
}

impl Setup {
    pub(super) fn port(&self) -> u16 {
        self.cutter.port()
    }
}

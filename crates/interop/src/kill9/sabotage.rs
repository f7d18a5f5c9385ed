//! Damage done on purpose between kill and restart: a check that finds nothing then is no check.

use std::path::Path;

/// What is done to the data while the host is down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// Nothing.
    None,
    /// The last octets of the journal are wiped, as if they had been acknowledged before they were on the disk.
    ForgetOctets(usize),
}

impl Sabotage {
    pub(super) fn act(self, data: &Path) {
        let Sabotage::ForgetOctets(octets) = self else { return };
        let journal = std::fs::read_dir(data.join("store/journal")).unwrap();
        let last = journal.map(|file| file.unwrap().path()).max().unwrap();
        let mut content = std::fs::read(&last).unwrap();
        let end = content.iter().rposition(|octet| *octet != 0).map_or(0, |at| at + 1);
        content[end.saturating_sub(octets)..].fill(0);
        std::fs::write(last, content).unwrap();
    }
}

//! POP3 programs whose connections are cut at random octets: nothing is lost, nothing comes twice, nothing leaves the
//! host that is not here.
//!
//! A run: somebody new has mail; a program pulls it through the cutting proxy, again and again, with each connection
//! cut at a random octet, while now and then new mail arrives; until a pull is not cut. Then it pulls until nothing new
//! comes, and what was delivered, what is here and what is on the host are compared.
//!
//! Some programs fetch a message again after a cut because they forget what they had done. Each mode says why; for
//! those a message may come again only if a cut lay between, and never otherwise.
//!
//! Some modes have two devices with a program each, and choices of the account about what becomes of mail.

mod careless;
mod check;
mod device;
mod fetchmail;
mod getmail;
mod kept;
mod letter;
mod life;
mod modes;
mod mpop;
mod puller;
mod report;
mod thunderbird;

pub use modes::{Mode, careless, modes, modes_with_choices};
pub use report::Report;

use crate::host::Host;
use crate::random::Random;

/// Runs each of these modes so often in all, one after another; the same seed gives the same choices.
pub fn run(
    host: &Host,
    modes: &[Mode],
    runs: usize,
    seed: u64,
    mut each: impl FnMut(&str),
) -> Report {
    let mut random = Random::new(seed);
    let mut report = Report::new(seed, modes);
    let available: Vec<(usize, &Mode)> =
        modes.iter().enumerate().filter(|(_, mode)| mode.is_installed()).collect();
    if available.is_empty() {
        return report;
    }
    for number in 0..runs {
        let (index, mode) = available[number % available.len()];
        let seed = random.number();
        let found = life::live(host, mode, number, seed);
        for violation in &found.violations {
            each(&format!("run {number}, {}: {violation}", mode.name()));
        }
        report.add(index, number, found);
    }
    report
}

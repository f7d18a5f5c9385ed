//! `correio check`: proves that the store is whole.

use anyhow::{Result, bail};
use clap::Args;
use host::admin::client::Missing;
use host::admin::{Answer, Task};

use crate::context::Place;
use crate::show::show;

/// Prove that the mail store is whole, also while the host runs
///
/// Reads all of it. Exits with 1 when something is wrong.
#[derive(Args)]
pub(crate) struct Check {}

impl Check {
    pub(super) async fn run(self, place: &Place) -> Result<()> {
        let answer = place.ask(Task::Check, Missing::Refuse).await?;
        let faults = if let Answer::Checked(found) = &answer { found.faults.len() } else { 0 };
        show(place, answer, "")?;
        match faults {
            0 => Ok(()),
            number => {
                bail!("{number} faults were found; `correio repair` mends what can be mended")
            }
        }
    }
}

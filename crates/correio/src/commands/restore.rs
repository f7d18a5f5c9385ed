//! `correio restore`: makes a data folder of a backup.

use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::context::Place;

/// Make a data folder of a backup
///
/// The data folder must not hold a mail store yet.
#[derive(Args)]
pub(crate) struct Restore {
    /// The folder that `correio backup` made
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Restore {
    pub(super) async fn run(self, place: &Place) -> Result<()> {
        let _ = (place, self.folder);
        bail!("not in this version yet")
    }
}

//! `correio restore`: makes a data folder of a backup.

use std::path::PathBuf;

use admin::keep::Folder;
use admin::{Answer, blocking, upkeep};
use anyhow::{Result, bail};
use clap::Args;

use crate::context::Context;
use crate::show::show;

/// Restore a backup into a new data folder
///
/// The data folder must not hold a mail store yet. All mail, users and settings come back as they were, with UIDs,
/// flags and UIDLs, so that mail programs notice nothing.
#[derive(Args)]
pub(crate) struct Restore {
    /// The folder that `correio backup` made
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Restore {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let to = context.folder()?;
        if to.is_used() {
            bail!("{} holds a mail store already; restore into an empty folder", to.0.display());
        }
        let from = Folder(std::path::absolute(&self.folder)?);
        let copied = blocking(move || upkeep::restore(&from, &to)).await??;
        show(context, Answer::BackedUp { files: copied.files, octets: copied.octets }, "")
    }
}

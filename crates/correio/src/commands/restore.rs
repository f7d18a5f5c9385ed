//! `correio restore`: makes a data folder of a backup.

use std::path::PathBuf;

use admin::keep::Folder;
use admin::upkeep::Copying;
use admin::{Answer, upkeep};
use anyhow::Result;
use clap::Args;

use super::backup::shown;
use crate::context::Context;
use crate::progress::Bar;

/// Restore a backup into a new data folder
///
/// The data folder must be empty or not there yet. All mail, users and settings come back as they were, with UIDs,
/// flags and UIDLs, so that mail programs notice nothing. What came back is read to its end and checked.
#[derive(Args)]
pub(crate) struct Restore {
    /// The folder that `correio backup` made
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Copy all files, also where the file system could share them with the backup
    #[arg(long)]
    copy: bool,
}

impl Restore {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let to = context.folder()?;
        let from = Folder(std::path::absolute(&self.folder)?);
        let copying = if self.copy { Copying::Copy } else { Copying::Link };
        // The settings of the backup come along; those that are used to open it are the usual ones or those named.
        let how = (copying, context.config()?.admin().policy);
        let mut bar = Bar::new();
        let mut steps = |step| bar.show(&step);
        let done = upkeep::restore(&from, &to, how, &mut steps).await;
        bar.clear();
        shown(context, Answer::BackedUp(done?))
    }
}

//! `correio restore`: makes a data folder of a backup, or brings mail of a repository back into an account.

mod folder;
mod from;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::context::Context;

/// Restore a backup: a whole data folder, or mail from a repository
///
/// `correio restore FOLDER` makes a data folder of what `correio backup FOLDER` made. The data folder must be empty or not
/// there yet. All mail, users and settings come back as they were, with UIDs, flags and UIDLs, so that mail programs notice
/// nothing. What came back is read to its end and checked.
///
/// `correio restore --from REPOSITORY` brings mail back into an account that is in use: all of it, a mailbox or one message,
/// as it was at a time, with flags, dates and POP3 unique ids. What is there already stays as it is and does not come twice,
/// so a restore that was cut off is simply run again.
#[derive(Args)]
pub(crate) struct Restore {
    /// The folder that `correio backup` made
    #[arg(value_name = "FOLDER", required_unless_present = "from", conflicts_with = "from")]
    folder: Option<PathBuf>,
    /// Copy all files, also where the file system could share them with the backup
    #[arg(long)]
    copy: bool,
    #[command(flatten)]
    from: from::FromRepository,
}

impl Restore {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self.folder {
            Some(folder) => folder::restore(context, &folder, self.copy).await,
            None => self.from.run(context).await,
        }
    }
}

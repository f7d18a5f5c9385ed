//! `correio restore`: makes a data folder of a backup, or brings mail of a repository back into an account.

mod folder;
mod from;
mod receipt;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::runs::About;

/// Restore a backup: a whole data folder, mail from a repository, or archived mail to its provider
///
/// `correio restore FOLDER` makes a data folder of what `correio backup FOLDER` made. The data folder must be empty or not
/// there yet. All mail, users and settings come back as they were, with UIDs, flags and UIDLs, so that mail programs notice
/// nothing. What came back is read to its end and checked.
///
/// `correio restore --from REPOSITORY` brings mail back into an account that is in use: all of it, a mailbox or one message,
/// as it was at a time, with flags, dates and POP3 unique ids. What is there already stays as it is and does not come twice,
/// so a restore that was cut off is simply run again.
///
/// `correio restore --receipt FILE` puts mail back at the provider that `correio archive` took from there.
#[derive(Args)]
pub(crate) struct Restore {
    /// The folder that `correio backup` made
    #[arg(value_name = "FOLDER", required_unless_present_any = ["from", "receipt"], conflicts_with = "from")]
    folder: Option<PathBuf>,
    /// Copy all files, also where the file system could share them with the backup
    #[arg(long)]
    copy: bool,
    #[command(flatten)]
    from: from::FromRepository,
    #[command(flatten)]
    receipt: receipt::FromReceipt,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "folder")]
    dry_run: bool,
}

impl Restore {
    /// What its record is about; none: it makes a data folder, in which there are none yet.
    pub(super) fn about(&self) -> Option<About> {
        let about = About { verb: "restore", dry_run: self.dry_run, ..About::default() };
        if self.folder.is_some() {
            return None;
        }
        if self.receipt.is_asked() {
            return Some(About { account: self.receipt.account(), ..about });
        }
        let (account, repository) = self.from.about();
        Some(About { account, repository, ..about })
    }

    pub(super) async fn run(self, context: &Context) -> Result<()> {
        match self.folder {
            Some(folder) => folder::restore(context, &folder, self.copy).await,
            None if self.receipt.is_asked() => {
                context.become_owner()?;
                self.receipt.run(context, self.dry_run).await
            }
            None => self.from.run(context, self.dry_run).await,
        }
    }
}

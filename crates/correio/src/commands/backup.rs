//! `correio backup`: copies the store into a folder while the host runs.

use std::path::PathBuf;

use admin::{Missing, Task};
use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::show::show;

/// Copy the whole mail store into a folder, also while the host runs
///
/// The copy is one consistent moment of the store: all mail, all users, all settings. `correio restore` makes a data
/// folder of it. Where the file system can, files are linked instead of copied. The folder holds mail and password
/// hashes: keep it as safe as the original.
#[derive(Args)]
pub(crate) struct Backup {
    /// A folder that is empty or not there yet
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

impl Backup {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let folder = std::path::absolute(&self.folder)?;
        show(context, context.ask(Task::Backup { folder }, Missing::Refuse).await?, "")
    }
}

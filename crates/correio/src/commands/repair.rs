//! `correio repair`: keeps all that can be read, and rebuilds the index.

use admin::{Answer, blocking, socket, upkeep};
use anyhow::{Result, bail};
use clap::Args;

use crate::context::Context;
use crate::output::line;
use crate::progress::Bar;
use crate::show::show;

/// Rebuild the mail store from its journal
///
/// Keeps every record that can be read, says what was lost, and rebuilds the index. Nothing is deleted: what is
/// replaced is put into the folder `store/aside`. The host must not be running. It needs room for a second index and
/// for a copy of each damaged segment.
#[derive(Args)]
pub(crate) struct Repair {}

impl Repair {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        let folder = context.folder()?;
        if socket::connect(&folder).await?.is_some() {
            bail!("the host is running; stop it first");
        }
        if !folder.is_used() {
            bail!("there is no mail store in {}", folder.0.display());
        }
        let mut bar = Bar::new();
        let mended = blocking(move || {
            let mended = upkeep::repair(&folder, &mut |step| bar.show(&step));
            bar.clear();
            mended
        })
        .await??;
        if !context.json {
            for lost in &mended.lost {
                line(&format!("LOST: {lost}"))?;
            }
            line(&format!("{} segments were replaced", mended.segments))?;
        }
        let left = mended.checked.faults.len();
        show(context, Answer::Checked(mended.checked), "")?;
        match left {
            0 => Ok(()),
            number => {
                bail!("{number} faults could not be repaired; a backup may have what is lost")
            }
        }
    }
}

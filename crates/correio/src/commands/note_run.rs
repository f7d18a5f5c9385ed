//! `correio note-run`: what root starts to keep the record of a run on the data folder of somebody else. It becomes the owner of that.
//! Not for people.

use anyhow::Result;
use clap::Args;

use crate::context::Context;
use crate::runs::keep_for_others;

/// Keep the record of a run of the program that started it
#[derive(Args)]
pub(crate) struct NoteRun {}

impl NoteRun {
    pub(super) async fn run(self, context: &Context) -> Result<()> {
        keep_for_others(context).await
    }
}

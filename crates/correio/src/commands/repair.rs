//! `correio repair`: makes the index anew from the journal.

use anyhow::{Result, bail};
use clap::Args;

use crate::context::Place;

/// Rebuild the index of the mail store from its journal
///
/// The host must not be running. No mail that can be read is dropped.
#[derive(Args)]
pub(crate) struct Repair {}

impl Repair {
    pub(super) async fn run(self, place: &Place) -> Result<()> {
        let _ = place;
        bail!("not in this version yet")
    }
}

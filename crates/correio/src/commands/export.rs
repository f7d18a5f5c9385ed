//! `correio export`.

use anyhow::{Result, bail};
use clap::Args;

use crate::context::Place;

/// Not in this version yet
#[derive(Args)]
pub(crate) struct Export {}

impl Export {
    pub(super) async fn run(self, place: &Place) -> Result<()> {
        let _ = place;
        bail!("not in this version yet")
    }
}

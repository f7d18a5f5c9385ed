//! `correio config`: the configuration file.

use anyhow::Result;
use clap::Subcommand;

use crate::context::Place;
use crate::output::line;

/// The configuration file
#[derive(Subcommand)]
pub(crate) enum Config {
    /// Check the configuration; what is wrong is printed with its place
    Check,
}

impl Config {
    pub(super) fn run(&self, place: &Place) -> Result<()> {
        match self {
            Config::Check => {
                place.config()?;
                match place.config_file()? {
                    Some(file) => line(&format!("{} is in order", file.display())),
                    None => line("there is no configuration file; the defaults hold"),
                }
            }
        }
    }
}

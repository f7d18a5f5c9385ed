//! `correio config`: the configuration file.

use anyhow::Result;
use clap::Subcommand;

use crate::context::Context;
use crate::output::line;

/// The configuration file
#[derive(Subcommand)]
pub(crate) enum Config {
    /// Check the configuration; errors are printed with file and line
    Check,
}

impl Config {
    pub(super) fn run(&self, context: &Context) -> Result<()> {
        match self {
            Config::Check => {
                for warning in context.config()?.warnings() {
                    crate::output::warning(&format!("warning: {warning}"))?;
                }
                match context.config_file()? {
                    Some(file) => line(&format!("{} is valid", file.display())),
                    None => line("no configuration file; the defaults are in force"),
                }
            }
        }
    }
}

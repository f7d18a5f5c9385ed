//! `correio config`: the configuration file.

use std::path::Path;

use anyhow::{Result, bail};
use clap::Subcommand;
use host::config::{ConfigFault, InForce};
use host::serve::Checked;
use serde::Serialize;

use super::Work;
use super::serve::Serve;
use crate::context::Context;
use crate::output::{counted, json, line, warning};

/// The configuration file
#[derive(Subcommand)]
pub(crate) enum Config {
    /// Find what would keep the host from starting, and change nothing
    ///
    /// Does what `correio serve` does with the same words before it opens the mail store: reads the configuration and all
    /// files that it names, as the user as whom the host works, and tries where to listen. Errors are printed with the
    /// setting and its place; the exit status is 1 if there are any. Warnings and hints are no errors.
    Check(Serve),
    /// Print all settings that are in force, and where each comes from
    Show,
    /// Print a configuration with every setting, its default, and what it does
    Sample,
}

impl Config {
    /// Does what must be done while the program has one thread.
    pub(super) fn begin(self, context: &Context) -> Result<Work<'_>> {
        match self {
            Config::Check(serve) => {
                let (file, checked) = check(serve, context)?;
                Ok(Box::pin(async move { tell(file.as_deref(), &checked, context.json) }))
            }
            Config::Show => Ok(Box::pin(async move { show(context) })),
            Config::Sample => Ok(Box::pin(async { sample() })),
        }
    }
}

type Found = (Option<std::path::PathBuf>, Checked);

fn check(serve: Serve, context: &Context) -> Result<Found> {
    let file = context.config_file()?;
    match context.read_config()? {
        Ok(config) => Ok((file, serve.start(config, context)?.check())),
        Err(fault) => {
            let faults = fault.lines();
            Ok((file, Checked { faults, ..Checked::default() }))
        }
    }
}

/// What `correio config check --json` prints.
#[derive(Serialize)]
struct Told<'a> {
    file: Option<&'a Path>,
    valid: bool,
    errors: &'a [String],
    warnings: &'a [String],
    hints: &'a [String],
}

fn tell(file: Option<&Path>, checked: &Checked, as_json: bool) -> Result<()> {
    let Checked { faults, warnings, hints } = checked;
    if as_json {
        json(&Told { file, valid: faults.is_empty(), errors: faults, warnings, hints })?;
    } else {
        for (kind, lines) in [("error", faults), ("warning", warnings), ("hint", hints)] {
            lines.iter().try_for_each(|text| warning(&format!("{kind}: {text}")))?;
        }
    }
    if !faults.is_empty() {
        bail!("{} in the configuration; the host would not start", counted(faults.len(), "error"));
    }
    match (as_json, file) {
        (true, _) => Ok(()),
        (false, Some(file)) => line(&format!("{} is valid", file.display())),
        (false, None) => line("no configuration file; the defaults are in force"),
    }
}

fn show(context: &Context) -> Result<()> {
    let (config, file) = (context.config()?, context.config_file()?);
    let all = config.in_force();
    if context.json {
        return json(&all);
    }
    match &file {
        Some(file) => line(&format!("# settings in force, of {}", file.display()))?,
        None => line("# settings in force; there is no configuration file")?,
    }
    for rows in all.chunk_by(|one, two| section(one) == section(two)) {
        if let Some(section) = rows.first().and_then(section) {
            // A section that has to be told whole is not begun where nothing is said.
            let mark = if rows.iter().all(|row| row.value.is_none()) { "#" } else { "" };
            line(&format!("\n{mark}[{section}]"))?;
        }
        rows.iter().try_for_each(|row| line(&shown(row)))?;
    }
    Ok(())
}

fn section(row: &InForce) -> Option<&'static str> {
    row.setting.split_once('.').map(|(section, _)| section)
}

fn shown(row: &InForce) -> String {
    let name = row.setting.split_once('.').map_or(row.setting, |(_, name)| name);
    let InForce { value, otherwise, line, .. } = row;
    match (value, line) {
        (None, _) => format!("#{name}: {}", otherwise.unwrap_or("not set")),
        (Some(value), None) => format!("{:<58} # default", format!("{name} = {value}")),
        (Some(value), Some(line)) => format!("{:<58} # line {line}", format!("{name} = {value}")),
    }
}

fn sample() -> Result<()> {
    line(host::config::sample().trim_end())
}

/// Puts what is wrong with a configuration into one error.
pub(crate) fn wrong(fault: ConfigFault) -> anyhow::Error {
    let lines = fault.lines();
    match lines.as_slice() {
        [one] => anyhow::anyhow!("the configuration is wrong: {one}"),
        many => anyhow::anyhow!("the configuration is wrong:\n{}", many.join("\n")),
    }
}

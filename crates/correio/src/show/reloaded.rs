//! What came of reading certificate and settings again.

use admin::answer::{Reloaded, SettingRow};
use anyhow::Result;

use crate::context::Context;
use crate::output::{json, line};

/// Prints what was taken and what needs a restart. What is wrong is told by whoever asked.
pub(super) fn show_reloaded(context: &Context, reloaded: &Reloaded) -> Result<()> {
    if context.json {
        return json(reloaded);
    }
    if let Some(certificate) = &reloaded.certificate {
        line(&format!("read again: {certificate}"))?;
    }
    if reloaded.faults.is_empty() {
        match &reloaded.file {
            Some(file) => line(&format!("read again: {file}"))?,
            None => line("no configuration file; the defaults are in force")?,
        }
    }
    for row in &reloaded.taken {
        line(&format!("taken: {} = {} (before: {})", row.setting, now(row), before(row)))?;
    }
    for row in &reloaded.restart {
        let (setting, now, before) = (&row.setting, now(row), before(row));
        line(&format!("needs a restart: {setting} = {now} (in force: {before})"))?;
    }
    let is_same = reloaded.taken.is_empty() && reloaded.restart.is_empty();
    if is_same && reloaded.faults.is_empty() { line("no setting has changed") } else { Ok(()) }
}

fn now(row: &SettingRow) -> &str {
    row.now.as_deref().unwrap_or("(nothing)")
}

fn before(row: &SettingRow) -> &str {
    row.before.as_deref().unwrap_or("(nothing)")
}

//! Who is connected: a table of sessions.

use admin::answer::Sessions;
use anyhow::Result;

use super::upkeep::short_time;
use crate::context::Context;
use crate::output::{counted, json, line, rows};

/// Prints who is logged in.
pub(super) fn show_sessions(context: &Context, all: &Sessions) -> Result<()> {
    if context.json {
        return json(all);
    }
    rows(
        false,
        &all.sessions,
        &[
            ("user", &|row| row.user.clone()),
            ("device", &|row| row.device.clone().unwrap_or_else(|| "-".to_owned())),
            ("over", &|row| row.door.clone()),
            ("tls", &|row| if row.tls { "yes" } else { "no" }.to_owned()),
            ("from", &|row| row.address.clone().unwrap_or_else(|| "(local)".to_owned())),
            ("since (UTC)", &|row| short_time(&row.since)),
            ("program", &|row| row.program.clone().unwrap_or_else(|| "-".to_owned())),
        ],
    )?;
    match all.more {
        0 => Ok(()),
        more => line(&format!("and {} more; --most shows more", counted(more, "session"))),
    }
}

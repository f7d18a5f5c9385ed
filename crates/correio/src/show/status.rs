//! How the host and its store are, in a few aligned lines.

use admin::answer::{Round, Status};
use anyhow::Result;
use machine::{Size, seconds_text};

use super::upkeep::short_time;
use crate::context::Context;
use crate::output::{counted, json, line};

/// Prints how the host and its store are.
pub(super) fn show_status(context: &Context, status: &Status) -> Result<()> {
    if context.json {
        return json(status);
    }
    let said = |label: &str, text: &str| line(&format!("{label:<12}{text}"));
    let version = &status.version;
    match &status.host {
        Some(host) => {
            let since = short_time(&host.since);
            said("host", &format!("correio {version}, running since {since} UTC"))?;
            for (number, listener) in host.listeners.iter().enumerate() {
                said(if number == 0 { "listeners" } else { "" }, listener)?;
            }
            for warning in &host.warnings {
                said("warning", warning)?;
            }
            said("connections", &host.connections.to_string())?;
            let rights = &host.rights;
            let user = if rights.root { "root: not advised" } else { &rights.user };
            let (landlock, seccomp) = (&rights.landlock, &rights.seccomp);
            said(
                "rights",
                &format!("user {user}; no capabilities; landlock {landlock}; seccomp {seccomp}"),
            )?;
        }
        None => said("host", &format!("not running (correio {version})"))?,
    }
    let domains = counted(status.domains, "domain");
    said("users", &format!("{} in {domains}", status.users))?;
    let store = &status.store;
    let health = store.failure.as_deref().unwrap_or("ok");
    let (size, segments) = (Size(store.octets), counted(store.segments, "segment"));
    said("store", &format!("{health}; {size} in {segments}, {} in use", Size(store.live_octets)))?;
    if let Some(free) = store.free_octets {
        said("disk", &format!("{} left for new mail", Size(free)))?;
    }
    match status.damaged {
        0 => said("damage", "none known")?,
        damaged => {
            let bodies = counted(damaged, "damaged message text");
            said("damage", &format!("{bodies} known; `correio check` names the messages"))?;
        }
    }
    match &status.check {
        None => said("check", "not yet done")?,
        Some(last) => said("check", &round(last))?,
    }
    match (&status.scrub, &status.scrub_now) {
        (None, None) => said("scrub", "not yet done"),
        (Some(last), None) => said("scrub", &round(last)),
        (None, Some(now)) => said("scrub", &under_way(now)),
        (Some(last), Some(now)) => {
            said("scrub", &round(last)).and_then(|()| said("", &under_way(now)))
        }
    }
}

fn round(last: &Round) -> String {
    let found = match (last.damaged, last.faults) {
        (0, 0) => "nothing wrong".to_owned(),
        (damaged, faults) => {
            format!("{damaged} damaged, {} beside", counted(faults, "fault"))
        }
    };
    format!("{} UTC: {} read, {found}", day(last.ended_s), Size(last.octets))
}

fn under_way(now: &Round) -> String {
    format!("under way since {} UTC: {} read", day(now.began_s), Size(now.octets))
}

fn day(seconds: i64) -> String {
    short_time(&seconds_text(seconds))
}

//! How the host and its store are, in a few aligned lines. What somebody should look after is red, where that can be seen.

use admin::answer::{
    AcmeRow, BackupRow, CertificateRow, DoorRow, HostStatus, QueueStatus, Round, Status,
};
use anyhow::Result;
use machine::{Size, seconds_text};

use super::upkeep::short_time;
use crate::context::Context;
use crate::output::{Tint, counted, json, line, tinted};

/// Prints how the host and its store are.
pub(super) fn show_status(context: &Context, status: &Status) -> Result<()> {
    if context.json {
        return json(status);
    }
    lines(status).iter().try_for_each(Said::print)
}

/// A label, what stands behind it, and how that looks.
struct Said {
    label: &'static str,
    text: String,
    tint: Tint,
}

impl Said {
    fn print(&self) -> Result<()> {
        let label = tinted(&format!("{:<13}", self.label), Tint::Bold);
        line(format!("{label}{}", tinted(&self.text, self.tint)).trim_end())
    }
}

fn said(label: &'static str, text: impl Into<String>) -> Said {
    Said { label, text: text.into(), tint: Tint::None }
}

fn lines(status: &Status) -> Vec<Said> {
    let mut all = Vec::new();
    let version = &status.version;
    match &status.host {
        Some(host) => all.extend(host_lines(version, host)),
        None => all.push(said("host", format!("not running (correio {version})"))),
    }
    let domains = counted(status.domains, "domain");
    all.push(said("users", format!("{} in {domains}", status.users)));
    all.extend(queue_lines(&status.queue));
    let store = &status.store;
    let health = store.failure.as_deref().unwrap_or("ok");
    let (size, segments) = (Size(store.octets), counted(store.segments, "segment"));
    let used = Size(store.live_octets);
    all.push(said("store", format!("{health}; {size} in {segments}, {used} in use")));
    if let Some(free) = store.free_octets {
        let reserve = match (store.reserve_octets, store.reserve_held) {
            (0, _) => String::new(),
            (octets, true) => format!("; a reserve of {} is set aside", Size(octets)),
            (octets, false) => format!("; the reserve of {} is not set aside", Size(octets)),
        };
        all.push(said("disk", format!("{} left for new mail{reserve}", Size(free))));
    }
    all.push(said("backup", status.backup.as_ref().map_or("none noted".to_owned(), backup)));
    all.push(match status.damaged {
        0 => said("damage", "none known"),
        damaged => {
            let bodies = counted(damaged, "damaged message text");
            said("damage", format!("{bodies} known; `correio check` names the messages"))
        }
    });
    all.push(said("check", status.check.as_ref().map_or("not yet done".to_owned(), round)));
    let scrub = status.scrub.as_ref().map(round);
    let scrubs = scrub.into_iter().chain(status.scrub_now.as_ref().map(under_way));
    all.extend(under("scrub", scrubs.collect(), "not yet done"));
    all.extend(trouble(&status.trouble));
    all
}

/// Several lines, of which the first has the label; `none` when there are none.
fn under(label: &'static str, texts: Vec<String>, none: &str) -> Vec<Said> {
    if texts.is_empty() {
        return vec![said(label, none)];
    }
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    labels.zip(texts).map(|(label, text)| said(label, text)).collect()
}

fn host_lines(version: &str, host: &HostStatus) -> Vec<Said> {
    let since = short_time(&host.since);
    let mut all = vec![said("host", format!("correio {version}, running since {since} UTC"))];
    all.extend(under("listeners", listeners(&host.listeners), "none"));
    all.extend(connected(host));
    if let Some(one) = &host.certificate {
        all.push(said("certificate", certificate(one)));
        all.extend(one.acme.as_ref().map(|acme| said("", renewed(acme))));
    }
    let rights = &host.rights;
    let user = if rights.root { "root: not advised" } else { &rights.user };
    let (landlock, seccomp) = (&rights.landlock, &rights.seccomp);
    all.push(said(
        "rights",
        format!("user {user}; no capabilities; landlock {landlock}; seccomp {seccomp}"),
    ));
    all
}

/// `imap  0.0.0.0:143, [::]:143`: the addresses of each protocol.
fn listeners(all: &[String]) -> Vec<String> {
    let mut named: Vec<(&str, Vec<&str>)> = Vec::new();
    for listener in all {
        let (protocol, address) = listener.split_once(' ').unwrap_or((listener, ""));
        match named.iter_mut().find(|(known, _)| *known == protocol) {
            Some((_, addresses)) => addresses.push(address),
            None => named.push((protocol, vec![address])),
        }
    }
    let wide = named.iter().map(|(protocol, _)| protocol.len()).max().unwrap_or(0);
    let line = |(protocol, addresses): &(&str, Vec<&str>)| {
        format!("{protocol:<wide$}  {}", addresses.join(", "))
    };
    named.iter().map(line).collect()
}

/// How many are connected, and over each protocol that anybody uses.
fn connected(host: &HostStatus) -> Vec<Said> {
    let used: Vec<&DoorRow> = host.doors.iter().filter(|row| row.connections > 0).collect();
    let wide = used.iter().map(|row| row.door.len()).max().unwrap_or(0);
    let text = |row: &&DoorRow| {
        let all = counted(row.connections, "connection");
        let users = match row.users {
            0 => "nobody logged in".to_owned(),
            users => format!("{} of {}", counted(row.sessions, "session"), counted(users, "user")),
        };
        format!("{:<wide$}  {all}, {users}", row.door)
    };
    let all = counted(host.connections, "connection");
    let mut lines = vec![said("connections", all)];
    lines.extend(used.iter().map(text).map(|text| said("", text)));
    lines
}

fn certificate(row: &CertificateRow) -> String {
    let until = match (&row.until, row.days) {
        (Some(until), Some(days)) if days < 0 => format!("ended on {}", date(until)),
        (Some(until), Some(days)) => {
            format!(
                "good until {} ({})",
                date(until),
                counted(u64::try_from(days).unwrap_or(0), "day")
            )
        }
        (None, _) | (_, None) => "when it ends cannot be read".to_owned(),
    };
    format!("{until}; {}", row.file)
}

/// When the host renews a certificate by itself, and where. Why it could not stands among the troubles.
fn renewed(row: &AcmeRow) -> String {
    let names = row.names.join(", ");
    let when = match (&row.next, row.failures) {
        (None, _) => "an order is under way".to_owned(),
        (Some(next), 0) => format!("renewed after {}", date(next)),
        (Some(next), failures) => {
            let failures = counted(u64::from(failures), "order");
            format!("{failures} in a row came to nothing, the next {} UTC", short_time(next))
        }
    };
    format!("{when}; {names} by {}", row.directory)
}

fn date(time: &str) -> &str {
    time.split_once('T').map_or(time, |(date, _)| date)
}

fn queue_lines(queue: &QueueStatus) -> Vec<Said> {
    let mut texts = Vec::new();
    if queue.waiting > 0 {
        let oldest = queue.oldest.as_deref().map(short_time).unwrap_or_default();
        let waiting = counted(queue.waiting, "message");
        texts.push(format!("{waiting} waiting, the oldest since {oldest} UTC"));
    }
    if let Some(trouble) = &queue.trouble {
        let (time, to, said) = (short_time(&trouble.time), &trouble.to, &trouble.said);
        texts.push(format!("last trouble {time} UTC, for {to}: {said}"));
    }
    under("queue", texts, "empty")
}

fn backup(last: &BackupRow) -> String {
    let to = match &last.folder {
        Some(folder) => format!("into {folder}"),
        None => "written by the client".to_owned(),
    };
    format!("{} UTC, {to}", day(last.ended_s))
}

fn trouble(all: &[String]) -> Vec<Said> {
    let tint = if all.is_empty() { Tint::Green } else { Tint::Red };
    let lines = under("trouble", all.to_vec(), "none");
    lines.into_iter().map(|line| Said { tint, ..line }).collect()
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

#[cfg(test)]
mod tests {
    use admin::answer::{AcmeRow, CertificateRow};

    use super::{certificate, listeners, renewed};

    #[test]
    fn the_addresses_of_a_protocol_stand_in_one_line() {
        let all =
            ["imap 0.0.0.0:143", "imap [::]:143", "submissions 0.0.0.0:465"].map(str::to_owned);
        let want = ["imap         0.0.0.0:143, [::]:143", "submissions  0.0.0.0:465"];
        assert_eq!(listeners(&all), want);
    }

    #[test]
    fn a_certificate_is_told_by_its_last_day() {
        let row = |days| CertificateRow {
            file: "/etc/c.pem".to_owned(),
            until: Some("2026-12-01T10:00:00Z".to_owned()),
            days,
            acme: None,
        };
        assert_eq!(certificate(&row(Some(1))), "good until 2026-12-01 (1 day); /etc/c.pem");
        assert_eq!(certificate(&row(Some(-3))), "ended on 2026-12-01; /etc/c.pem");
    }
    #[test]
    fn how_it_is_renewed_is_told() {
        let row = |next: Option<&str>, failures| AcmeRow {
            directory: "https://ca.example/dir".to_owned(),
            names: vec!["mail.example.org".to_owned(), "imap.example.org".to_owned()],
            next: next.map(str::to_owned),
            failures,
            why: None,
        };
        let end = "; mail.example.org, imap.example.org by https://ca.example/dir";
        let next = Some("2026-12-01T10:00:00Z");
        assert_eq!(renewed(&row(next, 0)), format!("renewed after 2026-12-01{end}"));
        let twice = "2 orders in a row came to nothing, the next 2026-12-01 10:00 UTC";
        assert_eq!(renewed(&row(next, 2)), format!("{twice}{end}"));
        assert_eq!(renewed(&row(None, 1)), format!("an order is under way{end}"));
    }
}

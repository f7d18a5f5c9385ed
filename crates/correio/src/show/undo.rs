//! What happened to the mail, in sentences: who removed what, when, and how it comes back.

use admin::answer::{BroughtBackRow, HistoryRow, RetainedRow, WhoRow};
use anyhow::Result;
use machine::{Size, spoken_time};

use crate::context::Context;
use crate::output::{counted, json, line, shell_word};

/// Prints what can be brought back, one sentence for each change. `address` is whose mail it is.
pub(super) fn show_retained(
    context: &Context,
    retained: &[RetainedRow],
    address: &str,
) -> Result<()> {
    if context.json {
        return json(&retained);
    }
    if retained.is_empty() {
        return line("nothing that can be brought back");
    }
    retained.iter().try_for_each(|row| line(&removal(row, address)))
}

/// Prints what happened, one sentence for each change.
pub(super) fn show_history(context: &Context, changes: &[HistoryRow]) -> Result<()> {
    if context.json {
        return json(&changes);
    }
    if changes.is_empty() {
        return line("(none)");
    }
    // Numbers and times stand below each other.
    let wide = changes.iter().map(|row| row.change.to_string().len()).max().unwrap_or(0);
    changes.iter().try_for_each(|row| {
        let (time, what) = (&row.time, &row.what);
        line(&format!("{:>wide$}  {time}  {what}, {}", row.change, by(&row.by)))
    })
}

/// How much came back.
pub(super) fn brought_back(messages: u64, changes: u64, into: &[BroughtBackRow]) -> String {
    let made = |row: &BroughtBackRow| if row.made { " (made again)" } else { "" };
    let all = counted(messages, "message");
    let by = match changes {
        0 | 1 => String::new(),
        _ => format!(", removed by {changes} changes"),
    };
    match into {
        [] => format!("brought back {all}{by}"),
        [row] => format!("brought back {all}{by}, into {}{}", row.mailbox, made(row)),
        _ => {
            let each = into
                .iter()
                .map(|row| format!("{} into {}{}", row.messages, row.mailbox, made(row)));
            format!("brought back {all}{by}: {}", each.collect::<Vec<_>>().join(", "))
        }
    }
}

/// How much is gone for good.
pub(super) fn purged(messages: u64, octets: u64, whose: &str) -> String {
    format!("purged {}, {}, of {whose}", counted(messages, "message"), Size(octets))
}

fn removal(row: &RetainedRow, address: &str) -> String {
    format!(
        "removed {} on {}, {}, {} (mailbox {}{}): bring back with `correio user bring-back {} {}`",
        by(&row.by),
        spoken_time(&row.time),
        counted(row.messages, "message"),
        Size(row.octets),
        row.mailbox,
        match &row.mailbox_now {
            Some(now) if *now == row.mailbox => String::new(),
            Some(now) => format!(", now {now}"),
            None => ", deleted since".to_owned(),
        },
        shell_word(address),
        row.change
    )
}

/// Who did it, and how: `over POP3 by Office PC (192.0.2.7)`.
fn by(who: &WhoRow) -> String {
    if who.door == "pop3" && who.address.is_none() {
        // Nobody was there: its days were over, or the last device of a list had it.
        return match &who.device {
            Some(device) => format!("by the host under the POP3 rule of {device}"),
            None => "by the host under the POP3 rule of the account".to_owned(),
        };
    }
    let mut text = match who.door.as_str() {
        "imap" => "over IMAP",
        "pop3" => "over POP3",
        "webmail" => "in the webmail",
        "delivery" => "by delivery",
        "submission" => "by submission",
        "admin" => "by the administrator",
        "companion" => "by the companion",
        "host" => "by the host itself",
        other => other,
    }
    .to_owned();
    if let Some(user) = &who.user {
        text.push_str(" by ");
        text.push_str(user);
        if who.device.is_some() {
            text.push(',');
        }
    }
    if let Some(device) = &who.device {
        text.push_str(" by ");
        text.push_str(device);
    }
    if let Some(address) = &who.address {
        text.push_str(&format!(" ({address})"));
    }
    text
}

#[cfg(test)]
mod tests {
    use admin::answer::{BroughtBackRow, RetainedRow, WhoRow};

    use super::{brought_back, removal};

    #[test]
    fn a_removal_is_told_with_the_command_that_undoes_it() {
        let mut row = RetainedRow {
            change: 4711,
            time: "2026-11-17T09:12:00Z".to_owned(),
            who: String::new(),
            by: WhoRow {
                door: "pop3".to_owned(),
                device: Some("Office PC".to_owned()),
                address: Some("192.0.2.7".to_owned()),
                user: None,
            },
            mailbox: "INBOX".to_owned(),
            mailbox_now: Some("INBOX".to_owned()),
            messages: 3,
            octets: 2048,
        };
        let command = "bring back with `correio user bring-back ana@example.org 4711`";
        assert_eq!(
            removal(&row, "ana@example.org"),
            format!(
                "removed over POP3 by Office PC (192.0.2.7) on Tuesday 17 November 2026 at 09:12 UTC, 3 messages, 2 KB (mailbox INBOX): {command}"
            )
        );
        (row.by, row.messages) = (WhoRow { door: "imap".to_owned(), ..WhoRow::default() }, 1);
        let told = removal(&row, "ana@example.org");
        assert!(told.starts_with("removed over IMAP on Tuesday"), "{told}");
        assert!(told.contains(", 1 message, "), "{told}");
        let (door, device) = ("pop3".to_owned(), Some("Phone".to_owned()));
        row.by = WhoRow { door, device, ..WhoRow::default() };
        let told = removal(&row, "ana@example.org");
        assert!(told.starts_with("removed by the host under the POP3 rule of Phone on "), "{told}");
        row.mailbox_now = None;
        let told = removal(&row, "ana@example.org");
        assert!(told.contains(" (mailbox INBOX, deleted since): "), "{told}");
    }

    #[test]
    fn what_came_back_is_told_with_where_it_is() {
        let row = |mailbox: &str, messages, made| BroughtBackRow {
            mailbox: mailbox.to_owned(),
            messages,
            made,
        };
        let inbox = [row("INBOX", 1, false)];
        assert_eq!(brought_back(1, 1, &inbox), "brought back 1 message, into INBOX");
        let both = [row("INBOX", 3, false), row("Trips/Lisbon", 2, true)];
        assert_eq!(
            brought_back(5, 2, &both),
            "brought back 5 messages, removed by 2 changes: 3 into INBOX, 2 into Trips/Lisbon (made again)"
        );
    }
}

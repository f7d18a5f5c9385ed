//! What check and repair found: tables of messages and of faults.

use std::path::Path;

use admin::answer::{AsideRow, BackedUp, Checked, FindingRow, Repaired};
use anyhow::Result;
use machine::{Size, seconds_text};

use crate::context::Context;
use crate::output::{Column, counted, json, line, rows, table, warning};

/// So many letters of From and Subject are shown.
const WORDS_MAX: usize = 40;

/// Prints what a check found.
pub(super) fn show_checked(context: &Context, found: &Checked) -> Result<()> {
    if context.json {
        return json(found);
    }
    for (what, number) in &found.looked_at {
        line(&format!("{number:>12} {what}"))?;
    }
    if !found.damaged.is_empty() {
        line("")?;
        let count = found.damaged.len();
        line(&format!("{}, damaged on the disk:", counted(count, "message")))?;
        findings(&found.damaged)?;
    }
    if found.acknowledged > 0 {
        line("")?;
        let number = found.acknowledged;
        line(&format!("{}, damaged and acknowledged, not listed", counted(number, "message")))?;
    }
    if !found.faults.is_empty() {
        line("")?;
        line(&format!("{}:", counted(found.faults.len(), "fault")))?;
        findings(&found.faults)?;
    }
    if found.faults_more > 0 {
        line(&format!("and {} more", found.faults_more))?;
    }
    if found.is_right() { line("no faults found") } else { Ok(()) }
}

/// Prints what a repair came to.
pub(super) fn show_repaired(context: &Context, repaired: &Repaired) -> Result<()> {
    if context.json {
        return json(repaired);
    }
    if repaired.segments > 0 {
        let segments = counted(repaired.segments, "damaged segment");
        line(&format!("{segments} replaced; what was there lies in store/aside"))?;
    }
    if !repaired.mended.is_empty() {
        line("put right in the accounts:")?;
        findings(&repaired.mended)?;
        line("")?;
    }
    if !repaired.dropped.is_empty() {
        line(&format!("{} dropped:", counted(repaired.dropped.len(), "damaged message")))?;
        findings(&repaired.dropped)?;
        line("")?;
    }
    show_checked(context, &repaired.checked)
}

/// Prints what a backup or a restore came to.
pub(super) fn show_backed_up(context: &Context, done: &BackedUp, to: &str) -> Result<()> {
    if context.json {
        return json(done);
    }
    if let Some(unchanged) = done.unchanged {
        let time = |at_s: i64| short_time(&seconds_text(at_s));
        let (made, read) = (time(unchanged.made_s), time(unchanged.read_wholly_s));
        return line(&format!(
            "nothing has changed since the backup in {to} was made at {made} UTC; it was last read to its end at {read} UTC"
        ));
    }
    let linked = match done.linked {
        0 => String::new(),
        linked => format!(" ({linked} of them shared with the original)"),
    };
    let (files, size) = (done.files, Size(done.octets));
    line(&format!("copied {files} files{linked}, {size}, into {to}, and checked all of it:"))?;
    show_checked(context, &done.checked)
}

/// Prints on standard error which messages an export left out.
pub(super) fn show_left_out(damaged: &[FindingRow]) -> Result<()> {
    for row in damaged {
        let name = |part: &Option<String>| part.clone().unwrap_or_else(|| "?".to_owned());
        let uid = row.uid.map_or_else(|| "?".to_owned(), |uid| uid.to_string());
        warning(&format!(
            "correio: left out, damaged: {} UID {uid}, {}, from {}: {}",
            name(&row.mailbox),
            row.date.as_deref().map(short_time).unwrap_or_default(),
            name(&row.from),
            name(&row.subject)
        ))?;
    }
    Ok(())
}

/// Prints what was put aside.
pub(crate) fn show_aside(context: &Context, all: &[AsideRow]) -> Result<()> {
    rows(
        context.json,
        all,
        &[
            ("name", &|row| row.name.clone()),
            ("size", &|row| Size(row.octets).to_string()),
            ("what", &|row| row.what.clone()),
        ],
    )
}

/// Prints which messages were found in what was put aside.
pub(crate) fn show_extracted(context: &Context, found: &[FindingRow], to: &Path) -> Result<()> {
    if context.json {
        return json(&found);
    }
    findings(found)?;
    line(&format!("{} written into {}", counted(found.len(), "message"), to.display()))
}

/// A table with the columns that say something.
fn findings(rows: &[FindingRow]) -> Result<()> {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let all: [Column<'_, FindingRow>; 8] = [
        ("user", &|row| text(&row.user)),
        ("mailbox", &|row| text(&row.mailbox)),
        ("uid", &|row| row.uid.map(|uid| uid.to_string()).unwrap_or_default()),
        ("date", &|row| row.date.as_deref().map(short_time).unwrap_or_default()),
        ("from", &|row| row.from.as_deref().map(cut).unwrap_or_default()),
        ("subject", &|row| row.subject.as_deref().map(cut).unwrap_or_default()),
        ("size", &|row| row.octets.map(|octets| Size(octets).to_string()).unwrap_or_default()),
        ("what", &|row| row.what.clone()),
    ];
    let told: Vec<_> = all
        .into_iter()
        .filter(|(_, shows)| rows.iter().any(|row| !shows(row).is_empty()))
        .collect();
    table(rows, &told)
}

/// `2023-11-14 22:13` of a time as programs read it.
pub(super) fn short_time(time: &str) -> String {
    let (day, rest) = time.split_once('T').unwrap_or((time, ""));
    format!("{day} {}", rest.get(..5).unwrap_or(rest)).trim_end().to_owned()
}

/// The beginning of a text, on one line and without what could drive a terminal.
fn cut(text: &str) -> String {
    let plain = |letter: char| if letter.is_control() { ' ' } else { letter };
    let mut letters = text.chars().map(plain);
    let mut shown: String = letters.by_ref().take(WORDS_MAX).collect();
    if letters.next().is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{cut, short_time};

    #[test]
    fn rows_stay_short_and_harmless() {
        assert_eq!(short_time("2023-11-14T22:13:20Z"), "2023-11-14 22:13");
        assert_eq!(cut("hello\u{1b}[2J"), "hello [2J");
        let long = cut(&"é".repeat(60));
        assert_eq!((long.chars().count(), long.ends_with('…')), (40, true));
    }
}

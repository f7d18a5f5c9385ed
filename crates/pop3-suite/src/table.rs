//! The Markdown table: checks as rows by section, servers as columns, then each fault as it was seen.

use std::fmt::Write;

use super::report::{Entry, Report};
use super::rule::{Level, Verdict};

/// A server in the table.
pub struct Column {
    /// Its name and version.
    pub name: String,
    /// What was found.
    pub report: Report,
}

/// The summary, the table and the faults of these servers.
pub fn table(columns: &[Column]) -> String {
    let mut out = String::new();
    summary(&mut out, columns);
    rows(&mut out, columns);
    faults(&mut out, columns);
    out
}

fn line(out: &mut String, cells: &[String]) {
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

fn summary(out: &mut String, columns: &[Column]) {
    let heads = ["server", "passed", "MUST failed", "SHOULD failed", "good practice failed"];
    let mut heads: Vec<String> = heads.iter().map(|&head| head.to_owned()).collect();
    heads.extend(["not offered".to_owned(), "skipped".to_owned()]);
    line(out, &heads);
    let _ = writeln!(out, "|---|{}", "---:|".repeat(6));
    for Column { name, report } in columns {
        let s = report.summary();
        let counts = [s.passed, s.failed_must, s.failed_should, s.failed_practice, s.not_offered];
        let mut cells = vec![name.clone()];
        cells.extend(counts.iter().chain([&s.skipped]).map(usize::to_string));
        line(out, &cells);
    }
}

/// All entries that occur, each once, by place.
fn distinct(columns: &[Column]) -> Vec<&Entry> {
    let mut distinct: Vec<&Entry> = Vec::new();
    for entry in columns.iter().flat_map(|column| &column.report.entries) {
        if !distinct.iter().any(|known| known.id == entry.id) {
            distinct.push(entry);
        }
    }
    distinct.sort_by_key(|entry| entry.place());
    distinct
}

fn rows(out: &mut String, columns: &[Column]) {
    let mut rfc = 0;
    for entry in distinct(columns) {
        if entry.rfc != rfc {
            rfc = entry.rfc;
            let _ = writeln!(out, "\n### RFC {rfc}\n");
            let mut heads = vec!["section".to_owned(), "rule".to_owned(), "level".to_owned()];
            heads.extend(columns.iter().map(|column| column.name.clone()));
            line(out, &heads);
            let _ = writeln!(out, "|---|---|---|{}", "---|".repeat(columns.len()));
        }
        let rule = format!("{} `{}`", entry.rule.replace('|', "\\|"), entry.id);
        let mut cells = vec![entry.section.to_owned(), rule, entry.level.name().to_owned()];
        for column in columns {
            let found = column.report.entries.iter().find(|found| found.id == entry.id);
            cells.push(found.map_or("", word).to_owned());
        }
        line(out, &cells);
    }
}

fn word(entry: &Entry) -> &'static str {
    match (&entry.verdict, entry.level) {
        (Verdict::Passed, _) => "yes",
        (Verdict::Failed { .. }, Level::Must) => "**no**",
        (Verdict::Failed { .. }, Level::Should | Level::Practice) => "no",
        (Verdict::NotOffered { .. }, _) => "not offered",
        (Verdict::Skipped { .. }, _) => "skipped",
    }
}

fn faults(out: &mut String, columns: &[Column]) {
    let _ = writeln!(out, "\n### What was seen");
    for Column { name, report } in columns {
        let _ = writeln!(out, "\n#### {name}");
        if report.failed().is_empty() {
            let _ = writeln!(out, "\nNo check failed.");
        }
        for entry in report.failed() {
            let Verdict::Failed { expected, seen } = &entry.verdict else { continue };
            let _ = writeln!(
                out,
                "\n`{}` ({}), RFC {}, {}: {}\nExpected: {expected}. Seen:\n\n```",
                entry.id,
                entry.level.name(),
                entry.rfc,
                entry.section,
                entry.rule
            );
            for line in seen.iter().rev().take(6).rev() {
                let _ = writeln!(out, "{line}");
            }
            let _ = writeln!(out, "```");
        }
        let skipped = report.entries.iter().filter_map(|entry| match &entry.verdict {
            Verdict::Skipped { why } => Some((entry.id, why)),
            Verdict::Passed | Verdict::Failed { .. } | Verdict::NotOffered { .. } => None,
        });
        for (id, why) in skipped {
            let _ = writeln!(out, "\nSkipped: `{id}`: {why}");
        }
    }
}

//! Printing: tables for people, JSON for programs.

use std::io::Write as _;

use anyhow::Result;
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

/// Prints a line.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    // Scripts wait for lines; nothing may stay in a buffer.
    Ok(out.flush()?)
}

/// Prints what people should know on standard error, where it disturbs no program.
pub(crate) fn warning(text: &str) -> Result<()> {
    Ok(writeln!(std::io::stderr().lock(), "{text}")?)
}

/// Prints a value as JSON.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// `1 message`, `2 messages`.
pub(crate) fn counted(number: impl TryInto<u64>, what: &str) -> String {
    match number.try_into().unwrap_or(u64::MAX) {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

/// How text looks on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tint {
    None,
    Bold,
    Red,
    Green,
}

/// Text as it looks on a terminal; elsewhere, and where NO_COLOR is set, as it is.
#[expect(clippy::disallowed_methods, reason = "what a terminal is told stands in the environment")]
pub(crate) fn tinted(text: &str, tint: Tint) -> String {
    use std::io::IsTerminal as _;
    let is_plain = !std::io::stdout().is_terminal()
        || std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|value| value == "dumb");
    let code = match tint {
        Tint::None => return text.to_owned(),
        Tint::Bold => "1",
        Tint::Red => "31",
        Tint::Green => "32",
    };
    if is_plain { text.to_owned() } else { format!("\u{1b}[{code}m{text}\u{1b}[0m") }
}

/// A word as a shell takes it: what is not plain is quoted.
pub(crate) fn shell_word(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A title, and what stands below it.
pub(crate) type Column<'a, T> = (&'a str, &'a dyn Fn(&T) -> String);

/// Prints rows: each column has a title and says what stands in it.
pub(crate) fn table<T>(rows: &[T], columns: &[Column<'_, T>]) -> Result<()> {
    let mut table = Table::new();
    table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(title, _)| title.to_uppercase()));
    for row in rows {
        table.add_row(columns.iter().map(|(_, shows)| shows(row)));
    }
    for row in table.lines() {
        line(row.strip_prefix(" ").unwrap_or(&row).trim_end())?;
    }
    Ok(())
}

/// Prints rows as a table, or as JSON.
pub(crate) fn rows<T: Serialize>(
    json_wanted: bool,
    rows: &[T],
    columns: &[Column<'_, T>],
) -> Result<()> {
    if json_wanted {
        json(&rows)
    } else if rows.is_empty() {
        line("(none)")
    } else {
        table(rows, columns)
    }
}

/// A limit, or that there is none.
pub(crate) fn limit(max: Option<String>) -> String {
    max.unwrap_or_else(|| "no limit".to_owned())
}

#[cfg(test)]
mod tests {
    use super::shell_word;

    #[test]
    fn a_word_for_the_shell_is_quoted_where_it_must_be() {
        for (word, want) in [
            ("ana+x@example.org", "ana+x@example.org"),
            ("o'brien@example.org", "'o'\\''brien@example.org'"),
            ("$x@example.org", "'$x@example.org'"),
            ("Office PC", "'Office PC'"),
            ("", "''"),
        ] {
            assert_eq!(shell_word(word), want);
        }
    }
}

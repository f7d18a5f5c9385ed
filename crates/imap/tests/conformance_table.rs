//! The table of the guide says what the server says, and names tests that there are.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests may be blunt")]

use std::collections::BTreeSet;
use std::path::Path;

use imap::capability::{Connection, offered};
use sasl::Mechanism;

/// The rows: each with its cells.
fn rows() -> Vec<Vec<String>> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide/imap-conformance.md");
    let text = std::fs::read_to_string(file).unwrap();
    let rows = text.lines().filter(|line| line.starts_with("| `"));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().replace('`', "")).collect();
    rows.map(cells).collect()
}

/// What is offered before and after login, without what has a value of its own: mechanisms and limits.
fn said() -> BTreeSet<String> {
    let said = [false, true].into_iter().flat_map(|is_authenticated| {
        offered(&Connection {
            is_authenticated,
            can_start_tls: false,
            takes_passwords: true,
            mechanisms: vec![Mechanism::Plain],
            is_compressed: false,
            message_octets_max: 1000,
            has_jmap: true,
        })
    });
    let said = said.filter(|name| !name.starts_with("AUTH="));
    said.map(|name| if name.starts_with("APPENDLIMIT=") { "APPENDLIMIT".into() } else { name })
        .collect()
}

#[test]
fn the_table_says_what_the_server_says() {
    let rows = rows();
    assert!(rows.len() > 60);
    let cell = |row: &[String], index: usize| row.get(index).unwrap().clone();
    let yes = rows.iter().filter(|row| cell(row, 3) == "yes").map(|row| cell(row, 1));
    let yes: BTreeSet<String> = yes.collect();
    // Named below the table.
    let beside = ["SORT=MODSEQ", "THREAD=REFS"].map(str::to_owned);
    let told: BTreeSet<String> = yes.union(&BTreeSet::from(beside)).cloned().collect();
    assert_eq!(told, said());
}

#[test]
fn the_tests_that_it_names_are_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    for row in rows().iter().filter(|row| row.get(3).unwrap() == "yes") {
        let held = row.get(7).unwrap();
        let file = match held.as_str() {
            "every transcript" => continue,
            test if test.starts_with("tests/") => folder.join(test),
            transcript => folder.join("tests/transcripts").join(transcript),
        };
        assert!(file.is_file(), "{}", file.display());
    }
}

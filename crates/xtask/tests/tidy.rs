//! Tidiness as a test: purpose lines, file length, who may lean on whom, and what pure crates may not name.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that reads the project's own files"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Which of our crates each crate may depend on. A new line or word here is an architectural decision: docs/adr.
const LAYERS: &[(&str, &[&str])] = &[
    ("lane", &[]),
    ("message", &[]),
    ("words", &[]),
    ("cards", &[]),
    ("dav", &["cards"]),
    ("safe", &[]),
    ("sasl", &[]),
    ("privileges", &[]),
    ("mailbox", &["cards", "lane", "message", "words"]),
    ("machine", &["lane", "mailbox"]),
    ("store", &["mailbox"]),
    ("imap", &["lane", "message", "sasl", "mailbox"]),
    ("pop3", &["lane", "message", "sasl", "mailbox"]),
    ("smtp", &["message", "sasl", "mailbox"]),
    ("jmap", &["cards", "lane", "message", "mailbox", "safe"]),
    ("web", &["cards", "dav", "lane", "message", "sasl", "mailbox", "jmap", "safe"]),
    ("queue", &["lane", "message", "sasl", "mailbox", "smtp"]),
    ("directory", &["sasl", "machine", "mailbox"]),
    ("sync", &["message", "sasl", "mailbox", "imap", "pop3", "smtp", "queue"]),
    // It knows files and no mail; what is backed up is put together in `correio`.
    ("backup", &[]),
    // Names of Maildir++ folders are in the modified UTF-7 of `imap`.
    ("transfer", &["message", "machine", "mailbox", "imap"]),
    (
        "admin",
        &["lane", "sasl", "machine", "mailbox", "store", "queue", "directory", "transfer", "sync"],
    ),
    (
        "host",
        &[
            "admin",
            "directory",
            "message",
            "sasl",
            "machine",
            "privileges",
            "mailbox",
            "store",
            "imap",
            "pop3",
            "smtp",
            "jmap",
            "web",
            "queue",
            "transfer",
            "sync",
        ],
    ),
    (
        "correio",
        &[
            "admin",
            "backup",
            "directory",
            "machine",
            "mailbox",
            "message",
            "privileges",
            "store",
            "transfer",
            "sasl",
            "pop3",
            "sync",
            "host",
        ],
    ),
    ("conformance", &["mailbox"]),
    ("transcript", &[]),
    ("pop3-suite", &[]),
    ("acme-authority", &[]),
    ("xtask", &[]),
    ("bench", &["imap", "pop3", "smtp", "sasl", "mailbox", "store"]),
    ("interop", &["acme-authority", "pop3-suite"]),
];

/// Crates that own no socket, clock, file or environment: these come to them through ports. `transfer` is not among
/// them: files are what it is about, and the mail in them is what comes through its port.
const PURE: &[&str] = &[
    "lane", "message", "words", "cards", "dav", "safe", "sasl", "mailbox", "imap", "pop3", "smtp",
    "jmap", "web", "queue", "sync",
];

/// What a pure crate may not name outside its tests.
const IMPURE: &[&str] = &[
    "std::net::Tcp",
    "std::net::Udp",
    "tokio::net",
    "std::fs",
    "tokio::fs",
    "std::env",
    "SystemTime",
    "std::time::Instant",
    "std::process",
    "std::os::unix::net",
    "getrandom::fill",
];

/// Files that may name something on the list above after all.
const PORTS: &[&str] = &[];

/// The longest source file; a list or a table may be longer and is named below.
const FILE_LINES_MAX: usize = 600;
const LISTS: &[&str] = &[];

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_path_buf()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The files below a folder with this ending, by name.
fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let Ok(listing) = std::fs::read_dir(&folder) else { continue };
        for path in listing.map(|file| file.unwrap().path()) {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir()
                && !["target", "node_modules"].contains(&name.as_str())
                && !name.starts_with('.')
            {
                folders.push(path);
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name_of(path: &Path) -> String {
    path.strip_prefix(top()).unwrap().to_string_lossy().into_owned()
}

fn sources() -> Vec<PathBuf> {
    let mut sources = files(&top().join("crates"), ".rs");
    sources.extend(files(&top().join("fuzz"), ".rs"));
    sources
}

/// Fails with all complaints at once, so that one run shows the whole list.
fn none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}", complaints.join("\n"));
}

#[test]
fn each_file_says_what_it_is_for() {
    let silent = |path: &PathBuf| !read(path).lines().next().is_some_and(|l| l.starts_with("//! "));
    none(&sources().iter().filter(|p| silent(p)).map(|p| name_of(p)).collect::<Vec<_>>());
}

#[test]
fn files_can_be_read_in_a_sitting() {
    let mut long = Vec::new();
    for path in sources() {
        let lines = read(&path).lines().count();
        let name = name_of(&path);
        if lines > FILE_LINES_MAX && !LISTS.contains(&name.as_str()) {
            long.push(format!("{name}: {lines} lines; split it by meaning"));
        }
    }
    none(&long);
}

#[test]
fn crates_lean_only_on_lower_ones() {
    let layers: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut complaints = Vec::new();
    for folder in std::fs::read_dir(top().join("crates")).unwrap() {
        let path = folder.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let Some(allowed) = layers.get(name.as_str()) else {
            complaints.push(format!("{name}: has no line in the layer table"));
            continue;
        };
        let manifest = read(&path.join("Cargo.toml"));
        let dependencies = manifest.split("[dev-dependencies]").next().unwrap_or_default();
        for other in layers.keys().filter(|other| **other != name) {
            let leans = dependencies.lines().any(|line| {
                line.strip_prefix(other).is_some_and(|rest| rest.starts_with([' ', '.', '=']))
            });
            if leans && !allowed.contains(other) {
                complaints.push(format!("{name} may not lean on {other}"));
            }
        }
    }
    none(&complaints);
}

#[test]
fn pure_crates_name_no_socket_clock_file_or_environment() {
    let mut complaints = Vec::new();
    for name in PURE {
        for path in files(&top().join("crates").join(name).join("src"), ".rs") {
            let shown = name_of(&path);
            let text = read(&path);
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in lines {
                for word in IMPURE.iter().filter(|word| line.contains(*word)) {
                    if !PORTS.contains(&shown.as_str()) {
                        complaints.push(format!("{shown} names {word}"));
                    }
                }
            }
        }
    }
    none(&complaints);
}

#[test]
fn nothing_is_left_for_later() {
    // Written in two halves, so that this file does not find itself.
    let words = [
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
        concat!("to", "do!("),
        concat!("for ", "now"),
        concat!("#[ig", "nore"),
    ];
    let mut complaints = Vec::new();
    for path in sources() {
        for (index, line) in read(&path).lines().enumerate() {
            for word in words.iter().filter(|word| line.contains(*word)) {
                complaints.push(format!("{}:{}: {word}", name_of(&path), index + 1));
            }
        }
    }
    none(&complaints);
}

/// Where the parenthesis that a call opens is closed; those in strings do not count.
fn end_of_call(text: &str) -> usize {
    let (mut depth, mut in_string, mut escaped) = (0_u32, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => in_string = !in_string,
            '(' if !in_string => depth += 1,
            ')' if !in_string && depth <= 1 => return at,
            ')' if !in_string => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

#[test]
fn the_log_has_no_debug_text_and_no_numbers_for_names() {
    let mut complaints = Vec::new();
    for path in sources() {
        let name = name_of(&path);
        if name.contains("/tests") || name.starts_with("crates/xtask") {
            continue;
        }
        let source = read(&path);
        for call in source.split("tracing::").skip(1) {
            let is_event = ["trace!(", "debug!(", "info!(", "warn!(", "error!("]
                .iter()
                .any(|e| call.starts_with(e));
            let call = &call[..end_of_call(call)];
            let bad = ["(?", " ?", "account =", ":?}"].iter().find(|bad| call.contains(*bad));
            if let (true, Some(bad)) = (is_event, bad) {
                complaints.push(format!("{name}: `{bad}` in tracing::{call}"));
            }
        }
    }
    none(&complaints);
}

#[test]
fn references_to_rfcs_can_be_followed() {
    // The number, and where a section is meant, the section after a comma.
    let mut complaints = Vec::new();
    // This file speaks of the rule itself.
    for path in sources().into_iter().filter(|path| !path.ends_with("tidy.rs")) {
        for (index, line) in read(&path).lines().enumerate() {
            for (at, _) in line.match_indices(concat!("RF", "C ")) {
                let rest = &line[at + 4..];
                let spelled_out = at > 0 && line[..at].ends_with(char::is_alphanumeric);
                let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
                let known =
                    spelled_out || (3..=4).contains(&digits) || rest.starts_with(['{', '"', ':']);
                if !known {
                    complaints.push(format!(
                        "{}:{}: an RFC without its number",
                        name_of(&path),
                        index + 1
                    ));
                }
            }
        }
    }
    none(&complaints);
}

#[test]
fn the_readme_names_the_two_commands() {
    let readme = read(&top().join("README.md"));
    for command in ["cargo xtask demo", "cargo xtask test"] {
        assert!(readme.contains(command), "README.md does not name `{command}`");
    }
    assert!(read(&top().join(".ci/run")).contains("cargo xtask test --no-skip"));
}

#[test]
fn links_in_the_documents_lead_somewhere() {
    let mut complaints = Vec::new();
    for path in files(&top(), ".md") {
        for target in read(&path).split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let file = target.split('#').next().unwrap_or_default();
            if file.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            if !path.parent().unwrap().join(file).exists() {
                complaints.push(format!("{}: {target} is not there", name_of(&path)));
            }
        }
    }
    none(&complaints);
}

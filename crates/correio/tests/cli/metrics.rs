//! `/metrics`: names by Prometheus' conventions, and a dashboard that asks for nothing that is not there.

use std::collections::BTreeSet;
use std::path::Path;

use crate::program::Program;

/// The metrics of a host: each with its type, and the names of all that is shown.
fn shown(program: &Program) -> (Vec<(String, String)>, BTreeSet<String>) {
    let mut host = program.serve(&["--listen", "http=127.0.0.1:0"]);
    let page = host.get("/metrics");
    assert_eq!(host.stop(), Some(0));
    let types = page.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    let types = types.map(|(name, kind)| (name.to_owned(), kind.to_owned())).collect();
    let samples = page.lines().filter(|line| line.starts_with("correio_"));
    let name = |line: &str| line.split(['{', ' ']).next().unwrap().to_owned();
    (types, samples.map(name).collect())
}

#[test]
fn the_names_keep_to_the_conventions_and_the_dashboard_to_the_names() {
    let program = Program::new();
    let (types, samples) = shown(&program);
    assert!(types.len() > 40, "{types:?}");
    for (name, kind) in &types {
        // Base units, and the unit at the end; only counters are totals.
        for unfit in ["octets", "microseconds", "_ms", "total"] {
            assert!(!name.contains(unfit), "{name}");
        }
        let sample = match kind.as_str() {
            "counter" => format!("{name}_total"),
            "info" => format!("{name}_info"),
            _ => name.clone(),
        };
        assert!(samples.contains(&sample), "{name} has no value");
    }
    for wanted in [
        "correio_queue_messages",
        "correio_queue_oldest_age_seconds",
        "correio_queue_tries_total",
        "correio_store_room_bytes",
        "correio_store_failed",
        "correio_certificate_expiry_timestamp_seconds",
        "correio_scrub_ended_timestamp_seconds",
        "correio_build_info",
    ] {
        assert!(samples.contains(wanted), "{wanted}: {samples:?}");
    }
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let documents = ["contrib/grafana/correio.json", "docs/guide/host.md", "docs/guide/care.md"];
    for document in documents {
        let text = std::fs::read_to_string(top.join(document)).unwrap();
        let mut named = 0;
        for (at, _) in text.match_indices("correio_") {
            let rest = &text[at..];
            let within = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            let end = rest.find(|c| !within(c)).unwrap();
            let name = &rest[..end];
            assert!(samples.contains(name), "{document}: {name} is not there");
            named += 1;
        }
        assert!(named > 0, "{document}");
    }
    let dashboard = std::fs::read_to_string(top.join(documents[0])).unwrap();
    let dashboard: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(dashboard["panels"].as_array().unwrap().len() > 15);
}

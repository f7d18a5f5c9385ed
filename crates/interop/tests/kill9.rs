//! Nothing acknowledged is lost or doubled when the host is killed under load (12 rounds; the program `kill9` runs more).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let report = interop::kill9::run(&folder.path().join("data"), 12, 20_260_203);
    println!("{report}");
    assert!(report.violations.is_empty(), "{report}");
    assert!(report.acknowledged() > 200, "too little load to show anything:\n{report}");
}

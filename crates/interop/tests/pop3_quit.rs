//! A session killed at QUIT: all its deletions, or none (the program `pop3-quit` runs more).
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests may be blunt")]

#[test]
fn an_interrupted_quit_removes_everything_or_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let report = interop::pop3_quit::run(&folder.path().join("data"), 16, 120, 20_260_203);
    println!("{report}");
    assert!(report.violations.is_empty(), "{report}");
}

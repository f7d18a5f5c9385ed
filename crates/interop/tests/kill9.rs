//! Nothing acknowledged is lost or doubled when the host is killed under load (12 rounds; the program `kill9` runs more).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use interop::kill9::{Sabotage, run};

#[test]
fn nothing_acknowledged_is_lost_by_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let report = run(&folder.path().join("data"), 12, 20_260_203, Sabotage::None);
    println!("{report}");
    assert!(report.violations.is_empty(), "{report}");
    assert!(report.acknowledged() > 200, "too little load to show anything:\n{report}");
}

#[test]
fn the_check_notices_what_was_acknowledged_and_forgotten() {
    let folder = tempfile::tempdir().unwrap();
    let report = run(&folder.path().join("data"), 1, 3, Sabotage::ForgetOctets(100_000));
    println!("{report}");
    assert!(!report.violations.is_empty(), "the loop does not see lost mail:\n{report}");
}

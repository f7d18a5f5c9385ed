//! Many sessions change one mailbox at the same time (the program `imap-stress` goes on for longer).
#![allow(clippy::print_stdout, reason = "tests may be blunt")]

use interop::imap_stress::{Length, run};

#[test]
fn nobody_is_refused_what_they_have_a_right_to() {
    let report = run(10, Length::Commands(150), 20_261_129);
    println!("{report}");
    assert!(report.is_clean(), "{report}");
}

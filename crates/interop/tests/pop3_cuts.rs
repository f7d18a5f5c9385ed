//! fetchmail, mpop, getmail and Thunderbird's rules, with the connection cut at random octets (the program `pop3-cuts`
//! runs more).
#![allow(clippy::print_stdout, reason = "tests may be blunt")]

use interop::Host;
use interop::pop3_cuts::{careless, modes, modes_with_choices, run};

#[test]
fn nothing_is_lost_and_nothing_comes_twice_when_pop3_is_cut() {
    let host = Host::start(&[]);
    let modes = modes();
    let report = run(&host, &modes, modes.len(), 20_260_203, |said| println!("{said}"));
    println!("{report}");
    assert!(report.violations.is_empty(), "{report}");
    assert!(report.cuts() > 15, "too few cuts to show anything:\n{report}");
}

#[test]
fn what_the_account_has_chosen_holds_for_two_devices_when_pop3_is_cut() {
    let host = Host::start(&[]);
    let modes = modes_with_choices();
    let report = run(&host, &modes, modes.len(), 20_260_204, |said| println!("{said}"));
    println!("{report}");
    assert!(report.violations.is_empty(), "{report}");
}

#[test]
fn the_check_notices_a_program_that_loses_mail_and_one_that_has_it_twice() {
    let host = Host::start(&[]);
    let report = run(&host, &[careless()], 1, 3, |_| {});
    let noticed = |what: &str| report.violations.iter().any(|violation| violation.contains(what));
    assert!(noticed("is lost"), "{report}");
    assert!(noticed("and again in pull"), "{report}");
}

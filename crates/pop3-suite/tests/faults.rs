//! The suite sees what it should: each fault of the faulty server makes its checks fail and no other.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests may be blunt")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pop3_suite::faulty::{self, Bug, FaultyServer};
use pop3_suite::{Deleting, Fill, Options, Report, Tls, Verdict, run};

/// What may be skipped: the timers take ten minutes, over loopback the clear is private, and some letters only APPEND
/// can put in.
const SKIPPED: &[&str] = &[
    "timer.transaction",
    "timer.authorization",
    "user.needs-tls",
    "retr.longer-line",
    "retr.bare-header",
    "retr.last-line",
];

/// The suite against the server in memory with these faults.
fn report_on(bugs: &[Bug], tls: Tls) -> Report {
    let server = FaultyServer::start(bugs);
    let port = if tls == Tls::Implicit { server.tls_port } else { server.port };
    let local = Options::local(port, faulty::USER, faulty::PASSWORD);
    let options = Options {
        tls,
        fill: Fill::Lmtp("127.0.0.1".to_owned(), server.lmtp_port),
        patience: Duration::from_secs(5),
        large_lines: 1_500,
        moment: Duration::from_millis(100),
        ..local
    };
    run(options).unwrap_or_else(|why| panic!("{bugs:?}: {why}"))
}

#[test]
fn a_server_without_faults_has_none() {
    for tls in [Tls::None, Tls::Stls, Tls::Implicit] {
        let report = report_on(&[], tls);
        println!("{report}");
        assert_eq!(report.failed_ids(), Vec::<&str>::new());
        assert_eq!(report.left_behind, None);
        for entry in &report.entries {
            if let Verdict::Skipped { why } = &entry.verdict {
                assert!(SKIPPED.contains(&entry.id), "{} was skipped: {why}", entry.id);
            }
        }
        assert!(report.summary().passed > 110, "{}", report.summary());
    }
}

#[test]
fn each_fault_makes_its_check_fail_and_no_other() {
    let next = AtomicUsize::new(0);
    let wrong = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..12 {
            scope.spawn(|| {
                while let Some((bug, expected)) =
                    Bug::EXPECTED.get(next.fetch_add(1, Ordering::SeqCst))
                {
                    let failed = report_on(&[*bug], Tls::None).failed_ids();
                    let (want, got) =
                        (BTreeSet::from_iter(*expected), BTreeSet::from_iter(&failed));
                    if want != got {
                        wrong
                            .lock()
                            .unwrap()
                            .push(format!("{bug:?}: wanted {want:?}, failed {got:?}"));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_lock_that_lingers_behind_quit_is_seen() {
    let server = FaultyServer::start(&[Bug::LockLingers]);
    let local = Options::local(server.port, faulty::USER, faulty::PASSWORD);
    let report = run(Options { only: Some("lock.released-by-quit".to_owned()), ..local }).unwrap();
    assert_eq!(report.failed_ids(), ["lock.released-by-quit"]);
}

#[test]
fn without_filling_and_deleting_the_maildrop_stays_as_it_was() {
    let server = FaultyServer::start(&[]);
    for number in 0..3 {
        server.deliver(&format!(
            "From: a@example.net\r\nSubject: {number}\r\n\r\nHello {number}\r\n"
        ));
    }
    let before = server.unique_ids();
    let local = Options::local(server.port, faulty::USER, faulty::PASSWORD);
    let (deleting, moment) = (Deleting::Never, Duration::from_millis(100));
    let report = run(Options { deleting, moment, ..local }).unwrap();
    assert_eq!(report.failed_ids(), Vec::<&str>::new(), "{report}");
    assert_eq!((before.len(), server.unique_ids()), (3, before));
}

//! The inactivity timer (RFC 1939, 3): ten minutes at least. Only with `--slow`.

use std::time::Duration;

use super::options::Pace;
use super::rule::{Check, Level, Miss, Outcome};
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "timer.transaction",
        rfc: 1939,
        section: "3 (autologout)",
        level: Level::Must,
        rule: "An inactivity timer is of at least ten minutes: a session silent for 9:50 goes on.",
        run: |target| silent(target, Inside::Yes),
    },
    Check {
        id: "timer.authorization",
        rfc: 1939,
        section: "3 (autologout)",
        level: Level::Must,
        rule: "The same before login: the RFC makes no difference between the states.",
        run: |target| silent(target, Inside::No),
    },
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Yes,
    No,
}

fn silent(target: &Target, inside: Inside) -> Outcome {
    if target.options.pace != Pace::Slow {
        return Err(Miss::skipped("takes ten minutes: needs --slow"));
    }
    let mut session = if inside == Inside::Yes { target.login()? } else { target.connect()? };
    session.note("", "(9 minutes and 50 seconds of silence)");
    std::thread::sleep(Duration::from_secs(590));
    if inside == Inside::Yes {
        session.ok("NOOP")?;
        session.quit()
    } else {
        session.ok("QUIT").map(drop)
    }
}

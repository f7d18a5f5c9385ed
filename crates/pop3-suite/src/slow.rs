//! The inactivity timer (RFC 1939, 3): ten minutes at least. Only with `--slow`.

use std::time::Duration;

use super::check::Check;
use super::options::Pace;
use super::rule::{Level, Miss};
use super::session::Session;
use super::target::{SilentEnds, Target};

/// How long the sessions are silent.
const SILENCE: Duration = Duration::from_secs(590);

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "timer.transaction",
        rfc: 1939,
        section: "3 (autologout)",
        level: Level::Must,
        rule: "An autologout timer is of at least ten minutes: a session silent for 9:50 goes on.",
        run: |target| silent(target).map_or_else(Err, |ends| ends.after_login),
    },
    Check {
        id: "timer.authorization",
        rfc: 1939,
        section: "3 (autologout)",
        level: Level::Practice,
        rule: "The same before login (whether that is meant, the word autologout leaves open).",
        run: |target| silent(target).map_or_else(Err, |ends| ends.before_login),
    },
];

/// Both sessions are silent at the same time, once a run.
fn silent(target: &Target) -> Result<SilentEnds, Miss> {
    if target.options.pace != Pace::Slow {
        return Err(Miss::skipped("takes ten minutes: needs --slow"));
    }
    if let Some(ends) = target.timers.borrow().clone() {
        return Ok(ends);
    }
    let (mut inside, mut outside) = (target.login()?, target.connect()?);
    std::thread::sleep(SILENCE);
    let goes_on = |session: &mut Session<'_>, command: &str| {
        session.note("", "(9 minutes and 50 seconds of silence)");
        let answer = session.ask(command)?;
        if answer.code().is_some_and(|code| code.starts_with("SYS/")) {
            // Not the timer: the server itself is being ended (RFC 3206, 4).
            return Err(Miss::skipped(format!("interrupted: {}", answer.line())));
        }
        session.must(answer.is_ok().into(), format!("+OK to {command}"))
    };
    let ends = SilentEnds {
        after_login: goes_on(&mut inside, "NOOP").and_then(|()| inside.quit()),
        before_login: goes_on(&mut outside, "QUIT"),
    };
    *target.timers.borrow_mut() = Some(ends.clone());
    Ok(ends)
}

//! The POP3 conformance suite: runs against any POP3 server and reports, section by section of the RFCs, what it keeps.
//!
//! Each file below holds one group of checks: a table of [`Check`]s and the functions behind them. A check talks to
//! the server over a wire of its own that can also do wrong things, and ends well or with a [`Miss`].
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::disallowed_methods,
    reason = "test equipment with a clock and files of its own; it breaks off with a message when something is wrong"
)]

mod answer;
mod auth;
mod authorization;
mod capa;
mod capa_values;
mod check;
mod commands;
mod deleting;
pub mod faulty;
mod fill;
mod greeting;
mod lang;
mod letters;
mod listing;
mod lock;
mod md5;
mod numbers;
mod observed;
mod options;
mod pipelining;
mod report;
mod response_codes;
mod responses;
mod retrieving;
mod rule;
mod session;
mod slow;
mod stls;
mod table;
mod target;
mod top;
mod uidl;
mod updating;
mod utf8;
mod wire;

pub use check::Check;
pub use options::{Deleting, Fill, Options, Pace, Tls, Trust};
pub use report::{Entry, Report, Summary};
pub use rule::{Level, Miss, Outcome, Verdict};
pub use table::{Column, table};

use target::Target;

/// All checks, in the order in which they run: what changes the maildrop comes late, what watched everything last.
pub fn checks() -> Vec<&'static Check> {
    let groups: [&[Check]; 20] = [
        greeting::CHECKS,
        authorization::CHECKS,
        auth::CHECKS,
        capa::CHECKS,
        capa_values::CHECKS,
        stls::CHECKS,
        listing::CHECKS,
        numbers::CHECKS,
        retrieving::CHECKS,
        top::CHECKS,
        uidl::CHECKS,
        commands::CHECKS,
        pipelining::CHECKS,
        utf8::CHECKS,
        lang::CHECKS,
        deleting::CHECKS,
        lock::CHECKS,
        updating::CHECKS,
        slow::CHECKS,
        response_codes::CHECKS,
    ];
    groups.into_iter().flatten().chain(responses::CHECKS).collect()
}

/// Runs the checks; `Err` when the server cannot be reached, logged in to or filled at all.
pub fn run(options: Options) -> Result<Report, String> {
    run_with(options, &mut |_| {})
}

/// Runs the checks, and shows each verdict as it is reached.
pub fn run_with(options: Options, each: &mut dyn FnMut(&Entry)) -> Result<Report, String> {
    let target = Target::prepare(options)?;
    let mut entries = Vec::new();
    for check in checks() {
        if target.options.only.as_ref().is_some_and(|only| !check.is_of(only)) {
            continue;
        }
        let verdict = Verdict::from((check.run)(&target));
        if matches!(verdict, Verdict::Failed { .. }) {
            target.settle();
        }
        let entry = Entry::new(check, verdict);
        each(&entry);
        entries.push(entry);
    }
    let left = target.clean_up();
    Ok(Report::new(&target, entries, left))
}

//! STAT, LIST, NOOP and RSET (RFC 1939, 5).

use super::answer::{digits, scan_listing};
use super::check::Check;
use super::rule::{Level, Outcome};
use super::session::Session;
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "stat.format",
        rfc: 1939,
        section: "5 (STAT)",
        level: Level::Must,
        rule: "STAT is answered with +OK, a space, the number of messages, a space, and the size of the maildrop.",
        run: stat_format,
    },
    Check {
        id: "stat.nothing-more",
        rfc: 1939,
        section: "5 (STAT)",
        level: Level::Should,
        rule: "Nothing follows the size (strongly discouraged).",
        run: stat_nothing_more,
    },
    Check {
        id: "list.format",
        rfc: 1939,
        section: "5 (LIST)",
        level: Level::Must,
        rule: "Each line of LIST is a number, one space and the size in octets, in decimal.",
        run: list_format,
    },
    Check {
        id: "list.nothing-more",
        rfc: 1939,
        section: "5 (LIST)",
        level: Level::Should,
        rule: "Nothing follows the size (strongly discouraged).",
        run: list_nothing_more,
    },
    Check {
        id: "list.numbers",
        rfc: 1939,
        section: "4 (message-numbers)",
        level: Level::Must,
        rule: "The messages have the numbers 1 to n, and LIST names each once; n is what STAT says.",
        run: list_numbers,
    },
    Check {
        id: "list.one",
        rfc: 1939,
        section: "5 (LIST)",
        level: Level::Must,
        rule: "LIST n gives, in one line behind +OK, what LIST gives for n.",
        run: list_one,
    },
    Check {
        id: "stat.sum",
        rfc: 1939,
        section: "5 (STAT)",
        level: Level::Should,
        rule: "STAT's size is the sum of LIST's (with UTF8, in UTF-8 mode).",
        run: stat_sum,
    },
    Check {
        id: "noop",
        rfc: 1939,
        section: "5 (NOOP)",
        level: Level::Must,
        rule: "NOOP does nothing and is answered with +OK.",
        run: noop,
    },
    Check {
        id: "rset",
        rfc: 1939,
        section: "5 (RSET)",
        level: Level::Must,
        rule: "RSET is answered with +OK, also when nothing was marked.",
        run: rset,
    },
];

/// Count and size of STAT, and what follows.
pub(crate) fn drop_listing(text: &str) -> Option<(u64, u64, String)> {
    let (count, size, more) = scan_listing(text)?;
    Some((count, size, more.to_owned()))
}

fn stat_format(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let answer = session.ok("STAT")?;
    let proper = answer.line().strip_prefix("+OK ").and_then(drop_listing).is_some();
    session.must(proper.into(), "+OK number size")?;
    session.quit()
}

fn stat_nothing_more(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let answer = session.ok("STAT")?;
    let more = drop_listing(&answer.text()).map_or(String::new(), |(_, _, more)| more);
    session.must(more.is_empty().into(), "nothing behind the size")?;
    session.quit()
}

fn list_format(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let many = session.many("LIST")?;
    for line in many.lines() {
        let proper = scan_listing(&line).is_some();
        session.must(proper.into(), format!("number, space, size; not {line:?}"))?;
    }
    session.quit()
}

fn list_nothing_more(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let many = session.many("LIST")?;
    let more = many
        .lines()
        .into_iter()
        .find(|line| scan_listing(line).is_some_and(|(_, _, more)| !more.is_empty()));
    session.must(more.is_none().into(), format!("nothing behind the size in {more:?}"))?;
    session.quit()
}

fn list_numbers(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let count = session.count()?;
    let lines = session.many("LIST")?.lines();
    let mut numbers: Vec<u64> =
        lines.iter().filter_map(|line| digits(line.split(' ').next()?)).collect();
    numbers.sort_unstable();
    let proper = numbers.iter().copied().eq(1..=count);
    session.must(proper.into(), format!("each number from 1 to {count} once"))?;
    session.quit()
}

fn list_one(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let count = session.at_least(1)?;
    let lines = session.many("LIST")?.lines();
    for number in [1, count] {
        let one = session.ok(&format!("LIST {number}"))?;
        let want = lines.iter().find_map(|line| scan_listing(line).filter(|l| l.0 == number));
        let same = scan_listing(&one.text()).map(|l| (l.0, l.1)) == want.map(|l| (l.0, l.1));
        session.must(same.into(), format!("+OK and the line that LIST has for {number}"))?;
    }
    session.quit()
}

fn stat_sum(target: &Target) -> Outcome {
    // In UTF-8 mode, where there is one: outside it RFC 6856, 2.1 lets STAT be inexact.
    let mut session = target.login_in_utf8().or_else(|_| target.login())?;
    stat_is_sum(&mut session)?;
    session.quit()
}

/// STAT tells the sum of what LIST tells.
pub(crate) fn stat_is_sum(session: &mut Session<'_>) -> Outcome {
    let stat = session.ok("STAT")?;
    let size = drop_listing(&stat.text()).map(|(_, size, _)| size);
    let lines = session.many("LIST")?.lines();
    let sum: u64 = lines.iter().filter_map(|line| scan_listing(line)).map(|l| l.1).sum();
    session.must((size == Some(sum)).into(), format!("{sum} octets in STAT, as LIST says"))
}

fn noop(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let before = session.ok("STAT")?.text();
    session.ok("NOOP")?;
    let after = session.ok("STAT")?.text();
    session.must((before == after).into(), "the same STAT before and after NOOP")?;
    session.quit()
}

fn rset(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.ok("RSET")?;
    session.quit()
}

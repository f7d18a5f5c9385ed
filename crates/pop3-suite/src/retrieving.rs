//! RETR (RFC 1939, 5 and 11): the whole message, octet by octet, with dots doubled and sizes told truly.

use super::answer::{Many, scan_listing};
use super::check::Check;
use super::rule::{Level, Miss, Outcome};
use super::session::Session;
use super::target::Target;

/// How many messages are measured.
const MEASURED_MAX: u64 = 60;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "retr.size",
        rfc: 1939,
        section: "5 and 11 (sizes)",
        level: Level::Must,
        rule: "LIST tells the exact size: the octets that RETR gives, lines with CRLF, doubled dots counted once.",
        run: size,
    },
    Check {
        id: "retr.whole",
        rfc: 1939,
        section: "5 (RETR)",
        level: Level::Must,
        rule: "RETR sends the entire message, as it was put into the maildrop.",
        run: |target| ["plain", "blanks", "many-"].iter().try_for_each(|name| whole(target, name)),
    },
    Check {
        id: "retr.without-body",
        rfc: 1939,
        section: "5 (RETR)",
        level: Level::Must,
        rule: "A message that ends with its header is sent as it is.",
        run: |target| whole(target, "nobody"),
    },
    Check {
        id: "retr.bare-header",
        rfc: 1939,
        section: "5 (RETR)",
        level: Level::Must,
        rule: "So is one without the blank line behind the header (which the server may add).",
        run: bare_header,
    },
    Check {
        id: "retr.dots",
        rfc: 1939,
        section: "3 (byte-stuffing)",
        level: Level::Must,
        rule: "A line that begins with a dot is sent with one dot more.",
        run: |target| whole(target, "dots"),
    },
    Check {
        id: "retr.long-line",
        rfc: 1939,
        section: "5 (RETR)",
        level: Level::Must,
        rule: "A line of 990 octets (RFC 5322, 2.1.1 allows 998) is sent as it is.",
        run: |target| whole(target, "long-line"),
    },
    Check {
        id: "retr.longer-line",
        rfc: 1939,
        section: "5 (RETR)",
        level: Level::Practice,
        rule: "A line of 5,000 octets, longer than mail should have, is sent as it is too.",
        run: |target| whole(target, "longer-line"),
    },
    Check {
        id: "retr.large",
        rfc: 1939,
        section: "5 (RETR)",
        level: Level::Must,
        rule: "A message of 1.6 MB is sent as it is.",
        run: |target| whole(target, "large"),
    },
    Check {
        id: "retr.eight-bit",
        rfc: 6856,
        section: "2.1 (8bit)",
        level: Level::Practice,
        rule: "A body in Latin-1 (Content-Transfer-Encoding 8bit) is sent as it is.",
        run: |target| whole(target, "eight-bit"),
    },
    Check {
        id: "retr.last-line",
        rfc: 1939,
        section: "3 (multi-line)",
        level: Level::Must,
        rule: "A last line without line end is sent with one, and nothing else is added.",
        run: last_line,
    },
    Check {
        id: "retr.again",
        rfc: 1939,
        section: "5 (RETR)",
        level: Level::Must,
        rule: "RETR of the same message gives the same octets again.",
        run: again,
    },
];

/// Fetches a letter; gives its number too.
fn fetched<'a>(target: &'a Target, name: &str) -> Result<(Session<'a>, u64, Many), Miss> {
    target.letter(name)?;
    let mut session = target.login()?;
    let number = target.number(&mut session, name)?;
    let many = session.many(&format!("RETR {number}"))?;
    Ok((session, number, many))
}

/// What follows the header lines that delivery may have put before the letter.
pub(crate) fn from_mark(content: &[u8]) -> &[u8] {
    let mark = b"X-Suite-Letter:";
    let at = content.windows(mark.len()).position(|window| window == mark);
    at.map_or(content, |at| &content[at..])
}

/// Where two texts part, for people.
pub(crate) fn difference(want: &[u8], got: &[u8]) -> String {
    let at = want.iter().zip(got).take_while(|(a, b)| a == b).count();
    let show = |text: &[u8]| {
        let end = text.len().min(at + 30);
        format!("{:?}", String::from_utf8_lossy(text.get(at..end).unwrap_or_default()))
    };
    format!(
        "{} octets as put in; {} came; from octet {at} on {} instead of {}",
        want.len(),
        got.len(),
        show(got),
        show(want)
    )
}

pub(crate) fn whole(target: &Target, name: &str) -> Outcome {
    let want = target.letter(name)?.text.clone();
    let (session, _, many) = fetched(target, name)?;
    let content = many.content();
    let got = from_mark(&content);
    session.must((got == want).into(), difference(&want, got))?;
    session.quit()
}

fn bare_header(target: &Target) -> Outcome {
    let want = target.letter("bare-header")?.text.clone();
    let (session, _, many) = fetched(target, "bare-header")?;
    let content = many.content();
    let got = from_mark(&content);
    let kept = got == want || got.strip_suffix(b"\r\n") == Some(&want);
    session.must(kept.into(), difference(&want, got))?;
    session.quit()
}

fn last_line(target: &Target) -> Outcome {
    let want = [target.letter("no-line-end")?.text.as_slice(), b"\r\n"].concat();
    let (session, _, many) = fetched(target, "no-line-end")?;
    let content = many.content();
    let got = from_mark(&content);
    session.must((got == want).into(), difference(&want, got))?;
    session.quit()
}

fn again(target: &Target) -> Outcome {
    let mut session = target.login()?;
    session.at_least(1)?;
    let one = session.many("RETR 1")?.content();
    let other = session.many("RETR 1")?.content();
    session.must((one == other).into(), difference(&one, &other))?;
    session.quit()
}

fn size(target: &Target) -> Outcome {
    let mut session = target.login()?;
    let count = session.at_least(1)?;
    let lines = session.many("LIST")?.lines();
    // RFC 1939 leaves open whether the line end counts that the wire adds to a last line without one,
    // and RFC 6856, 2.1 only asks that the size should be right where UTF-8 is taken out.
    let mut open = target.numbers(&mut session, "no-line-end").unwrap_or_default();
    open.extend(target.numbers(&mut session, "bare-header").unwrap_or_default());
    let mut measured = 0;
    for number in count.saturating_sub(MEASURED_MAX) + 1..=count {
        let answer = session.ask(&format!("RETR {number}"))?;
        if !answer.is_ok() {
            // Refusing one with UTF-8 in its header is allowed, and not this check's to judge.
            continue;
        }
        measured += 1;
        let content = session.rest(&format!("RETR {number}"))?.content();
        let listed = lines.iter().find_map(|line| scan_listing(line).filter(|l| l.0 == number));
        let listed = listed.map_or(0, |listing| listing.1);
        let sent = content.len() as u64;
        let is_utf8 = String::from_utf8_lossy(&content).contains(&format!("{} utf8", target.token));
        let near = open.contains(&number) && (listed + 2 == sent || listed + 4 == sent);
        let right = listed == sent || near || is_utf8;
        session.must(
            right.into(),
            format!("LIST {number} to tell {sent} octets; it tells {listed}"),
        )?;
    }
    session.must((measured > 0).into(), "+OK to RETR of any message")?;
    session.quit()
}

//! UTF8 (RFC 6856, 2): what is sent with and without the mode.

use super::answer::{Many, scan_listing};
use super::check::Check;
use super::listing::stat_is_sum;
use super::retrieving::{difference, from_mark};
use super::rule::{Level, Miss, Outcome};
use super::target::Target;

pub(crate) const CHECKS: &[Check] = &[
    Check {
        id: "utf8.parameter",
        rfc: 6856,
        section: "2 (UTF8 capability)",
        level: Level::Must,
        rule: "UTF8 in CAPA has no parameter but USER.",
        run: parameter,
    },
    Check {
        id: "utf8.after-login",
        rfc: 6856,
        section: "2 (UTF8 command)",
        level: Level::Must,
        rule: "The UTF8 command is valid in AUTHORIZATION only: refused after login.",
        run: after_login,
    },
    Check {
        id: "utf8.arguments",
        rfc: 6856,
        section: "2.1 (UTF8 command)",
        level: Level::Practice,
        rule: "The UTF8 command has no parameters: with one it is refused.",
        run: arguments,
    },
    Check {
        id: "utf8.without-mode",
        rfc: 6856,
        section: "2.1 (ASCII mode)",
        level: Level::Must,
        rule: "Without UTF-8 mode a message with UTF-8 in its header is refused, or comes in a form without it.",
        run: without_mode,
    },
    Check {
        id: "utf8.top-without-mode",
        rfc: 6856,
        section: "2.1 (ASCII mode)",
        level: Level::Must,
        rule: "So with TOP.",
        run: top_without_mode,
    },
    Check {
        id: "utf8.code",
        rfc: 6856,
        section: "5 (UTF8 response code)",
        level: Level::Should,
        rule: "Such a refusal carries the response code UTF8.",
        run: code,
    },
    Check {
        id: "utf8.with-mode",
        rfc: 6856,
        section: "2.1 (UTF-8 mode)",
        level: Level::Must,
        rule: "In UTF-8 mode the message is sent as it is.",
        run: with_mode,
    },
    Check {
        id: "utf8.size",
        rfc: 6856,
        section: "2.1 (sizes)",
        level: Level::Should,
        rule: "LIST tells the octets that RETR gives, in either mode.",
        run: size,
    },
    Check {
        id: "utf8.stat",
        rfc: 6856,
        section: "2.1 (sizes)",
        level: Level::Practice,
        rule: "STAT's size preferably is exact outside UTF-8 mode too (it need not be).",
        run: stat,
    },
];

fn parameter(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    let words = session.needs("UTF8")?;
    let proper = words.iter().all(|word| word.eq_ignore_ascii_case("USER")) && words.len() <= 1;
    session.must(proper.into(), "UTF8, or UTF8 USER")
}

fn after_login(target: &Target) -> Outcome {
    target.connect()?.needs("UTF8")?;
    let mut session = target.login()?;
    session.refused("UTF8")?;
    session.quit()
}

fn arguments(target: &Target) -> Outcome {
    let mut session = target.connect()?;
    session.needs("UTF8")?;
    session.refused("UTF8 x").map(drop)
}

/// The number of the letter with UTF-8 in its header, found in UTF-8 mode.
fn number(target: &Target) -> Result<u64, Miss> {
    target.connect()?.needs("UTF8")?;
    target.letter("utf8")?;
    let mut session = target.login_in_utf8()?;
    let number = target.number(&mut session, "utf8")?;
    session.quit()?;
    target.changed();
    Ok(number)
}

fn header(many: &Many) -> Vec<u8> {
    let content = many.content();
    let end = content.windows(4).position(|four| four == b"\r\n\r\n").unwrap_or(content.len());
    content[..end].to_vec()
}

fn is_plain(target: &Target, command: &str, more: &str) -> Outcome {
    let number = number(target)?;
    let mut session = target.login()?;
    let command = format!("{command} {number}{more}");
    let answer = session.ask(&command)?;
    if answer.is_ok() {
        let many = session.rest(&command)?;
        let plain = header(&many).is_ascii();
        session.must(plain.into(), "-ERR, or a header in ASCII")?;
    }
    session.quit()
}

fn without_mode(target: &Target) -> Outcome {
    is_plain(target, "RETR", "")
}

fn top_without_mode(target: &Target) -> Outcome {
    target.connect()?.needs("TOP")?;
    is_plain(target, "TOP", " 0")
}

fn code(target: &Target) -> Outcome {
    let number = number(target)?;
    let mut session = target.login()?;
    let answer = session.ask(&format!("RETR {number}"))?;
    if answer.is_ok() {
        return Err(Miss::not_offered("a refusal: the message comes in another form"));
    }
    let coded = answer.code().as_deref() == Some("UTF8");
    session.must(coded.into(), "-ERR [UTF8]")?;
    session.quit()
}

fn with_mode(target: &Target) -> Outcome {
    let number = number(target)?;
    let want = target.letter("utf8")?.text.clone();
    let mut session = target.login_in_utf8()?;
    let content = session.many(&format!("RETR {number}"))?.content();
    target.changed();
    let got = from_mark(&content);
    session.must((got == want).into(), difference(&want, got))?;
    session.quit()
}

fn stat(target: &Target) -> Outcome {
    number(target)?;
    let mut session = target.login()?;
    stat_is_sum(&mut session)?;
    session.quit()
}

fn size(target: &Target) -> Outcome {
    let number = number(target)?;
    for mode in ["UTF-8", "ASCII"] {
        let mut session = if mode == "ASCII" { target.login()? } else { target.login_in_utf8()? };
        target.changed();
        let listed = session.ask(&format!("LIST {number}"))?;
        let command = format!("RETR {number}");
        let answer = session.ask(&command)?;
        if listed.is_ok() && answer.is_ok() {
            let sent = session.rest(&command)?.content().len() as u64;
            let told = scan_listing(&listed.text()).map(|listing| listing.1);
            let same = told == Some(sent);
            session.must(same.into(), format!("{sent} octets in LIST, in {mode} mode"))?;
        }
        session.quit()?;
    }
    Ok(())
}

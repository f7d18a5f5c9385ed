//! The commands and the table of them: finds the row of a line and lets it parse.
//!
//! This file and `commands/` know each other: `Command` is the sum of what they parse, and each gives a `Command`.

use sasl::Mechanism;

use crate::args::{Args, Wrong};
use crate::commands::{
    Apop, Auth, Dele, Lang, List, Pass, Retr, Top, Uidl, User, apop, auth, capa, dele, lang, list,
    noop, pass, quit, retr, rset, stat, stls, top, uidl, user, utf8,
};
use crate::limits::{COMMAND_OCTETS_MAX, LOGIN_LINE_OCTETS_MAX};
use crate::server::Stls;

/// A command as it stands on one line. Borrows from the line.
#[derive(Clone, Copy, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "the variants are the keywords of RFC 1939, 2449, 2595, 5034 and 6856"
)]
pub enum Command<'a> {
    Apop(Apop<'a>),
    Auth(Auth<'a>),
    /// AUTH without a mechanism: asks which there are.
    AuthList,
    Capa,
    Dele(Dele),
    Lang(Lang<'a>),
    List(List),
    Noop,
    Pass(Pass<'a>),
    Quit,
    Retr(Retr),
    Rset,
    Stat,
    Stls,
    Top(Top),
    Uidl(Uidl),
    User(User<'a>),
    Utf8,
}

/// The states of a session in which a command is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum States {
    /// AUTHORIZATION: before the login (RFC 1939, 4).
    Authorization,
    /// TRANSACTION: after it (RFC 1939, 5).
    Transaction,
    /// Either. UPDATE, which QUIT enters, takes no commands (RFC 1939, 6).
    Both,
}

/// What a command has CAPA say (RFC 2449, 5).
pub(crate) enum Capability {
    /// Nothing: every server has the command, or it is announced in another way.
    None,
    /// This line.
    Always(&'static str),
    /// A line that depends on what can be had on this connection now.
    Now(fn(&Offer) -> Option<String>),
}

/// What can be had on a connection now.
pub(crate) struct Offer {
    pub(crate) mechanisms: Vec<Mechanism>,
    pub(crate) stls: Stls,
    pub(crate) is_logged_in: bool,
}

/// One row of the table.
pub struct Row {
    /// The keyword, in capitals.
    pub name: &'static str,
    /// How it is written, with its arguments. Told to whoever got it wrong.
    pub usage: &'static str,
    /// Where it is valid.
    pub states: States,
    /// What CAPA says about it.
    pub(crate) capability: Capability,
    /// Reads its arguments.
    pub(crate) parse: for<'a> fn(&mut Args<'a>) -> Result<Command<'a>, Wrong>,
}

const ROWS: [&Row; 17] = [
    &apop::ROW,
    &auth::ROW,
    &capa::ROW,
    &dele::ROW,
    &lang::ROW,
    &list::ROW,
    &noop::ROW,
    &pass::ROW,
    &quit::ROW,
    &retr::ROW,
    &rset::ROW,
    &stat::ROW,
    &stls::ROW,
    &top::ROW,
    &uidl::ROW,
    &user::ROW,
    &utf8::ROW,
];

/// What the commands have CAPA say, in the order of the table.
pub(crate) fn capabilities(offer: &Offer) -> impl Iterator<Item = String> {
    ROWS.into_iter().filter_map(|row| match row.capability {
        Capability::None => None,
        Capability::Always(line) => Some(line.to_owned()),
        Capability::Now(line) => line(offer),
    })
}

/// The line is no command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Syntax {
    /// The keyword is not one of ours.
    #[error("unknown command")]
    Unknown,
    /// The keyword is fine; what follows is not. Most likely a missing number, 0 for a number, or a word too many.
    #[error("invalid arguments; usage: {usage}")]
    Arguments {
        /// How the command is written.
        usage: &'static str,
    },
    /// The line is longer than a command may be (RFC 2449, 4).
    #[error("command too long (limit: {COMMAND_OCTETS_MAX} octets)")]
    TooLong,
    /// NUL or another control character, which no argument may hold.
    #[error("control characters are not allowed in commands")]
    Control,
}

/// Parses one line, without its line end.
pub fn parse(line: &[u8]) -> Result<(&'static Row, Command<'_>), Syntax> {
    let end = memchr::memchr(b' ', line).unwrap_or(line.len());
    let (name, rest) = line.split_at_checked(end).unwrap_or((line, b""));
    let row = ROWS.into_iter().find(|row| row.name.as_bytes().eq_ignore_ascii_case(name));
    // A client's first message in AUTH may be long: OAuth tokens are. RFC 5034, 4 would rather have it wait for the
    // empty challenge, but several clients do not.
    let octets_max = match row {
        Some(row) if row.name == auth::ROW.name => LOGIN_LINE_OCTETS_MAX,
        _ => COMMAND_OCTETS_MAX.saturating_sub(2),
    };
    if line.len() > octets_max {
        return Err(Syntax::TooLong);
    }
    if line.iter().any(u8::is_ascii_control) {
        return Err(Syntax::Control);
    }
    let row = row.ok_or(Syntax::Unknown)?;
    let command = (row.parse)(&mut Args::new(rest));
    command.map(|command| (row, command)).map_err(|Wrong| Syntax::Arguments { usage: row.usage })
}

impl Command<'_> {
    /// Prints the command as one line with its line end.
    pub fn print(&self, out: &mut Vec<u8>) {
        match self {
            Command::Apop(apop) => apop.print(out),
            Command::Auth(auth) => auth.print(out),
            Command::AuthList => print(out, auth::ROW.name, &[]),
            Command::Capa => print(out, capa::ROW.name, &[]),
            Command::Dele(dele) => print(out, dele::ROW.name, &[dele.message.number().into()]),
            Command::Lang(lang) => lang.print(out),
            Command::List(list) => print_optional(out, list::ROW.name, list.message),
            Command::Noop => print(out, noop::ROW.name, &[]),
            Command::Pass(pass) => pass.print(out),
            Command::Quit => print(out, quit::ROW.name, &[]),
            Command::Retr(retr) => print(out, retr::ROW.name, &[retr.message.number().into()]),
            Command::Rset => print(out, rset::ROW.name, &[]),
            Command::Stat => print(out, stat::ROW.name, &[]),
            Command::Stls => print(out, stls::ROW.name, &[]),
            Command::Top(top) => {
                print(out, top::ROW.name, &[top.message.number().into(), top.lines]);
            }
            Command::Uidl(uidl) => print_optional(out, uidl::ROW.name, uidl.message),
            Command::User(user) => user.print(out),
            Command::Utf8 => print(out, utf8::ROW.name, &[]),
        }
    }
}

fn print_optional(out: &mut Vec<u8>, name: &str, message: Option<crate::MessageNumber>) {
    match message {
        Some(message) => print(out, name, &[message.number().into()]),
        None => print(out, name, &[]),
    }
}

fn print(out: &mut Vec<u8>, name: &str, numbers: &[u64]) {
    out.extend_from_slice(name.as_bytes());
    for number in numbers {
        out.extend_from_slice(format!(" {number}").as_bytes());
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{ROWS, Syntax, parse};

    fn again(line: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        parse(line).unwrap().1.print(&mut out);
        out
    }

    #[test]
    fn what_is_printed_is_what_was_parsed() {
        for (line, want) in [
            ("user ana@example.org", "USER ana@example.org\r\n"),
            ("PASS  a b ", "PASS  a b \r\n"),
            ("Auth plain", "AUTH plain\r\n"),
            ("AUTH PLAIN =", "AUTH PLAIN =\r\n"),
            ("list", "LIST\r\n"),
            ("LIST ", "LIST\r\n"),
            ("LIST  2", "LIST 2\r\n"),
            ("UIDL 3 ", "UIDL 3\r\n"),
            ("RETR 007", "RETR 7\r\n"),
            ("TOP 1 99999999999", "TOP 1 99999999999\r\n"),
            ("TOP 1 99999999999999999999999", "TOP 1 18446744073709551615\r\n"),
            ("dele 4294967296", "DELE 4294967295\r\n"),
            ("QUIT", "QUIT\r\n"),
            ("CAPA", "CAPA\r\n"),
            ("stls", "STLS\r\n"),
            ("auth ", "AUTH\r\n"),
            ("utf8", "UTF8\r\n"),
            ("lang", "LANG\r\n"),
            ("LANG pt-BR", "LANG pt-BR\r\n"),
            (
                "apop ana C4c9334bac560ecc979e58001b3e22fb",
                "APOP ana C4c9334bac560ecc979e58001b3e22fb\r\n",
            ),
        ] {
            assert_eq!(String::from_utf8(again(line.as_bytes())).unwrap(), want, "{line}");
        }
    }

    #[test]
    fn wrong_lines_say_what_would_be_right() {
        for (line, want) in [
            ("", "unknown command"),
            ("RETRX 1", "unknown command"),
            (" RETR 1", "unknown command"),
            ("RETR", "invalid arguments; usage: RETR message-number"),
            ("RETR 0", "invalid arguments; usage: RETR message-number"),
            ("RETR -1", "invalid arguments; usage: RETR message-number"),
            ("RETR 1 2", "invalid arguments; usage: RETR message-number"),
            ("DELE 0", "invalid arguments; usage: DELE message-number"),
            ("TOP 1", "invalid arguments; usage: TOP message-number lines"),
            ("TOP 0 1", "invalid arguments; usage: TOP message-number lines"),
            ("TOP 1 -1", "invalid arguments; usage: TOP message-number lines"),
            ("STAT 1", "invalid arguments; usage: STAT"),
            ("USER", "invalid arguments; usage: USER name"),
            ("UTF8 1", "invalid arguments; usage: UTF8"),
            ("LANG en pt", "invalid arguments; usage: LANG [language-range]"),
            ("APOP ana", "invalid arguments; usage: APOP name digest"),
            ("APOP ana c4c9", "invalid arguments; usage: APOP name digest"),
            (
                "APOP ana +4c9334bac560ecc979e58001b3e22fb",
                "invalid arguments; usage: APOP name digest",
            ),
            ("PASS", "invalid arguments; usage: PASS password"),
            ("RETR 1\0", "control characters are not allowed in commands"),
        ] {
            assert_eq!(parse(line.as_bytes()).err().unwrap().to_string(), want, "{line:?}");
        }
    }

    #[test]
    fn commands_have_255_octets_and_login_lines_more() {
        let user = |octets: usize| format!("USER {}", "x".repeat(octets - 7));
        assert!(parse(user(255).as_bytes()).is_ok());
        assert_eq!(parse(user(256).as_bytes()).err(), Some(Syntax::TooLong));
        assert!(parse(format!("AUTH PLAIN {}", "A".repeat(12_000)).as_bytes()).is_ok());
        let too_long = format!("AUTH PLAIN {}", "A".repeat(12_288));
        assert_eq!(parse(too_long.as_bytes()).err(), Some(Syntax::TooLong));
    }

    #[test]
    fn the_table_is_sorted_and_its_usages_begin_with_the_keyword() {
        assert!(ROWS.is_sorted_by_key(|row| row.name));
        assert!(ROWS.iter().all(|row| row.usage.starts_with(row.name)));
    }

    proptest! {
        #[test]
        fn any_line_parses_or_not_and_what_parses_prints_to_itself(
            line in prop_oneof![
                prop::collection::vec(any::<u8>(), 0..300),
                "(?i:USER|PASS|APOP|AUTH|LANG|UTF8|LIST|UIDL|RETR|TOP|DELE|STAT|CAPA) [ -~]{0,40}"
                    .prop_map(String::into_bytes),
            ]
        ) {
            if let Ok((_, command)) = parse(&line) {
                let mut printed = Vec::new();
                command.print(&mut printed);
                let text = printed.strip_suffix(b"\r\n").unwrap();
                prop_assert!(parse(text).is_ok_and(|(_, read)| read == command));
            }
        }
    }
}

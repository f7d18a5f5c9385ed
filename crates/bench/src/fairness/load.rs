//! The loads: what runs while another user is probed. Each is a row of the table.

use std::time::Duration;

use super::ground::{BIG, Ground, HEADERS, MILLION};
use super::session::Session;

/// One load.
pub(crate) struct Load {
    /// What `--only` looks for.
    pub(crate) name: &'static str,
    /// As the table calls it.
    pub(crate) title: &'static str,
    /// What must be there before.
    pub(crate) ground: Ground,
    pub(crate) work: Work,
    pub(crate) among: Among,
}

/// What a load does.
pub(crate) enum Work {
    Nothing,
    /// Commands over IMAP, again and again.
    Sessions(fn() -> Vec<Session>),
    /// Letters of 8 KB over LMTP, with so many connections, each to a user of its own.
    Deliver {
        connections: u32,
    },
    /// As `Deliver`, while each of those users expunges all that came, several times a second.
    DeliverAndExpunge {
        connections: u32,
    },
    /// `correio import`, to one user after another.
    Import,
    /// `correio backup`, again and again.
    Backup,
    /// What the host does by itself a minute after its start, when segments are mostly dead.
    Rewriting,
}

/// Which servers a load is put on, and when.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    Both,
    /// The peer has no counterpart.
    OwnOnly,
    /// Takes very long to prepare: only with `--long`, and only on our own host.
    OwnWhenLong,
}

/// All loads, in the order in which they are run and shown. Those that leave much behind come last.
pub(crate) const ALL: &[Load] = &[
    load("idle", "idle", Ground::None, Work::Nothing),
    load(
        "search",
        "4 sessions SEARCH TEXT in 100,000",
        Ground::Big,
        Work::Sessions(|| four(|owner, _| Session::repeating(owner, BIG, search()))),
    ),
    load(
        "read-quickly",
        "4 sessions FETCH all bodies, quickly",
        Ground::Big,
        Work::Sessions(|| four(|owner, _| Session::repeating(owner, BIG, bodies()))),
    ),
    load(
        "read-slowly",
        "4 sessions FETCH all bodies, 1 MB/s each",
        Ground::Big,
        Work::Sessions(|| {
            four(|owner, _| Session {
                octets_per_second: Some(1_000_000),
                ..Session::repeating(owner, BIG, bodies())
            })
        }),
    ),
    load("store", "4 sessions STORE 1:* of 100,000", Ground::Big, Work::Sessions(|| four(store))),
    load(
        "headers",
        "4 sessions FETCH 900 header sections of 4 MB",
        Ground::Headers,
        Work::Sessions(|| four(|owner, _| Session::repeating(owner, HEADERS, sections()))),
    ),
    load(
        "keys",
        "4 sessions SEARCH with 8,000 TEXT keys",
        Ground::Big,
        Work::Sessions(|| four(|owner, _| Session::repeating(owner, BIG, keys()))),
    ),
    load(
        "patterns",
        "4 sessions LIST 99 patterns, 10,000 mailboxes",
        Ground::Tree,
        Work::Sessions(|| four(|owner, _| Session::repeating(owner, "INBOX", patterns()))),
    ),
    load("lmtp", "LMTP, 64 connections", Ground::None, Work::Deliver { connections: 64 }),
    load(
        "checkpoint",
        "LMTP, 16 connections, and EXPUNGE",
        Ground::None,
        Work::DeliverAndExpunge { connections: 16 },
    ),
    own("import", "correio import", Ground::Mbox, Work::Import),
    own("backup", "correio backup", Ground::Big, Work::Backup),
    load(
        "copy",
        "4 sessions COPY 1:* of 100,000",
        Ground::Big,
        Work::Sessions(|| four(|owner, number| copy(owner, BIG, number))),
    ),
    Load {
        among: Among::OwnWhenLong,
        ..load(
            "million",
            "COPY 1:* of 1,000,000",
            Ground::Million,
            Work::Sessions(|| vec![copy(0, MILLION, 9)]),
        )
    },
    own("rewrite", "rewriting of segments", Ground::DeadSegments, Work::Rewriting),
];

const fn load(name: &'static str, title: &'static str, ground: Ground, work: Work) -> Load {
    Load { name, title, ground, work, among: Among::Both }
}

const fn own(name: &'static str, title: &'static str, ground: Ground, work: Work) -> Load {
    Load { name, title, ground, work, among: Among::OwnOnly }
}

/// The load of this name.
pub(crate) fn named(name: &str) -> Option<&'static Load> {
    ALL.iter().find(|load| load.name == name)
}

/// Four sessions, of two users: what is bounded for each user does not bound all of them.
fn four(session: impl Fn(u32, u32) -> Session) -> Vec<Session> {
    (0..4).map(|number| session(number % 2, number)).collect()
}

/// The text looked for stands in no message, so that all of them are read.
fn search() -> String {
    "SEARCH TEXT \"xyzzy plugh\"".to_owned()
}

fn bodies() -> String {
    "UID FETCH 1:* (BODY.PEEK[])".to_owned()
}

/// Sets a keyword of the session's own on all messages, and takes it away.
fn store(owner: u32, number: u32) -> Session {
    let change = |sign| format!("STORE 1:* {sign}FLAGS.SILENT ($Bench{number})");
    let mut session = Session::repeating(owner, BIG, change('+'));
    session.round.push(change('-'));
    session
}

/// Copies all messages into a mailbox of the session's own, deletes that and makes it again.
fn copy(owner: u32, from: &str, number: u32) -> Session {
    let target = format!("copies{number}");
    Session {
        owner,
        before: vec![format!("CREATE {target}"), format!("SELECT {from}")],
        round: vec![
            format!("COPY 1:* {target}"),
            format!("DELETE {target}"),
            format!("CREATE {target}"),
        ],
        octets_per_second: None,
        rest: Duration::ZERO,
    }
}

/// 900 sections of headers that are not there, of each message.
fn sections() -> String {
    let sections: Vec<_> =
        (0..900).map(|number| format!("BODY.PEEK[HEADER.FIELDS (X{number})]")).collect();
    format!("FETCH 1:* ({})", sections.join(" "))
}

/// 8,000 keys, of which none ends the search of a message early. A literal now and then begins a new line, so that
/// none is longer than servers take.
fn keys() -> String {
    let keys: Vec<_> = (0..8_000)
        .map(|number| match number % 2_000 {
            1_999 => format!("NOT TEXT {{5+}}\r\nq{number:04}"),
            _ => format!("NOT TEXT q{number:04}"),
        })
        .collect();
    format!("SEARCH {}", keys.join(" "))
}

/// 99 patterns that match no mailbox, and only at its end.
fn patterns() -> String {
    let patterns: Vec<_> = (0..99).map(|number| format!("*a*e*a*e*{number}x")).collect();
    format!("LIST \"\" ({})", patterns.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_stretch_of_a_command_is_longer_than_servers_take() {
        for command in [sections(), keys(), patterns()] {
            assert!(command.split("\r\n").all(|line| line.len() < 60_000));
        }
    }

    #[test]
    fn each_load_is_found_by_its_name_alone() {
        for load in ALL {
            assert!(named(load.name).is_some_and(|found| found.title == load.title));
        }
    }
}

//! What people look for, in mailboxes of 10,000 and of 100,000 messages of mail as people have it: the first time and the times
//! after. Dovecot reads its mail for it; where its plugin for Xapian is installed, one of its users has an index of words.

use std::time::Instant;

use anyhow::{Context, Result, bail};
use tokio::process::Command;

use super::{Figures, median, milliseconds};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::{Figure, Goal};
use crate::server::{Kind, Server, XAPIAN_USER, user};
use crate::talk::{self, message};

/// The mail of the one who has no index at the peer.
const PLAIN_USER: u32 = 105;
/// About how large a message is.
const OCTETS: usize = 4_700;
/// How many go into one APPEND.
const TOGETHER: u32 = 200;

/// Something that is looked for, and its rows: first and then in 10,000, in 100,000, and in 10,000 beside Xapian.
struct Look {
    command: String,
    rows: [[&'static str; 2]; 3],
}

macro_rules! rows {
    ($what:literal) => {
        [
            [concat!("10,000: ", $what, ", first time"), concat!("10,000: ", $what, ", then")],
            [concat!("100,000: ", $what, ", first time"), concat!("100,000: ", $what, ", then")],
            [
                concat!("10,000, beside Xapian: ", $what, ", first time"),
                concat!("10,000, beside Xapian: ", $what, ", then"),
            ],
        ]
    };
}

fn looks() -> [Look; 7] {
    let look = |command: String, rows| Look { command: format!("SEARCH {command}"), rows };
    let part = talk::RARE_WORD.get(1..8).unwrap_or_default();
    [
        look(format!("BODY {}", talk::RARE_WORD), rows!("BODY, a rare word")),
        look("BODY green".to_owned(), rows!("BODY, a common word")),
        look(format!("BODY \"{}\"", talk::PHRASE), rows!("BODY, a phrase")),
        look(format!("BODY {part}"), rows!("BODY, a part of a word")),
        look(format!("FROM {}", talk::WRITER), rows!("FROM, an address")),
        look(format!("TEXT {}", talk::RARE_WORD), rows!("TEXT, a rare word")),
        look(
            format!("OR BODY {} NOT BODY green", talk::RARE_WORD),
            rows!("OR and NOT of two words"),
        ),
    ]
}

/// The rows with what we mean to reach.
pub(crate) fn rows() -> impl Iterator<Item = (&'static str, Goal)> {
    let goals = [Goal::Under(5.0), Goal::Under(30.0), Goal::None];
    (0..3).zip(goals).flat_map(|(size, goal)| {
        looks().into_iter().flat_map(move |look| look.rows[size]).map(move |row| (row, goal))
    })
}

pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let mut figures = Vec::new();
    for (size, full) in [10_000, 100_000].into_iter().enumerate() {
        let name = format!("looking{full}");
        let messages = scale.messages(full);
        fill(server, PLAIN_USER, &name, messages).await?;
        if server.kind == Kind::Correio {
            index(server, PLAIN_USER).await?;
        }
        let measured = look(server, PLAIN_USER, &name, scale).await?;
        for (look, times) in looks().iter().zip(&measured) {
            figures.extend(look.rows[size].into_iter().zip(*times));
            if full == 10_000 && server.kind == Kind::Correio {
                figures.extend(look.rows[2].into_iter().zip(*times));
            }
        }
    }
    if server.kind == Kind::Dovecot && server.has_xapian() {
        fill(server, XAPIAN_USER, "looking", scale.messages(10_000)).await?;
        let mut client = select(server, XAPIAN_USER, "looking").await?;
        // The first search of all makes the index.
        let start = Instant::now();
        client.command("SEARCH BODY nothinglikethis").await?;
        eprintln!("    Xapian's index is made in {:.0} s", start.elapsed().as_secs_f64());
        let measured = look(server, XAPIAN_USER, "looking", scale).await?;
        for (look, times) in looks().iter().zip(&measured) {
            figures.extend(look.rows[2].into_iter().zip(*times));
        }
    }
    Ok(figures)
}

/// The first time, and the median of some more, of each.
async fn look(
    server: &Server,
    owner: u32,
    mailbox: &str,
    scale: &Scale,
) -> Result<Vec<[Figure; 2]>> {
    let mut client = select(server, owner, mailbox).await?;
    let mut figures = Vec::new();
    for look in looks() {
        let start = Instant::now();
        client.command(&look.command).await?;
        let first = milliseconds(start);
        let mut times = Vec::new();
        for _ in scale.rounds(2) {
            let start = Instant::now();
            client.command(&look.command).await?;
            times.push(milliseconds(start));
        }
        figures.push([first, median(times)].map(Figure::Milliseconds));
    }
    Ok(figures)
}

async fn select(server: &Server, owner: u32, mailbox: &str) -> Result<Client> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(owner)).await?;
    client.command(&format!("SELECT {mailbox}")).await?;
    Ok(client)
}

pub(super) async fn fill(server: &Server, owner: u32, mailbox: &str, messages: u32) -> Result<()> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(owner)).await?;
    client.command(&format!("CREATE {mailbox}")).await?;
    let mut number = 0;
    while number < messages {
        let mut command = format!("a APPEND {mailbox}").into_bytes();
        for _ in 0..TOGETHER.min(messages - number) {
            let message = message(number, OCTETS);
            command.extend_from_slice(format!(" {{{}+}}\r\n", message.len()).as_bytes());
            command.extend_from_slice(&message);
            number += 1;
        }
        command.extend_from_slice(b"\r\n");
        client.send(&command).await?;
        client.answer().await.context("APPEND of several messages")?;
    }
    Ok(())
}

/// Brings the index up to date.
pub(super) async fn index(server: &Server, owner: u32) -> Result<()> {
    let start = Instant::now();
    let status = Command::new(&server.program)
        .args(["index", &user(owner), "--data"])
        .arg(server.folder.join("data"))
        .stdout(std::process::Stdio::null())
        .status()
        .await?;
    if !status.success() {
        bail!("correio index failed");
    }
    eprintln!("    the rest of the index is made in {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

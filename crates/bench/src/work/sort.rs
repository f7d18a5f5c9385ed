//! SORT and THREAD of 100,000 messages, with the whole answer, and the first one after a start.

use std::time::Instant;

use anyhow::{Context, Result};

use super::{Figures, median, milliseconds};
use crate::Scale;
use crate::client::{Client, Security};
use crate::report::Figure;
use crate::server::{Kind, Server, user};

const OWNER: u32 = 107;
/// How many messages go into one APPEND.
const TOGETHER: u32 = 200;

/// What is asked, and the row of it.
const ASKED: [(&str, &str); 6] = [
    ("SORT (DATE) UTF-8 ALL", "SORT by date, 100,000 messages"),
    ("SORT (SUBJECT) UTF-8 ALL", "SORT by subject, 100,000 messages"),
    ("SORT (FROM) UTF-8 ALL", "SORT by from, 100,000 messages"),
    ("SORT (SIZE) UTF-8 ALL", "SORT by size, 100,000 messages"),
    ("THREAD REFERENCES UTF-8 ALL", "THREAD by references, 100,000 messages"),
    ("THREAD REFS UTF-8 ALL", "THREAD by refs, 100,000 messages"),
];

/// Of ours the first after a kill; of Dovecot the first after the mail came, when its cache has what was asked for before.
const FIRST: [(&str, &str); 2] = [
    ("SORT (SUBJECT) UTF-8 ALL", "SORT by subject, 100,000, first after a start"),
    ("THREAD REFERENCES UTF-8 ALL", "THREAD by references, 100,000, first after a start"),
];

pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    fill(server, OWNER, scale.messages(100_000)).await?;
    let mut figures = Vec::new();
    for (command, row) in FIRST {
        let mut times = Vec::new();
        for _ in 0..3 {
            if server.kind == Kind::Correio {
                server.kill_and_start().await?;
            }
            let mut client = open(server).await?;
            times.push(once(&mut client, command).await?);
            if server.kind != Kind::Correio {
                break;
            }
        }
        figures.push((row, Figure::Milliseconds(median(times))));
    }
    let mut client = open(server).await?;
    for (command, row) in ASKED {
        once(&mut client, command).await?;
        let mut times = Vec::new();
        for _ in scale.rounds(5) {
            times.push(once(&mut client, command).await?);
        }
        figures.push((row, Figure::Milliseconds(median(times))));
    }
    Ok(figures)
}

async fn open(server: &Server) -> Result<Client> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(OWNER)).await?;
    client.widen();
    client.command("SELECT sorted").await?;
    Ok(client)
}

async fn once(client: &mut Client, command: &str) -> Result<f64> {
    let start = Instant::now();
    client.command(command).await?;
    Ok(milliseconds(start))
}

/// Fills a mailbox `sorted` with letters in threads.
pub(super) async fn fill(server: &Server, owner: u32, messages: u32) -> Result<()> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(owner)).await?;
    client.command("CREATE sorted").await?;
    for first in (0..messages).step_by(TOGETHER as usize) {
        let mut command = b"a APPEND sorted".to_vec();
        for number in first..messages.min(first + TOGETHER) {
            let letter = letter(number);
            command.extend_from_slice(format!(" {{{}+}}\r\n", letter.len()).as_bytes());
            command.extend_from_slice(letter.as_bytes());
        }
        command.extend_from_slice(b"\r\n");
        client.send(&command).await?;
        client.answer().await.context("APPEND of several messages")?;
    }
    Ok(())
}

/// A message of one of some thousand people about one of some ten thousand subjects, in threads of about four, in the order in which
/// mail comes but for the time it takes.
fn letter(number: u32) -> String {
    let mut state = u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut dice = |most: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 24) as u32 % most
    };
    let thread = number / 4;
    let (person, minutes) = (dice(3_000), number * 7 + dice(600));
    let (day, hour, minute) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let (year, month) = (2020 + day / 336, day / 28 % 12);
    let month =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            [month as usize];
    let mark = if number.is_multiple_of(4) { "" } else { "Re: " };
    let words = ["minutes", "lunch", "=?utf-8?q?a=C3=A7=C3=A3o?=", "report", "invoice"];
    let word = words[thread as usize % words.len()];
    let references: String = (thread * 4..number).map(|n| format!(" <{n}@example.net>")).collect();
    let references =
        if references.is_empty() { references } else { format!("References:{references}\r\n") };
    format!(
        "Date: {date} {month} {year} {hour:02}:{minute:02}:{second:02} +0000\r\n\
         From: Person {person} <p{person}@example.net>\r\nTo: u{OWNER}@localhost\r\n\
         Subject: {mark}[list] {word} of {subject}\r\nMessage-ID: <{number}@example.net>\r\n{references}\r\n{text}\r\n",
        date = day % 28 + 1,
        second = dice(60),
        subject = thread % 10_000,
        text = "words ".repeat(dice(40) as usize),
    )
}

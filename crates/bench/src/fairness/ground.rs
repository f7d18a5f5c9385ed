//! What a load works on, made before it begins: large mailboxes, many mailboxes, files to import.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tokio::process::Command;

use crate::Scale;
use crate::client::{Client, Security};
use crate::letters::letter;
use crate::server::{Server, user};
use crate::work::fill;

/// 100,000 messages of 2 KB, for users 0 and 1.
pub(crate) const BIG: &str = "big";
/// 20 messages with 4 MB of header fields, for users 0 and 1.
pub(crate) const HEADERS: &str = "headers";
/// A million messages, for user 0.
pub(crate) const MILLION: &str = "million";

const OWNERS: [u32; 2] = [0, 1];
const HEADER_OCTETS: usize = 4 << 20;
/// Those who leave dead segments behind: the first is removed with all mail, the other keeps a third of them alive.
const REMOVED: u32 = 141;
const KEPT: u32 = 142;

/// What must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ground {
    None,
    Big,
    Headers,
    /// 10,000 mailboxes, for users 0 and 1.
    Tree,
    Million,
    /// An mbox file of 60,000 messages of 8 KB.
    Mbox,
    /// Some segments of 256 MB of which two thirds are dead.
    DeadSegments,
}

/// The file to import.
pub(crate) fn mbox(folder: &Path) -> PathBuf {
    folder.join("import.mbox")
}

/// What was made so far, on one server.
#[derive(Default)]
pub(crate) struct Made(HashSet<Ground>);

impl Made {
    /// Makes what a load needs, once.
    pub(crate) async fn ensure(
        &mut self,
        server: &Server,
        ground: Ground,
        scale: &Scale,
    ) -> Result<()> {
        if !self.0.insert(ground) {
            return Ok(());
        }
        match ground {
            Ground::None => Ok(()),
            Ground::Big => {
                let messages = scale.messages(100_000);
                for (owner, first) in [(OWNERS[0], 0), (OWNERS[1], messages)] {
                    let numbers = first..first + messages;
                    fill::letters(server, owner, BIG, numbers, 2_000).await?;
                }
                Ok(())
            }
            Ground::Headers => headers(server).await,
            // The host allows 10,000, the usual ones among them.
            Ground::Tree => tree(server, scale.messages(9_980)).await,
            Ground::Million => {
                Box::pin(self.ensure(server, Ground::Big, scale)).await?;
                million(server).await
            }
            Ground::Mbox => write_mbox(&mbox(&server.folder), scale.messages(60_000)),
            Ground::DeadSegments => dead_segments(server).await,
        }
    }
}

async fn headers(server: &Server) -> Result<()> {
    let mut head = String::with_capacity(HEADER_OCTETS + 100);
    while head.len() < HEADER_OCTETS {
        head += &format!("Padding: {:0>70}\r\n", head.len());
    }
    for owner in OWNERS {
        let mut client = Client::imap(server.imap, Security::Plain, &user(owner)).await?;
        client.command(&format!("CREATE {HEADERS}")).await?;
        for number in 0..20 {
            let text = format!("Subject: heavy {number}\r\n{head}\r\nshort\r\n");
            let append = format!("APPEND {HEADERS} {{{}+}}\r\n{text}", text.len());
            client.command(&append).await?;
        }
    }
    Ok(())
}

async fn tree(server: &Server, mailboxes: u32) -> Result<()> {
    /// CREATEs that are sent before the first answer is read.
    const TOGETHER: u32 = 100;
    for owner in OWNERS {
        let mut client = Client::imap(server.imap, Security::Plain, &user(owner)).await?;
        let mut number = 0;
        while number < mailboxes {
            let end = mailboxes.min(number + TOGETHER);
            let commands: String =
                (number..end).map(|n| format!("a CREATE area-lane-maple-{n}\r\n")).collect();
            client.send(commands.as_bytes()).await?;
            for _ in number..end {
                client.answer().await.context("CREATE")?;
            }
            number = end;
        }
    }
    Ok(())
}

async fn million(server: &Server) -> Result<()> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(0)).await?;
    client.command(&format!("CREATE {MILLION}")).await?;
    client.command(&format!("SELECT {BIG}")).await?;
    for _ in 0..10 {
        client.command(&format!("COPY 1:* {MILLION}")).await?;
    }
    Ok(())
}

fn write_mbox(path: &Path, messages: u32) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for number in 0..messages {
        file.write_all(b"From ana@example.net Tue Nov  3 10:00:00 2026\n")?;
        // Lines of an mbox end as those of other text files do.
        let letter = letter(number + 3_000_000, 8 << 10);
        let lines = letter.split(|octet| *octet == b'\r').flatten();
        file.write_all(&lines.copied().collect::<Vec<_>>())?;
        file.write_all(b"\n")?;
    }
    file.into_inner().context("the mbox file")?.sync_all()?;
    Ok(())
}

/// Two users get mail in turns, enough for three segments, whatever the scale; then one of them is removed.
async fn dead_segments(server: &Server) -> Result<()> {
    let mut first = 5_000_000;
    for part in 0..24 {
        for (owner, count) in [(REMOVED, 2_700), (KEPT, 1_300)] {
            // Each letter is another one: the store keeps one that it has already only once.
            let numbers = first..first + count;
            first = numbers.end;
            fill::letters(server, owner, &format!("part{part}"), numbers, 8 << 10).await?;
        }
    }
    let removed = Command::new(&server.program)
        .args(["user", "remove", &user(REMOVED), "--yes", "--data"])
        .arg(server.folder.join("data"))
        .stdout(std::process::Stdio::null())
        .status()
        .await?;
    ensure!(removed.success(), "user remove failed");
    Ok(())
}

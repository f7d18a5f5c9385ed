//! What a host with a million messages costs and takes: room, octets written, and the everyday things in its large mailbox.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use mailbox::operations::Append;
use mailbox::{Account, AccountId, Accounts, Door, FlagNames, MailboxName, Policy, Who};
use store::{Options, RealDisk, Store};

use super::{AsyncWorker, Figures, fill, median, milliseconds, rate};
use crate::Scale;
use crate::client::{Client, Security};
use crate::letters::letter;
use crate::report::Figure;
use crate::server::{Kind, Server, user};

/// A letter has so many octets.
const LETTER_OCTETS: usize = 4_096;
/// So many come in one commit.
const TOGETHER: u32 = 200;

/// In a folder and with a server of its own, since all of the host is measured.
pub(super) async fn measure(server: &mut Server, scale: &Scale) -> Result<Figures> {
    let kept = scale.kept.clone();
    let folder = kept.clone().unwrap_or_else(|| server.folder.with_extension("million"));
    let messages = scale.messages(1_000_000);
    let mut figures = Vec::new();
    let own = if folder.join("data").exists() {
        Server::start_kept(&folder, &server.program).await?
    } else {
        let mut own = crate::start_in(&folder, Kind::Correio, &server.program).await?;
        // Its account is known by its one message.
        fill::mailbox(&own, 0, "INBOX", 1, LETTER_OCTETS).await?;
        fill::mailbox(&own, 1, "small", scale.messages(10_000), 600).await?;
        own.halt().await?;
        figures.extend(seed(&folder.join("data/store"), messages).await?);
        own.start_again().await?;
        own
    };
    for (row, owner, mailbox, messages) in [
        ("STORE on one of 10,000 messages, 8 connections", 1, "small", scale.messages(10_000)),
        ("STORE on one of 1,000,000 messages, 8 connections", 0, "INBOX", messages),
    ] {
        figures.push((row, flags_changed(&own, (owner, mailbox), messages, scale).await?));
    }
    figures.extend(fetches(&own, messages, scale).await?);
    if kept.is_some() {
        own.stop().await?
    } else {
        crate::end(own).await?
    }
    Ok(figures)
}

/// Puts so many letters into the account that has one, without the work of a protocol and without an index of words. Gives
/// what the index takes, and what was written.
async fn seed(folder: &Path, messages: u32) -> Result<Figures> {
    let store = Store::open(Arc::new(RealDisk::new(folder)?), Options::default())?;
    let policy = Policy { indexed_emails_least: u64::MAX, ..Policy::default() };
    let clock = Arc::new(mailbox::SetClock::at(mailbox::Timestamp(1_790_000_000)));
    let accounts = Accounts::new(Arc::new(store.clone()), clock, policy);
    let account = the_one_with_a_message(&accounts)?;
    let inbox = account.find(&MailboxName::inbox())?.context("no INBOX")?.id;
    let (index_before, written_before) = (index_octets(folder)?, octets_written()?);
    let start = Instant::now();
    let mut number = 1;
    while number < messages {
        let mut group = Vec::new();
        for number in number..(number + TOGETHER).min(messages) {
            let mut incoming = accounts.receive();
            incoming.write(&letter(number, LETTER_OCTETS)).await?;
            let received = incoming.finish().await?;
            let flags = FlagNames::default();
            group.push(Append { received, flags, internal_date: None, uidl: None });
        }
        account.append(inbox, group).await?;
        number += TOGETHER;
    }
    let took_s = start.elapsed().as_secs_f64();
    store.close()?;
    let index = index_octets(folder)?.saturating_sub(index_before);
    let written = octets_written()?.saturating_sub(written_before);
    let kept = f64::from(messages) * LETTER_OCTETS as f64;
    eprintln!("    {messages} messages in {took_s:.0} s: index {index} octets, written {written}");
    Ok(vec![
        (
            "index, for each of 1,000,000 messages",
            Figure::Octets(index as f64 / f64::from(messages)),
        ),
        ("written for each octet kept, 4 KB each", Figure::Octets(written as f64 / kept)),
    ])
}

fn the_one_with_a_message(accounts: &Accounts) -> Result<Account> {
    let has_one = |account: &Account| {
        let inbox = account.find(&MailboxName::inbox()).ok().flatten();
        inbox.is_some_and(|inbox| inbox.messages == 1)
    };
    let opened =
        (1..1_000).filter_map(|id| accounts.open(AccountId(id), Who::at(Door::Admin)).ok());
    opened.into_iter().find(has_one).context("no account has one message")
}

/// How much room the index takes on the disk; its file is made long beforehand.
fn index_octets(folder: &Path) -> Result<u64> {
    Ok(std::fs::metadata(folder.join("index.redb"))?.blocks() * 512)
}

/// What this process had written to disks so far (proc(5)).
fn octets_written() -> Result<u64> {
    let text = std::fs::read_to_string("/proc/self/io")?;
    let line = text.lines().find_map(|line| line.strip_prefix("write_bytes: "));
    Ok(line.context("the kernel does not count what is written")?.parse()?)
}

struct Flag {
    client: Client,
    messages: u32,
    state: u32,
}

impl AsyncWorker for Flag {
    async fn work(&mut self, number: u32) -> Result<()> {
        self.state = self.state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let uid = (self.state >> 8) % self.messages + 1;
        let sign = if number.is_multiple_of(2) { '+' } else { '-' };
        self.client
            .command(&format!("UID STORE {uid} {sign}FLAGS.SILENT (\\Flagged)"))
            .await
            .map(|_| ())
    }
}

/// Eight sessions change flags in one mailbox, at random.
async fn flags_changed(
    server: &Server,
    (owner, mailbox): (u32, &'static str),
    messages: u32,
    scale: &Scale,
) -> Result<Figure> {
    let address = server.imap;
    let per_second = rate(8, scale.seconds, |index| async move {
        let mut client = Client::imap(address, Security::Plain, &user(owner)).await?;
        client.command(&format!("SELECT {mailbox}")).await?;
        Ok(Flag { client, messages, state: index * 7919 })
    })
    .await?;
    Ok(Figure::PerSecond(per_second))
}

/// Of the large mailbox: what the hot state has, and what is kept beside the bodies.
async fn fetches(server: &Server, messages: u32, scale: &Scale) -> Result<Figures> {
    let mut client = Client::imap(server.imap, Security::Plain, &user(0)).await?;
    client.widen();
    client.command("SELECT INBOX").await?;
    let some = scale.messages(100_000).min(messages);
    let mut figures = Vec::new();
    for (row, messages, items, least) in [
        ("FETCH FLAGS of 1,000,000 messages", messages, "FLAGS", 5),
        ("FETCH RFC822.SIZE INTERNALDATE of 1,000,000", messages, "RFC822.SIZE INTERNALDATE", 5),
        ("FETCH ENVELOPE of 100,000 messages", some, "ENVELOPE", 5),
    ] {
        let mut times = Vec::new();
        for _ in scale.rounds(least) {
            let start = Instant::now();
            let answer = client.command(&format!("FETCH 1:{messages} ({items})")).await?;
            times.push(milliseconds(start));
            ensure!(answer.lines >= u64::from(messages), "{} of {messages}", answer.lines);
        }
        figures.push((row, Figure::Milliseconds(median(times))));
    }
    Ok(figures)
}

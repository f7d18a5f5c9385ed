//! Archives that are cut at every place: nothing is lost, and what went can be put back.

use std::collections::BTreeMap;

use mailbox::operations::Store as Flagging;
use mailbox::{FlagMode, FlagNames, Flags, Timestamp, Uid, UidSet};
use store::sim::Dice;
use sync::{Appender, ArchiveWanted, Batch, Imap, ImapFault, Letter, Puts};
use tokio::runtime::Builder;

use crate::line::Cut;
use crate::provider::Provider;
use crate::shelf::Shelf;
use crate::tree::{self, Tree};

/// Servers, by what they do not say that they can.
pub(crate) const SERVERS: [&[&str]; 3] =
    [&["COMPRESS"], &["COMPRESS", "QRESYNC", "LIST-STATUS", "IMAP4rev2", "LITERAL"], &[]];

pub(crate) fn run(future: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future);
}

pub(crate) async fn filled(hidden: &[&'static str]) -> Provider {
    let mut provider = Provider::new().await;
    provider.hidden = hidden.to_vec();
    for number in 0..18 {
        let folder = ["INBOX", "Archive", "Sent"][number % 3];
        // Two of them have the same fields and the same size.
        let name = number.min(16);
        let text =
            format!("Message-ID: <{name}@x>\r\nSubject: {name}\r\n\r\nHello {number:02}\r\n");
        let flags = Flags((number as u64 % 16) & !Flags::DELETED.0);
        provider.mail(folder, &text, flags, &["$Work", "new"][..number % 3 % 2]).await;
    }
    let large = format!("Subject: large\r\n\r\n{}\r\n", "large ".repeat(15_000));
    provider.mail("Archive", &large, Flags::SEEN, &[]).await;
    provider.mail("INBOX", "\r\nno header at all\r\n", Flags::NONE, &[]).await;
    provider
}

fn wanted() -> ArchiveWanted {
    ArchiveWanted { before: Some(Timestamp(1_700_000_000)), ..ArchiveWanted::default() }
}

/// How often each text is there.
fn texts(tree: &Tree) -> BTreeMap<(String, usize), usize> {
    let mut texts = BTreeMap::new();
    for message in tree.values().flatten() {
        *texts.entry((message.0.clone(), message.1)).or_default() += 1;
    }
    texts
}

fn on_shelf(shelf: &Shelf) -> BTreeMap<(String, usize), usize> {
    let text = |letter: &Letter| {
        let octets = &letter.octets;
        let begin = String::from_utf8_lossy(&octets[..octets.len().min(60)]).into_owned();
        ((begin, octets.len()), 1)
    };
    shelf.letters.values().map(text).collect()
}

/// Nothing is lost: each text is there or on the shelf; and none is there twice.
fn nothing_is_lost(before: &Tree, provider: &Provider, shelf: &Shelf, what: &str) {
    let (there, kept) = (texts(&tree::of(&provider.account)), on_shelf(shelf));
    for text in texts(before).keys() {
        let count = there.get(text).copied().unwrap_or(0);
        assert!(count == 1 || (count == 0 && kept.contains_key(text)), "{text:?}, {count}: {what}");
    }
}

pub(crate) fn cut(dice: &mut Dice) -> Cut {
    match dice.below(10) {
        0..=5 => Cut::Server(dice.below(120_000) as usize),
        6 | 7 => Cut::Client(dice.below(3_000) as usize),
        _ => Cut::Never,
    }
}

/// Somebody marks a message, or moves it, as people do while an archive is cut.
async fn edit(provider: &Provider, dice: &mut Dice) {
    let account = &provider.account;
    let all = account.mailboxes().unwrap();
    let is_looked_through = |name: &str| ["INBOX", "Archive", "Sent"].contains(&name);
    let folders: Vec<_> = all.iter().filter(|it| is_looked_through(it.name.as_str())).collect();
    let from = dice.one_of(&folders).unwrap().id;
    let to = dice.one_of(&folders).unwrap().id;
    let uids: Vec<Uid> = account.state(from).unwrap().entries.iter().map(|it| it.uid).collect();
    let Some(uid) = dice.one_of(&uids).copied() else { return };
    let uids: UidSet = [uid].into_iter().collect();
    if dice.chance(50) {
        let flags = FlagNames { system: Flags(dice.below(4)), keywords: Vec::new() };
        let flagging = Flagging { uids, mode: FlagMode::Add, flags, unchanged_since: None };
        account.store(from, flagging).await.unwrap();
    } else {
        account.r#move(from, &uids, to).await.unwrap();
    }
}

/// Puts all that the receipt has back; what broke is told.
async fn put_back(client: &mut Imap, shelf: &Shelf) -> Result<Puts, ImapFault> {
    let mut appender = Appender::new(client).await?;
    for folder in &shelf.receipt.as_ref().unwrap().folders {
        let there = appender.folder_again(folder).await?;
        for message in folder.messages.iter().filter(|message| message.place.is_some()) {
            let key = (folder.mailbox.clone(), (folder.uid_validity, message.uid));
            appender.put(&there, shelf.letters[&key].clone()).await?;
        }
    }
    appender.settle().await?;
    Ok(appender.puts())
}

/// One life: runs that are cut or whose target fails, one that is not, and all of it back again.
async fn life(hidden: &[&'static str], seed: u64) {
    let what = format!("without {hidden:?}, seed {seed}");
    let mut dice = Dice::new(seed);
    let provider = filled(hidden).await;
    let mut before = tree::of(&provider.account);
    let batch = if dice.chance(50) { Batch::ALL } else { Batch { messages: 3, octets: 1 << 20 } };
    let mut shelf = Shelf::new(batch);
    let is_edited = dice.chance(50);
    for _ in 0..dice.below(6) {
        let Some(mut client) = provider.connect(cut(&mut dice)).await else { continue };
        shelf.fails_at = dice.chance(30).then(|| dice.below(40) as u32 + 1);
        drop(shelf.archive(&mut client, &wanted()).await);
        nothing_is_lost(&before, &provider, &shelf, &what);
        if is_edited {
            edit(&provider, &mut dice).await;
        }
    }
    shelf.fails_at = None;
    // What was moved meanwhile goes with the next run, whose receipt is another one.
    for _ in 0..3 {
        let mut client = provider.connect(Cut::Never).await.unwrap();
        let done = shelf.archive(&mut client, &wanted()).await.unwrap();
        assert!(done.is_none_or(|done| done.fault.is_none()), "{what}");
        nothing_is_lost(&before, &provider, &shelf, &what);
    }
    assert!(texts(&tree::of(&provider.account)).is_empty(), "{what}");
    if is_edited {
        return;
    }
    let mut known = 0;
    for round in 0.. {
        let how = if round < 5 { cut(&mut dice) } else { Cut::Never };
        let Some(mut client) = provider.connect(how).await else { continue };
        if let Ok(puts) = put_back(&mut client, &shelf).await {
            assert_eq!(puts.refused + puts.without_keywords, 0, "{what}");
            known += puts.known;
            if puts.new == 0 {
                break;
            }
        }
    }
    assert!(known >= 20, "{what}");
    let after = tree::of(&provider.account);
    // An archive takes what is marked as deleted for something that goes by itself; there was none.
    before.retain(|_, messages| !messages.is_empty());
    for (folder, messages) in &before {
        assert_eq!(after.get(folder), Some(messages), "{folder}: {what}");
    }
}

/// Random lives with fixed seeds: as many as `ARCHIVE_LIVES` says (`cargo xtask long`: 1,000).
#[test]
fn cuts_and_full_disks_lose_nothing_and_double_nothing() {
    let lives = std::env::var("ARCHIVE_LIVES").ok().and_then(|it| it.parse().ok()).unwrap_or(60);
    for seed in 0..lives {
        run(life(SERVERS[seed as usize % SERVERS.len()], seed));
    }
}

/// The line breaks behind each of the first octets of either end, in steps, and at each call of the target.
#[test]
fn a_cut_at_any_place_deletes_nothing_that_is_not_safe() {
    run(async {
        for batch in [Batch::ALL, Batch { messages: 4, octets: 1 << 20 }] {
            for at in 1.. {
                let provider = filled(&["COMPRESS"]).await;
                let before = tree::of(&provider.account);
                let mut shelf = Shelf::new(batch);
                shelf.fails_at = Some(at);
                let mut client = provider.connect(Cut::Never).await.unwrap();
                let done = shelf.archive(&mut client, &wanted()).await.unwrap().unwrap();
                let what = format!("call {at} of {batch:?}");
                nothing_is_lost(&before, &provider, &shelf, &what);
                if !shelf.has_failed() {
                    assert!(at > 20 && done.deleted == 20, "{done:?}");
                    break;
                }
                assert!(done.fault.is_some() && done.deleted == 0, "{what}: {done:?}");
                assert_eq!(tree::of(&provider.account), before, "{what}");
            }
        }
    });
}

//! Edits at the provider, lines that break, and disks that fail, at every place.

use mailbox::operations::Store as Flagging;
use mailbox::{Account, FlagMode, FlagNames, Flags, Keyword, MailboxId, MailboxName, Uid, UidSet};
use store::sim::{Dice, Trouble};
use sync::{Go, Imap, MirrorDone, MirrorWanted, Watcher, mirrored_on};
use tokio::runtime::Builder;

use crate::account::Home;
use crate::line::Cut;
use crate::provider::Provider;
use crate::tree;

/// Servers, by what they do not say that they can.
const SERVERS: [&[&str]; 5] = [
    &["COMPRESS"],
    &["COMPRESS", "OBJECTID"],
    &["COMPRESS", "QRESYNC", "OBJECTID"],
    &["COMPRESS", "QRESYNC", "CONDSTORE", "OBJECTID", "LIST-STATUS", "IMAP4rev2"],
    &[],
];

pub(crate) fn run(future: impl Future<Output = ()>) {
    // The clock is the real one: a paused one runs on while the store writes, and the server would hang up.
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(future);
}

pub(crate) fn all() -> MirrorWanted {
    MirrorWanted { delete_max: Some(1_000), ..MirrorWanted::default() }
}

async fn filled() -> Provider {
    let provider = Provider::new().await;
    for number in 0..12 {
        let folder = ["INBOX", "Archive", "Sent"][number % 3];
        let text =
            format!("Message-ID: <{number}@x>\r\nSubject: {number}\r\n\r\nHello {number}\r\n");
        let flags = Flags(number as u64 % 16);
        provider.mail(folder, &text, flags, &["$Work", "new"][..number % 3 % 2]).await;
    }
    // Larger than what comes in one piece.
    let large = format!("Subject: large\r\n\r\n{}\r\n", "large ".repeat(15_000));
    provider.mail("Archive", &large, Flags::SEEN, &[]).await;
    provider.mail("INBOX", "\r\nno header at all\r\n", Flags::NONE, &[]).await;
    provider
}

/// Ends in the same mail on both ends, and then nothing is left to do.
async fn both_are_the_same(home: &Home, provider: &Provider, what: &str) -> MirrorDone {
    let done = home.mirror(provider, &all(), Cut::Never).await.unwrap();
    assert!(done.fault.is_none() && done.refused.is_empty(), "{what}: {done:?}");
    let (here, there) = (tree::of(&home.account), tree::of(&provider.account));
    for (folder, messages) in &there {
        assert_eq!(here.get(folder), Some(messages), "{folder}: {what}");
    }
    // Here may be folders that hold others, and nothing else.
    let more = here.iter().filter(|(folder, _)| !there.contains_key(*folder));
    assert_eq!(more.map(|(_, messages)| messages.len()).sum::<usize>(), 0, "{what}");
    let again = home.mirror(provider, &all(), Cut::Never).await.unwrap();
    assert_eq!((again.new, again.marked, again.moved, again.deleted), (0, 0, 0, 0), "{what}");
    done
}

fn folders(account: &Account) -> Vec<(MailboxId, String)> {
    let all = account.mailboxes().unwrap();
    all.iter().map(|it| (it.id, it.name.as_str().to_owned())).collect()
}

/// One of the messages of a folder.
fn some(account: &Account, folder: MailboxId, dice: &mut Dice) -> Option<Uid> {
    let state = account.state(folder).ok()?;
    let uids: Vec<Uid> = state.entries.iter().map(|entry| entry.uid).collect();
    dice.one_of(&uids).copied()
}

/// One random edit.
pub(crate) async fn edit(provider: &Provider, dice: &mut Dice, number: u32) {
    let account = &provider.account;
    let all = folders(account);
    let (folder, name) = dice.one_of(&all).unwrap().clone();
    let (to, to_name) = dice.one_of(&all).unwrap().clone();
    let chosen = some(account, folder, dice);
    match dice.below(10) {
        0..=2 => {
            let text = format!("Message-ID: <n{number}@x>\r\n\r\nnew {number}\r\n");
            if account.state(folder).is_ok() {
                provider.mail(&name, &text, Flags(dice.below(32)), &["$new"]).await;
            }
        }
        3 | 4 => {
            let Some(uid) = chosen else { return };
            let mode = *dice.one_of(&[FlagMode::Add, FlagMode::Remove, FlagMode::Replace]).unwrap();
            let keywords = vec![Keyword::new(["$Work", "later"][number as usize % 2]).unwrap()];
            let flags = FlagNames { system: Flags(dice.below(32)), keywords };
            let uids: UidSet = [uid].into_iter().collect();
            account
                .store(folder, Flagging { uids, mode, flags, unchanged_since: None })
                .await
                .unwrap();
        }
        5 | 6 => {
            let Some(uid) = chosen.filter(|_| account.state(to).is_ok()) else { return };
            account.r#move(folder, &[uid].into_iter().collect(), to).await.unwrap();
        }
        7 => {
            let Some(uid) = chosen else { return };
            account.remove(folder, &[uid].into_iter().collect()).await.unwrap();
        }
        8 => {
            let new = MailboxName::new(&format!("{to_name}/new {number}")).unwrap();
            if dice.chance(50) {
                account.create_mailbox(&new, None).await.unwrap();
            } else if !name.starts_with("INBOX") {
                // Below itself it cannot be.
                drop(account.rename_mailbox(folder, &new).await);
            }
        }
        _ => {
            let is_made = name.contains("new");
            if is_made && !name.starts_with("INBOX") {
                drop(account.delete_mailbox(folder).await);
            }
        }
    }
}

/// One life: edits and runs that are cut, perhaps with the power going, and in the end one that is not.
async fn life(hidden: &[&'static str], seed: u64) -> MirrorDone {
    let what = format!("without {hidden:?}, seed {seed}");
    let mut dice = Dice::new(seed);
    let mut provider = filled().await;
    provider.hidden = hidden.to_vec();
    let mut home = Home::new().await;
    for round in 0..dice.below(5) {
        for number in 0..dice.below(8) {
            edit(&provider, &mut dice, (round * 10 + number) as u32).await;
        }
        let cut = match dice.below(10) {
            0..=5 => Cut::Server(dice.below(12_000) as usize),
            6 | 7 => Cut::Client(dice.below(2_000) as usize),
            _ => Cut::Never,
        };
        home.mirror(&provider, &all(), cut).await;
        if dice.chance(40) {
            home.restart(dice.next());
        }
    }
    let done = both_are_the_same(&home, &provider, &what).await;
    home.restart(3);
    home.is_sound();
    done
}

#[test]
fn whatever_the_server_can_both_become_the_same() {
    for hidden in SERVERS {
        run(async {
            let mut provider = filled().await;
            provider.hidden = hidden.to_vec();
            let home = Home::new().await;
            let done = both_are_the_same(&home, &provider, &format!("{hidden:?}")).await;
            assert_eq!((done.new, done.deleted), (14, 0));
            home.is_sound();
        });
    }
}

/// Random lives with fixed seeds: as many as `MIRROR_LIVES` says (`cargo xtask long`: 2,000).
#[test]
fn edits_and_cuts_lose_nothing_and_double_nothing() {
    let lives = std::env::var("MIRROR_LIVES").ok().and_then(|it| it.parse().ok()).unwrap_or(60);
    for seed in crate::both::first()..crate::both::first() + lives {
        run(async {
            life(SERVERS[seed as usize % SERVERS.len()], seed).await;
        });
    }
}

/// The disk here fails at each of its calls.
#[test]
fn a_disk_that_fails_at_any_call_loses_nothing() {
    for trouble in [Trouble::Full, Trouble::Error, Trouble::PowerCut] {
        for call in 1.. {
            let mut happened = false;
            run(async {
                let what = format!("{trouble:?} at call {call}");
                let provider = filled().await;
                let mut home = Home::new().await;
                home.mirror(&provider, &all(), Cut::Never).await;
                let mut dice = Dice::new(4);
                for number in 0..12 {
                    edit(&provider, &mut dice, number).await;
                }
                home.disk.trouble_for(call, u64::MAX, trouble);
                home.mirror(&provider, &all(), Cut::Never).await;
                happened = home.disk.has_happened();
                home.disk.calm();
                home.restart(call);
                both_are_the_same(&home, &provider, &what).await;
                home.is_sound();
            });
            if !happened {
                assert!(call > 5, "a mirror writes");
                break;
            }
        }
    }
}

#[test]
fn what_moves_there_moves_here_and_is_not_fetched_again() {
    for hidden in SERVERS {
        run(async {
            let mut provider = filled().await;
            provider.hidden = hidden.to_vec();
            let home = Home::new().await;
            both_are_the_same(&home, &provider, "first").await;
            let account = &provider.account;
            let id =
                |name: &str| account.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id;
            let uids = UidSet::from_ranges([(Uid::MIN, Uid::new(3).unwrap())]);
            account.r#move(id("INBOX"), &uids, id("Archive")).await.unwrap();
            let done = both_are_the_same(&home, &provider, "moved").await;
            assert_eq!((done.moved, done.new, done.new_octets, done.deleted), (3, 0, 0, 0));
            let to = MailboxName::new("Old/Sent").unwrap();
            account.rename_mailbox(id("Sent"), &to).await.unwrap();
            let done = both_are_the_same(&home, &provider, "renamed").await;
            assert_eq!((done.new_octets, done.deleted), (0, 0), "{hidden:?}");
        });
    }
}

#[test]
fn a_watcher_hears_what_comes_within_a_second() {
    for hidden in [&[][..], &["COMPRESS", "IDLE", "IMAP4rev2"][..]] {
        run(async {
            let mut provider = filled().await;
            provider.hidden = hidden.to_vec();
            let home = Home::new().await;
            let mut client = provider.connect(Cut::Never).await.unwrap();
            let mut watcher = Watcher::default();
            let mirror = async |client: &mut Imap| {
                let local = home.local("imaps://imap.example.org").unwrap();
                let mut watch = |_: &MirrorDone| Go::On;
                let (_, done) = mirrored_on(client, local, &all(), home.now, &mut watch).await;
                assert!(done.fault.is_none(), "{done:?}");
                done.new
            };
            assert_eq!(mirror(&mut client).await, 14);
            // The first look is the beginning.
            watcher.wait(&mut client, &mut || false).await.unwrap();
            assert_eq!(mirror(&mut client).await, 0);
            let mut left = if hidden.is_empty() { u32::MAX } else { 1 };
            let mut stops = || {
                left = left.saturating_sub(1);
                left == 0
            };
            let late = provider.mail("INBOX", "Subject: late\r\n\r\n", Flags::NONE, &[]);
            let begun = std::time::Instant::now();
            let (waited, ()) = tokio::join!(watcher.wait(&mut client, &mut stops), late);
            waited.unwrap();
            assert!(begun.elapsed().as_secs() < 5);
            assert_eq!(mirror(&mut client).await, 1);
            // Somebody stops it.
            watcher.wait(&mut client, &mut || true).await.unwrap();
            watcher.wait(&mut client, &mut || true).await.unwrap();
            client.log_out().await.unwrap();
        });
    }
}

/// With NOTIFY all folders are heard of at once; without it, those that are not the Inbox are looked at after a minute.
#[test]
fn a_watcher_hears_of_all_folders_where_the_server_tells() {
    for (hidden, is_at_once) in [(&[][..], true), (&["NOTIFY"][..], false)] {
        run(async {
            let mut provider = filled().await;
            provider.hidden = hidden.to_vec();
            let home = Home::new().await;
            let mut client = provider.connect(Cut::Never).await.unwrap();
            let mut watcher = Watcher::default();
            let mirror = async |client: &mut Imap| {
                let local = home.local("imaps://imap.example.org").unwrap();
                let mut watch = |_: &MirrorDone| Go::On;
                let (_, done) = mirrored_on(client, local, &all(), home.now, &mut watch).await;
                assert!(done.fault.is_none(), "{done:?}");
                done.new
            };
            mirror(&mut client).await;
            // It begins to know the Inbox, and then the other folders.
            for _ in 0..2 {
                let mut looks = 0;
                let mut stops = || {
                    looks += 1;
                    looks > 1
                };
                watcher.wait(&mut client, &mut stops).await.unwrap();
                assert_eq!(mirror(&mut client).await, 0);
            }
            for round in 0..3_u32 {
                let late = provider.mail("Archive", "Subject: late\r\n\r\n", Flags::NONE, &[]);
                // Nobody waits for the minute: after so many looks somebody stops it.
                let mut looks = 0;
                let mut stops = || {
                    looks += 1;
                    looks > 4
                };
                let (waited, ()) = tokio::join!(watcher.wait(&mut client, &mut stops), late);
                waited.unwrap();
                assert_eq!(looks <= 4, is_at_once, "{hidden:?} {round}");
                assert_eq!(mirror(&mut client).await, 1, "{hidden:?}");
            }
            watcher.wait(&mut client, &mut || true).await.unwrap();
            client.log_out().await.unwrap();
        });
    }
}

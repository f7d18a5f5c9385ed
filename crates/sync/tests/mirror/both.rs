//! Edits at both ends, lines that break, and disks that fail: in the end both have the same, and nothing is lost, doubled,
//! or brought back.

use std::collections::{BTreeMap, BTreeSet};

use mailbox::operations::Store as Flagging;
use mailbox::{Account, Accounts, FlagMode, FlagNames, Flags, Keyword, MailboxId, MailboxName};
use mailbox::{Uid, UidSet};
use store::sim::{Dice, Trouble};
use sync::{Direction, MirrorDone, MirrorRuns, MirrorWanted, Why};

use crate::account::Home;
use crate::cuts::run;
use crate::line::Cut;
use crate::provider::{Provider, put};
use crate::tree;

/// Servers, by what they do not say that they can.
const SERVERS: [&[&str]; 7] = [
    &["COMPRESS"],
    &["COMPRESS", "OBJECTID"],
    &["COMPRESS", "QRESYNC", "OBJECTID", "MOVE", "IMAP4rev2"],
    &["COMPRESS", "QRESYNC", "CONDSTORE", "OBJECTID", "LIST-STATUS", "IMAP4rev2"],
    &["COMPRESS", "OBJECTID", "UIDPLUS", "IMAP4rev2"],
    &["COMPRESS", "QRESYNC", "OBJECTID", "UIDPLUS", "MOVE", "IMAP4rev2"],
    &[],
];

pub(crate) fn both() -> MirrorWanted {
    MirrorWanted { delete_max: Some(1_000), direction: Direction::Both, ..MirrorWanted::default() }
}

/// One of the two ends.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum End {
    Here,
    There,
}

/// What was done to a message, and where.
#[derive(Debug, Default)]
struct Fate {
    changed: BTreeSet<End>,
    deleted: BTreeSet<End>,
    /// It went with its folder, which may come back for something else in it.
    with_folder: bool,
    /// Where flags were set, and to what.
    flagged: BTreeMap<End, (u64, Vec<String>)>,
}

/// All that was done.
#[derive(Debug, Default)]
struct Model(BTreeMap<String, Fate>);

fn folders(account: &Account) -> Vec<(MailboxId, String)> {
    let all = account.mailboxes().unwrap();
    let all = all.iter().filter(|it| account.state(it.id).is_ok());
    all.map(|it| (it.id, it.name.as_str().to_owned())).collect()
}

/// The messages of a folder, by their first lines.
fn messages(account: &Account, folder: MailboxId) -> Vec<(Uid, String)> {
    let (state, reader) = (account.state(folder).unwrap(), account.reader().unwrap());
    let message = |entry: &mailbox::Entry| {
        let email = reader.email(entry.email).unwrap().unwrap();
        let octets = account.body(&email, 0..60).unwrap();
        (entry.uid, token(&String::from_utf8_lossy(&octets)))
    };
    state.entries.iter().map(message).collect()
}

/// What names a message among all others.
fn token(text: &str) -> String {
    text.split('~').nth(1).unwrap().to_owned()
}

fn text(token: &str, number: u32) -> String {
    match number % 3 {
        0 => format!("Subject: ~{token}~\r\n\r\nno name\r\n"),
        1 => format!("Message-ID: <~{token}~@x>\r\nSubject: {number}\r\n\r\nHello\r\n"),
        _ => format!("\r\n~{token}~ no header at all\r\n"),
    }
}

fn set(uid: Uid) -> UidSet {
    [uid].into_iter().collect()
}

struct Side<'s> {
    end: End,
    /// Flags that are set. A server that cannot expunge exactly what it is told leaves what others marked.
    flags: Flags,
    accounts: &'s Accounts,
    account: &'s Account,
}

impl Side<'_> {
    /// One random edit.
    async fn edit(&self, model: &mut Model, dice: &mut Dice, number: u32) {
        let (account, end) = (self.account, self.end);
        let all = folders(account);
        let (folder, name) = dice.one_of(&all).unwrap().clone();
        let (to, to_name) = dice.one_of(&all).unwrap().clone();
        let chosen = dice.one_of(&messages(account, folder)).cloned();
        match dice.below(12) {
            0..=3 => {
                let token = format!("{end:?}{number}");
                let flags = Flags(dice.below(32) & self.flags.0);
                put(self.accounts, account, &name, &text(&token, number), flags, &["$new"]).await;
                model.0.insert(token, Fate::default());
            }
            4 | 5 => {
                let Some((uid, token)) = chosen else { return };
                let mode =
                    *dice.one_of(&[FlagMode::Add, FlagMode::Remove, FlagMode::Replace]).unwrap();
                let keywords = vec![Keyword::new(["$Work", "later"][number as usize % 2]).unwrap()];
                let flags = FlagNames { system: Flags(dice.below(32) & self.flags.0), keywords };
                let change = Flagging { uids: set(uid), mode, flags, unchanged_since: None };
                let before = self.flags_of(folder, uid);
                account.store(folder, change).await.unwrap();
                let after = self.flags_of(folder, uid);
                if before != after {
                    let fate = model.0.get_mut(&token).unwrap();
                    fate.changed.insert(end);
                    fate.flagged.insert(end, after);
                }
            }
            6 | 7 => {
                let Some((uid, token)) = chosen.filter(|_| to != folder) else { return };
                account.r#move(folder, &set(uid), to).await.unwrap();
                model.0.get_mut(&token).unwrap().changed.insert(end);
            }
            8 => {
                let Some((uid, token)) = chosen else { return };
                account.remove(folder, &set(uid)).await.unwrap();
                model.0.get_mut(&token).unwrap().deleted.insert(end);
            }
            9 | 10 => {
                let new = MailboxName::new(&format!("{to_name}/new {end:?}{number}")).unwrap();
                if dice.chance(60) {
                    account.create_mailbox(&new, None).await.unwrap();
                } else if name.contains("new") {
                    // Below itself it cannot be.
                    drop(account.rename_mailbox(folder, &new).await);
                }
            }
            _ => {
                let tokens = messages(account, folder);
                if name.contains("new") && account.delete_mailbox(folder).await.is_ok() {
                    for (_, token) in tokens {
                        let fate = model.0.get_mut(&token).unwrap();
                        fate.deleted.insert(end);
                        fate.with_folder = true;
                    }
                }
            }
        }
    }

    fn flags_of(&self, folder: MailboxId, uid: Uid) -> (u64, Vec<String>) {
        let state = self.account.state(folder).unwrap();
        let entry = state.entries.find(uid).unwrap();
        let keywords = state.keywords_of(entry.flags).map(|it| it.as_str().to_lowercase());
        let mut keywords: Vec<String> = keywords.collect();
        keywords.sort();
        (entry.flags.0 & Flags::SYSTEM.0, keywords)
    }
}

impl Model {
    /// What is there and here, and should be.
    fn holds(&self, there: &tree::Tree, what: &str) {
        let mut found: BTreeMap<String, Vec<(u64, Vec<String>)>> = BTreeMap::new();
        for message in there.values().flatten() {
            let flags = (message.2, message.3.clone());
            found.entry(token(&message.0)).or_default().push(flags);
        }
        for (token, fate) in &self.0 {
            let copies = found.get(token).map(Vec::as_slice).unwrap_or_default();
            assert!(copies.len() <= 1, "{token} is there {} times: {what}", copies.len());
            if fate.deleted.is_empty() {
                assert_eq!(copies.len(), 1, "{token} is lost: {what}\n{fate:?}");
            }
            // Flags that went up unheard look as if they had been changed there, which brings a message back.
            let unheard =
                fate.deleted.contains(&End::Here) && fate.flagged.contains_key(&End::Here);
            let only_here = fate.deleted.is_superset(&fate.changed) && !unheard;
            if !fate.deleted.is_empty() && !fate.with_folder && only_here {
                assert_eq!(copies.len(), 0, "{token} came back: {what}\n{fate:?}");
            }
            if fate.deleted.is_empty() && fate.flagged.len() == 1 {
                let want = fate.flagged.values().next().unwrap();
                assert_eq!(&copies[0], want, "flags of {token}: {what}");
            }
        }
    }
}

async fn filled(model: &mut Model) -> Provider {
    let provider = Provider::new().await;
    for number in 0..12 {
        let token = format!("first{number}");
        let folder = ["INBOX", "Archive", "Sent"][number as usize % 3];
        let flags = Flags(u64::from(number) & !Flags::DELETED.0);
        provider.mail(folder, &text(&token, number), flags, &[]).await;
        model.0.insert(token, Fate::default());
    }
    // Larger than what goes in one piece.
    let large = format!("Subject: ~large~\r\n\r\n{}\r\n", "large ".repeat(15_000));
    provider.mail("Archive", &large, Flags::SEEN, &[]).await;
    model.0.insert("large".to_owned(), Fate::default());
    provider
}

/// Ends in the same mail on both ends, and then nothing is left to do.
async fn both_are_the_same(home: &Home, provider: &Provider, what: &str) -> MirrorDone {
    both_are_the_same_but(home, provider, what, |_| false).await
}

/// The same, but for messages that may be only here.
async fn both_are_the_same_but(
    home: &Home,
    provider: &Provider,
    what: &str,
    may_be_here: impl Fn(&str) -> bool,
) -> MirrorDone {
    let done = home.mirror(provider, &both(), Cut::Never).await.unwrap();
    assert!(done.fault.is_none(), "{what}: {done:?}");
    let mut last = None;
    for _ in 0..3 {
        let again = home.mirror(provider, &both(), Cut::Never).await.unwrap();
        assert!(again.fault.is_none() && again.refused.is_empty(), "{what}: {again:?}");
        let is_over = !again.has_changed();
        last = Some(again);
        if is_over {
            break;
        }
    }
    let last = last.unwrap();
    assert!(!last.has_changed(), "it does not come to an end: {what}: {last:?}");
    let (mut here, there) = (tree::of(&home.account), tree::of(&provider.account));
    let is_there = |it: &str| there.values().flatten().any(|message| token(&message.0) == it);
    for messages in here.values_mut() {
        let is_meant = |it: &str| is_there(it) || !may_be_here(it);
        messages.retain(|message| is_meant(&token(&message.0)));
    }
    for (folder, messages) in &there {
        assert_eq!(here.get(folder), Some(messages), "{folder}: {what}");
    }
    let more = here.iter().filter(|(folder, _)| !there.contains_key(*folder));
    assert_eq!(more.map(|(_, messages)| messages.len()).sum::<usize>(), 0, "{what}");
    done
}

/// One life: edits at both ends and runs that are cut, perhaps with the power going, and in the end one that is not.
async fn life(hidden: &[&'static str], seed: u64) {
    let what = format!("without {hidden:?}, seed {seed}");
    let (mut dice, mut model) = (Dice::new(seed), Model::default());
    let mut provider = filled(&mut model).await;
    provider.hidden = hidden.to_vec();
    let mut home = Home::new().await;
    if dice.chance(80) {
        home.mirror(&provider, &both(), Cut::Never).await;
    }
    for round in 0..dice.below(6) {
        for number in 0..dice.below(10) {
            let (end, accounts, account) = match dice.chance(50) {
                true => (End::Here, &home.accounts, &home.account),
                false => (End::There, &provider.accounts, &provider.account),
            };
            let some = if hidden.contains(&"UIDPLUS") { Flags::DELETED.0 } else { 0 };
            let flags = Flags(Flags::SYSTEM.0 & !some);
            Side { end, flags, accounts, account }
                .edit(&mut model, &mut dice, (round * 10 + number) as u32)
                .await;
        }
        let cut = match dice.below(10) {
            0..=2 => Cut::Server(dice.below(12_000) as usize),
            3..=7 => Cut::Client(dice.below(5_000) as usize),
            _ => Cut::Never,
        };
        home.mirror(&provider, &both(), cut).await;
        if dice.chance(40) {
            home.restart(dice.next());
        }
    }
    // Where the server does not tell under which UID it has what went up, and the run was cut, and somebody deleted it there, it
    // stays here: it may be there in other words, and goes up only once.
    both_are_the_same_but(&home, &provider, &what, |it| {
        let is_deleted = model.0.get(it).is_some_and(|fate| fate.deleted.contains(&End::There));
        hidden.contains(&"UIDPLUS") && is_deleted
    })
    .await;
    model.holds(&tree::of(&provider.account), &what);
    home.restart(3);
    home.is_sound();
}

/// Random lives with fixed seeds: as many as `MIRROR_LIVES` says (`cargo xtask long`: 2,000).
#[test]
fn edits_at_both_ends_and_cuts_lose_nothing_and_double_nothing() {
    let lives = std::env::var("MIRROR_LIVES").ok().and_then(|it| it.parse().ok()).unwrap_or(70);
    for seed in first()..first() + lives {
        run(async {
            life(SERVERS[seed as usize % SERVERS.len()], seed).await;
        });
    }
}

/// The disk here fails at each of its calls.
#[test]
fn a_disk_that_fails_while_changes_go_up_loses_nothing() {
    for trouble in [Trouble::Full, Trouble::Error, Trouble::PowerCut] {
        for call in 1.. {
            let mut happened = false;
            run(async {
                let what = format!("{trouble:?} at call {call}");
                let mut model = Model::default();
                let provider = filled(&mut model).await;
                let mut home = Home::new().await;
                home.mirror(&provider, &both(), Cut::Never).await;
                let mut dice = Dice::new(7);
                for number in 0..24 {
                    let (accounts, account) = match number % 2 {
                        0 => (&home.accounts, &home.account),
                        _ => (&provider.accounts, &provider.account),
                    };
                    let end = if number % 2 == 0 { End::Here } else { End::There };
                    let side = Side { end, flags: Flags::SYSTEM, accounts, account };
                    side.edit(&mut model, &mut dice, number).await;
                }
                home.disk.trouble_for(call, u64::MAX, trouble);
                home.mirror(&provider, &both(), Cut::Never).await;
                happened = home.disk.has_happened();
                home.disk.calm();
                home.restart(call);
                both_are_the_same(&home, &provider, &what).await;
                model.holds(&tree::of(&provider.account), &what);
                home.is_sound();
            });
            if !happened {
                assert!(call > 5, "a mirror writes");
                break;
            }
        }
    }
}

/// The first seed: to see one again that failed.
pub(crate) fn first() -> u64 {
    std::env::var("MIRROR_FIRST").ok().and_then(|it| it.parse().ok()).unwrap_or(0)
}

fn id(account: &Account, name: &str) -> MailboxId {
    account.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id
}

#[test]
fn what_is_done_here_is_done_there() {
    for hidden in SERVERS {
        run(async {
            let mut provider = filled(&mut Model::default()).await;
            provider.hidden = hidden.to_vec();
            let home = Home::new().await;
            both_are_the_same(&home, &provider, "first").await;
            let account = &home.account;
            let inbox = id(account, "INBOX");
            let uids = |first, last| {
                UidSet::from_ranges([(Uid::new(first).unwrap(), Uid::new(last).unwrap())])
            };
            put(
                &home.accounts,
                account,
                "Sent",
                "Subject: ~mine~\r\n\r\n",
                Flags::SEEN,
                &["$Work"],
            )
            .await;
            account.r#move(inbox, &uids(1, 2), id(account, "Archive")).await.unwrap();
            account.remove(inbox, &uids(3, 3)).await.unwrap();
            let flags = FlagNames { system: Flags::FLAGGED, keywords: Vec::new() };
            let (mode, uids) = (FlagMode::Replace, uids(4, 4));
            let change = Flagging { uids, mode, flags, unchanged_since: None };
            account.store(inbox, change).await.unwrap();
            let new = MailboxName::new("Projects/2026").unwrap();
            account.create_mailbox(&new, None).await.unwrap();
            let dry = MirrorWanted { runs: MirrorRuns::Dry, ..both() };
            let planned = home.mirror(&provider, &dry, Cut::Never).await.unwrap().there;
            let done = both_are_the_same(&home, &provider, &format!("{hidden:?}")).await;
            let there = &done.there;
            // A server that cannot move is sent what moved.
            let sent = if there.moved == 0 { 3 } else { 1 };
            let deleted = if there.moved == 0 { 3 } else { 1 };
            assert_eq!((there.sent, there.deleted), (sent, deleted), "{hidden:?} {done:?}");
            // Projects, and 2026 in it.
            assert_eq!((there.marked, there.folders_made), (1, 2), "{hidden:?} {done:?}");
            assert_eq!((planned.sent, planned.deleted, planned.moved), (1, 1, 2), "{planned:?}");
            assert_eq!((done.new, done.deleted, done.moved), (0, 0, 0), "{hidden:?} {done:?}");
            let to = MailboxName::new("Work").unwrap();
            account.rename_mailbox(id(account, "Projects/2026"), &to).await.unwrap();
            let done = both_are_the_same(&home, &provider, "renamed").await;
            assert_eq!(done.there.folders_renamed, 1, "{hidden:?}");
            account.delete_mailbox(id(account, "Work")).await.unwrap();
            let done = both_are_the_same(&home, &provider, "removed").await;
            assert_eq!(done.there.folders_removed, 1, "{hidden:?}");
            home.is_sound();
        });
    }
}

#[test]
fn what_goes_up_only_changes_nothing_here() {
    run(async {
        let provider = filled(&mut Model::default()).await;
        let home = Home::new().await;
        put(&home.accounts, &home.account, "INBOX", "Subject: ~up~\r\n\r\n", Flags::SEEN, &[])
            .await;
        let up = MirrorWanted { direction: Direction::Up, ..both() };
        let before = tree::of(&home.account);
        let done = home.mirror(&provider, &up, Cut::Never).await.unwrap();
        assert!(done.fault.is_none() && done.refused.is_empty(), "{done:?}");
        assert_eq!((done.there.sent, done.new, done.folders_made), (1, 0, 0));
        assert_eq!(tree::of(&home.account), before);
        assert_eq!(tree::of(&provider.account)["INBOX"].len(), 5);
        let done = home.mirror(&provider, &up, Cut::Never).await.unwrap();
        assert!(!done.has_changed(), "{done:?}");
        // What is there comes when it is asked for.
        let done = both_are_the_same(&home, &provider, "both").await;
        assert_eq!((done.new, done.there.sent), (13, 0));
    });
}

#[test]
fn what_both_had_before_is_not_doubled() {
    for hidden in SERVERS {
        run(async {
            let mut provider = Provider::new().await;
            provider.hidden = hidden.to_vec();
            let home = Home::new().await;
            for number in 0..6 {
                let text = text(&format!("same{number}"), number);
                provider.mail("INBOX", &text, Flags::SEEN, &[]).await;
                put(&home.accounts, &home.account, "INBOX", &text, Flags::FLAGGED, &[]).await;
            }
            let done = both_are_the_same(&home, &provider, &format!("{hidden:?}")).await;
            assert_eq!((done.new, done.there.sent), (0, 0), "{done:?}");
            let flags: BTreeSet<u64> =
                tree::of(&provider.account)["INBOX"].iter().map(|it| it.2).collect();
            assert_eq!(flags, BTreeSet::from([Flags::SEEN.with(Flags::FLAGGED).0]));
        });
    }
}

#[test]
fn much_that_was_deleted_here_at_once_is_asked_for_first() {
    run(async {
        let provider = Provider::new().await;
        for number in 0..80 {
            provider.mail("INBOX", &text(&format!("m{number}"), number), Flags::NONE, &[]).await;
        }
        let home = Home::new().await;
        both_are_the_same(&home, &provider, "first").await;
        home.account.remove(id(&home.account, "INBOX"), &UidSet::all()).await.unwrap();
        let unasked = MirrorWanted { delete_max: None, ..both() };
        for _ in 0..2 {
            let done = home.mirror(&provider, &unasked, Cut::Never).await.unwrap();
            let why = Why::TooManyDeleted { gone: 80, max: 50 };
            assert_eq!(done.refused, [("INBOX".to_owned(), why)]);
            assert!(done.is_guarded());
            assert_eq!(tree::of(&provider.account)["INBOX"].len(), 80);
        }
        let done = both_are_the_same(&home, &provider, "asked").await;
        assert_eq!(done.there.deleted, 80);
    });
}

#[test]
fn a_folder_deleted_here_comes_back_when_something_in_it_changed_there() {
    run(async {
        let provider = Provider::new().await;
        let new = MailboxName::new("Projects").unwrap();
        provider.account.create_mailbox(&new, None).await.unwrap();
        provider.mail("Projects", &text("old", 1), Flags::NONE, &[]).await;
        let home = Home::new().await;
        both_are_the_same(&home, &provider, "first").await;
        home.account.delete_mailbox(id(&home.account, "Projects")).await.unwrap();
        provider.mail("Projects", &text("new", 1), Flags::NONE, &[]).await;
        let done = both_are_the_same(&home, &provider, "back").await;
        assert_eq!(done.there.folders_back, 1);
        assert_eq!(tree::of(&home.account)["Projects"].len(), 2);
    });
}

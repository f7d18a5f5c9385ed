//! POP3 over an engine: what its owners rely on, one story each, mostly with two devices.

mod ids;
mod policies;
mod sessions;

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::{
    Account, AccountId, Device, Door, Error, OnDelete, Pop3Choice, Pop3Closed, Pop3Ended, Pop3View,
    Quit, Refused, Timestamp, UidSet, Who,
};

use super::{Bench, id_of, sound, uids};

/// Runs the stories.
pub async fn run(make: impl Fn() -> Arc<dyn Engine>) {
    sessions::run(&make).await;
    policies::run(&make).await;
    ids::run(&make).await;
}

const DAY: i64 = 24 * 3600;

fn device(name: &str) -> Device {
    Device::new(name).unwrap()
}

/// The account as a device sees it.
fn at(bench: &Bench, name: &str) -> Account {
    let device = (!name.is_empty()).then(|| name.to_owned());
    let who = Who { device, ..Who::at(Door::Pop3) };
    bench.accounts.open(AccountId(7), who).unwrap()
}

fn choice(on_delete: OnDelete) -> Pop3Choice {
    Pop3Choice { on_delete: Some(on_delete), ..Pop3Choice::default() }
}

/// Mail with its number as its subject.
async fn fill(bench: &Bench, account: &Account, numbers: std::ops::RangeInclusive<u32>) {
    let mut messages = Vec::new();
    for number in numbers {
        messages.push(bench.message(&format!("Subject: {number}\r\n\r\nMail {number}.\r\n")).await);
    }
    account.append(id_of(account, "INBOX"), messages).await.unwrap();
}

fn shown(view: &Pop3View) -> Vec<u32> {
    view.state().entries.iter().map(|entry| entry.uid.number()).collect()
}

/// What a device is shown by a session that does nothing.
fn sees(bench: &Bench, name: &str) -> Vec<u32> {
    shown(&at(bench, name).open_pop3().unwrap())
}

fn ids(view: &Pop3View) -> Vec<String> {
    let mut ids = Vec::new();
    view.uidls(0, usize::MAX, &mut |index, id| {
        assert_eq!(index, ids.len());
        ids.push(id.to_owned());
    })
    .unwrap();
    ids
}

/// A session that downloads and deletes by UID, and ends.
async fn session(
    bench: &Bench,
    name: &str,
    downloaded: impl IntoIterator<Item = u32>,
    deleted: impl IntoIterator<Item = u32>,
    quit: Quit,
) -> Pop3Closed {
    let account = at(bench, name);
    let view = account.open_pop3().unwrap();
    let ended = Pop3Ended { deleted: uids(deleted), downloaded: uids(downloaded), quit };
    account.close_pop3(view, ended).await.unwrap()
}

fn nothing() -> Pop3Ended {
    Pop3Ended { deleted: UidSet::new(), downloaded: UidSet::new(), quit: Quit::Yes }
}

fn later(bench: &Bench, seconds: i64) {
    let now = bench.accounts.clock().now();
    bench.clock.set(Timestamp(now.0 + seconds));
}

fn refused<T: std::fmt::Debug>(result: Result<T, Error>) -> Refused {
    match result {
        Err(Error::Refused(refused)) => refused,
        other => panic!("not refused: {other:?}"),
    }
}

//! Lines that break and disks that fail, at every place.

use store::sim::{Dice, Trouble};
use sync::companion::AtProvider;
use tokio::runtime::Builder;

use crate::home::{Home, wanted};
use crate::line::Cut;
use crate::maildrop::Shared;

const MAIL: [(&str, &[u8]); 5] = [
    ("a", b"Subject: one\r\nMessage-ID: <1@x>\r\n\r\nHello\r\n.\r\n..\r\n"),
    ("b", b"Subject: two\r\n\r\n"),
    ("c", b"Subject: three\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\n\r\nlast line\r\n"),
    ("d", b"Subject: three\r\n\r\nthe same header as none\r\n"),
    ("e", b"\r\n"),
];
const LATE: (&str, &[u8]) = ("late", b"Subject: late\r\n\r\nIt came in between.\r\n");

/// Servers, by the commands that they do not know.
const SERVERS: [&[&str]; 4] =
    [&[], &["PIPELINING"], &["UIDL", "CAPA"], &["UIDL", "TOP", "CAPA", "PIPELINING"]];

fn run(future: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future);
}

fn maildrop(unknown: &[&'static str]) -> Shared {
    let drop = Shared::of(&MAIL);
    drop.ways(|ways| ways.unknown = unknown.to_vec());
    drop
}

/// Each message is here or there, and here at most once.
fn nothing_is_lost_or_twice(home: &Home, drop: &Shared, what: &str) {
    let mail = home.mail();
    for (id, octets) in MAIL {
        assert!(mail.contains_key(octets) || drop.has(octets), "{id} is lost: {what}");
    }
    for (octets, count) in &mail {
        assert_eq!(*count, 1, "{:?}: {what}", String::from_utf8_lossy(octets));
    }
}

/// One life: a run that is cut, perhaps the power goes, one more message comes, and a run that is not cut.
async fn life(unknown: &[&'static str], at_provider: AtProvider, cut: Cut, seed: Option<u64>) {
    let what = format!("without {unknown:?}, {at_provider:?}, {cut:?}, {seed:?}");
    let drop = maildrop(unknown);
    let mut home = Home::new().await;
    home.pull(&drop, &wanted(at_provider), cut).await;
    if let Some(seed) = seed {
        home.restart(seed);
    }
    nothing_is_lost_or_twice(&home, &drop, &what);
    drop.add(LATE.0, LATE.1);
    let done = home.pull(&drop, &wanted(at_provider), Cut::Never).await.unwrap();
    assert!(done.fault.is_none(), "{what}: {:?}", done.fault);
    nothing_is_lost_or_twice(&home, &drop, &what);
    assert_eq!(home.mail().len(), 6, "{what}");
    let left = if at_provider == AtProvider::Move { 0 } else { 6 };
    assert_eq!(drop.count(), left, "{what}");
    // Nothing is left to do.
    let again = home.pull(&drop, &wanted(at_provider), Cut::Never).await.unwrap();
    assert_eq!((again.new, again.summary.removed), (0, 0), "{what}");
    home.restart(9);
    assert_eq!(home.mail().len(), 6, "{what}");
    home.is_sound();
}

#[test]
fn whatever_the_server_knows_all_mail_comes_once() {
    for unknown in SERVERS {
        for at_provider in [AtProvider::Move, AtProvider::Keep, AtProvider::KeepDays(3)] {
            run(life(unknown, at_provider, Cut::Never, None));
        }
    }
}

/// Cuts at random places with fixed seeds: as many as `PULL_LIVES` says (`cargo xtask long`: 1,000).
#[test]
fn a_pull_that_is_cut_goes_on_and_loses_nothing() {
    let lives = std::env::var("PULL_LIVES").ok().and_then(|it| it.parse().ok());
    let mut dice = Dice::new(13);
    for _ in 0..lives.unwrap_or(150_u32) {
        let unknown = *dice.one_of(&SERVERS).unwrap();
        let ways = [AtProvider::Move, AtProvider::Move, AtProvider::Keep];
        let at_provider = *dice.one_of(&ways).unwrap();
        let cut = match dice.chance(70) {
            true => Cut::Server(dice.below(900) as usize),
            false => Cut::Client(dice.below(150) as usize),
        };
        let seed = dice.chance(50).then(|| dice.next());
        run(life(unknown, at_provider, cut, seed));
    }
}

/// The disk here fails at each of its calls: nothing is gone at the provider that is not durable here.
#[test]
fn a_disk_that_fails_at_any_call_deletes_nothing_at_the_provider() {
    for trouble in [Trouble::Full, Trouble::ShortWrite, Trouble::Error, Trouble::PowerCut] {
        let mut calls = 0;
        for call in 1.. {
            let mut happened = false;
            run(async {
                let what = format!("{trouble:?} at call {call}");
                let drop = maildrop(&[]);
                let mut home = Home::new().await;
                home.disk.trouble_for(call, u64::MAX, trouble);
                home.pull(&drop, &wanted(AtProvider::Move), Cut::Never).await;
                happened = home.disk.has_happened();
                home.disk.calm();
                home.restart(call);
                nothing_is_lost_or_twice(&home, &drop, &what);
                let done = home.pull(&drop, &wanted(AtProvider::Move), Cut::Never).await.unwrap();
                assert!(done.fault.is_none(), "{what}: {:?}", done.fault);
                assert_eq!((home.mail().len(), drop.count()), (5, 0), "{what}");
                nothing_is_lost_or_twice(&home, &drop, &what);
                home.is_sound();
            });
            if !happened {
                break;
            }
            calls = call;
        }
        println!("{trouble:?}: {calls} calls");
        assert!(calls > 5, "a pull writes");
    }
}

/// So does one that has too little room from the beginning.
#[test]
fn a_small_disk_keeps_what_it_has_and_the_rest_stays_at_the_provider() {
    run(async {
        let drop = Shared::default();
        let mail: Vec<Vec<u8>> = (0..40)
            .map(|n| {
                format!("Subject: {n}\r\n\r\n{}\r\n", format!("{n} ").repeat(3_000)).into_bytes()
            })
            .collect();
        for (n, octets) in mail.iter().enumerate() {
            drop.add(&format!("id{n}"), octets);
        }
        let mut home = Home::new().await;
        home.disk.set_capacity(Some(home.disk.used_octets() + 300_000));
        let done = home.pull(&drop, &wanted(AtProvider::Move), Cut::Never).await.unwrap();
        assert!(done.fault.is_some());
        home.disk.set_capacity(None);
        home.restart(3);
        let here = home.mail();
        for octets in &mail {
            assert!(here.contains_key(octets) || drop.has(octets));
        }
        let done = home.pull(&drop, &wanted(AtProvider::Move), Cut::Never).await.unwrap();
        assert!(done.fault.is_none(), "{:?}", done.fault);
        assert_eq!((home.mail().len(), drop.count()), (40, 0));
    });
}

//! A pull that is cut behind every octet of either side and goes on afterwards: nothing is lost, nothing comes twice,
//! and what is to be removed is removed, whatever the policy and however little the server can.

use mailbox::Timestamp;
use pop3::client::pull::{
    DeletedHere, Go, Identity, Leave, Name, Order, Plan, Policy, Removal, WithoutIds, plan,
};
use sasl::{Binding, Credentials, Nonce, Secret};
use tokio::runtime::Builder;

use crate::host::{Fate, Host};
use crate::line::Cut;
use crate::shelf::Shelf;

const MAIL: [&[u8]; 3] = [
    b"Subject: one\r\n\r\nHello\r\n.\r\n..\r\n",
    b"Subject: two\r\n\r\n",
    b"Subject: three\r\n\r\nlast line\r\n",
];
const LATE: &[u8] = b"Subject: late\r\n\r\nIt came between the cut and the next run.\r\n";

/// Servers, by the commands that they do not know.
const SERVERS: [&[&str]; 4] = [&[], &["CAPA"], &["UIDL"], &["UIDL", "TOP ", "CAPA"]];

fn at_once() -> Policy {
    Policy { removal: Removal::AtOnce, without_ids: WithoutIds::Remove, ..Policy::default() }
}

fn leave(days: Option<u32>, deleted_here: DeletedHere) -> Policy {
    let removal = Removal::Leave(Leave { days, deleted_here });
    Policy { removal, ..at_once() }
}

fn run(future: impl Future<Output = ()>) {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    runtime.block_on(future);
}

/// Each message is held, or still on the server.
fn nothing_is_lost(host: &Host, shelf: &Shelf) {
    for (index, mail) in MAIL.into_iter().enumerate() {
        let held = shelf.durable.mail.iter().any(|held| held == mail);
        assert!(held || host.has(index), "message {index} is lost");
    }
}

fn each_is_held_once(shelf: &Shelf, wanted: &[&[u8]]) {
    let mut held = shelf.durable.mail.clone();
    held.sort();
    let mut wanted: Vec<Vec<u8>> = wanted.iter().map(|mail| mail.to_vec()).collect();
    wanted.sort();
    assert_eq!(held, wanted);
}

/// One life: cut, a message comes, two runs more. The last one finds nothing to do.
async fn life(hidden: &'static [&'static str], policy: &Policy, cut: Cut, fate: Fate) -> bool {
    let host = Host::new(hidden).await;
    for mail in MAIL {
        host.world.mail(mail).await;
    }
    let mut shelf = Shelf::new();
    let first = host.pull(&mut shelf, policy, cut, fate).await;
    shelf.crash();
    nothing_is_lost(&host, &shelf);
    if first.result.is_err() {
        // What was whole is not fetched again.
        let held = shelf.durable.mail.len();
        let again = host.pull(&mut shelf, policy, Cut::Never, fate).await.result.unwrap();
        assert_eq!(again.taken as usize, MAIL.len() - held);
    }
    host.world.mail(LATE).await;
    let last = host.pull(&mut shelf, policy, Cut::Never, fate).await.result.unwrap();
    assert_eq!((last.taken, last.refused, last.waiting), (1, 0, 0));
    each_is_held_once(&shelf, &[MAIL[0], MAIL[1], MAIL[2], LATE]);
    match &policy.removal {
        Removal::AtOnce => assert_eq!(host.messages(), 0),
        Removal::Leave(leave) => {
            assert_eq!(host.messages(), 4);
            let ids = !hidden.contains(&"TOP ");
            later(&host, &mut shelf, policy, leave, ids).await;
        }
    }
    first.result.is_ok()
}

/// Deletes here, and lets time pass.
async fn later(host: &Host, shelf: &mut Shelf, policy: &Policy, leave: &Leave, ids: bool) {
    shelf.delete_here(MAIL[1]);
    let run = host.pull(shelf, policy, Cut::Never, Fate::LivesOn).await.result.unwrap();
    let goes = leave.deleted_here == DeletedHere::Go;
    assert_eq!((run.taken, run.removed), (0, u32::from(goes)));
    shelf.now = Timestamp(shelf.now.0 + 14 * 86_400 - 1);
    let run = host.pull(shelf, policy, Cut::Never, Fate::LivesOn).await.result.unwrap();
    assert_eq!((run.taken, run.removed), (0, 0));
    shelf.now = Timestamp(shelf.now.0 + 1);
    let run = host.pull(shelf, policy, Cut::Never, Fate::LivesOn).await.result.unwrap();
    let left = 4 - u32::from(goes);
    assert_eq!((run.taken, run.removed), (0, if leave.days.is_some() { left } else { 0 }));
    assert_eq!(shelf.durable.mail.len(), 4, "with ids: {ids}");
}

/// Cuts at every octet, in steps of `step`.
fn every_cut(hidden: &'static [&'static str], policy: &Policy, step: usize) {
    let (mut server, mut client) = (0, 0);
    run(async {
        let host = Host::new(hidden).await;
        for mail in MAIL {
            host.world.mail(mail).await;
        }
        let whole = host.pull(&mut Shelf::new(), policy, Cut::Never, Fate::LivesOn).await;
        whole.result.unwrap();
        (server, client) = (whole.server_octets, whole.client_octets);
    });
    let cuts = (0..server).map(Cut::Server).chain((0..client).map(Cut::Client));
    let mut lives = 0;
    for cut in cuts.step_by(step) {
        for fate in [Fate::LivesOn, Fate::Dies] {
            let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                run(async { assert!(!life(hidden, policy, cut, fate).await, "not cut") });
            }));
            assert!(told.is_ok(), "without {hidden:?}, {cut:?}, {fate:?}, {policy:?}");
            lives += 1;
        }
    }
    println!("without {hidden:?}: {lives} lives, {server} + {client} octets");
    run(async { assert!(life(hidden, policy, Cut::Never, Fate::LivesOn).await) });
}

#[test]
fn cut_at_every_octet_when_mail_is_taken_and_removed() {
    every_cut(SERVERS[0], &at_once(), 1);
}

#[test]
fn cut_when_the_newest_mail_comes_first() {
    for hidden in SERVERS {
        every_cut(hidden, &Policy { order: Order::Newest, ..at_once() }, 7);
    }
}

#[test]
fn the_newest_mail_is_held_first() {
    run(async {
        let host = Host::new(&[]).await;
        for mail in MAIL {
            host.world.mail(mail).await;
        }
        let mut shelf = Shelf::new();
        let policy = Policy { order: Order::Newest, messages_max: Some(1), ..at_once() };
        for mail in MAIL.iter().rev() {
            let run = host.pull(&mut shelf, &policy, Cut::Never, Fate::LivesOn).await;
            assert_eq!(run.result.unwrap().taken, 1);
            assert_eq!(shelf.durable.mail.last().map(Vec::as_slice), Some(*mail));
        }
    });
}

#[test]
fn what_cannot_be_read_any_more_stays_on_the_server() {
    run(async {
        let host = Host::new(&[]).await;
        for mail in MAIL {
            host.world.mail(mail).await;
        }
        let mut shelf = Shelf::new();
        let left = leave(None, DeletedHere::Stay);
        host.pull(&mut shelf, &left, Cut::Never, Fate::LivesOn).await.result.unwrap();
        let second: Identity = shelf.durable.placed.keys().nth(1).cloned().unwrap();
        assert!(matches!(second.name, Name::Unique(_)));
        shelf.unreadable.insert(second);
        let run = host.pull(&mut shelf, &at_once(), Cut::Never, Fate::LivesOn).await;
        let run = run.result.unwrap();
        assert_eq!((run.removed, run.unreadable, host.messages()), (2, 1, 1));
    });
}

#[test]
fn a_plan_tells_what_a_pull_does_and_does_nothing() {
    run(async {
        let host = Host::new(&[]).await;
        host.world.mail(MAIL[0]).await;
        let mut shelf = Shelf::new();
        let left = leave(None, DeletedHere::Stay);
        host.pull(&mut shelf, &left, Cut::Never, Fate::LivesOn).await.result.unwrap();
        host.world.mail(MAIL[1]).await;
        host.world.mail(MAIL[2]).await;
        let octets = u64::try_from(MAIL[1].len() + MAIL[2].len()).unwrap();
        let planned = |remove| Plan {
            listed: 3,
            take: 2,
            take_octets: octets,
            remove,
            held: 1,
            ..Plan::default()
        };
        for (policy, remove) in [(left, 0), (at_once(), 3)] {
            let mut client = host.client().await;
            let credentials = Credentials::password("ana", Secret::new("secret"));
            client.login(credentials, Nonce::from_random([5; 18]), Binding::Unable).await.unwrap();
            let now = shelf.now;
            let found = plan(client, &mut shelf, &policy, now).await.unwrap();
            assert_eq!(found, planned(remove));
            assert_eq!((host.messages(), shelf.durable.mail.len()), (3, 1));
        }
    });
}

#[test]
fn cut_at_every_octet_when_mail_is_left() {
    every_cut(SERVERS[0], &leave(None, DeletedHere::Stay), 1);
}

#[test]
fn cut_when_mail_is_left_for_days_or_until_deleted_here() {
    every_cut(SERVERS[0], &leave(Some(14), DeletedHere::Stay), 5);
    every_cut(SERVERS[0], &leave(None, DeletedHere::Go), 5);
    every_cut(SERVERS[0], &leave(Some(14), DeletedHere::Go), 5);
}

#[test]
fn cut_on_servers_that_know_less() {
    for hidden in SERVERS.into_iter().skip(1) {
        every_cut(hidden, &at_once(), 2);
        every_cut(hidden, &leave(Some(14), DeletedHere::Go), 7);
    }
}

#[test]
fn without_ids_nothing_is_removed_unless_the_person_says_so() {
    for hidden in SERVERS.into_iter().skip(2) {
        run(async {
            let host = Host::new(hidden).await;
            for mail in MAIL {
                host.world.mail(mail).await;
            }
            let mut shelf = Shelf::new();
            let policy = Policy { without_ids: WithoutIds::Leave, ..at_once() };
            for taken in [3, 0, 0] {
                let run = host.pull(&mut shelf, &policy, Cut::Never, Fate::LivesOn).await;
                let run = run.result.unwrap();
                assert_eq!((run.taken, run.removed, run.kept_without_id), (taken, 0, 3));
            }
            assert_eq!(host.messages(), 3);
            let run = host.pull(&mut shelf, &at_once(), Cut::Never, Fate::LivesOn).await;
            assert_eq!(run.result.unwrap().removed, 3);
            each_is_held_once(&shelf, &MAIL);
        });
    }
}

#[test]
fn a_full_disk_removes_nothing_that_is_not_held() {
    run(async {
        let host = Host::new(&[]).await;
        for mail in MAIL {
            host.world.mail(mail).await;
        }
        let mut shelf = Shelf::new();
        shelf.space = 2;
        let run = host.pull(&mut shelf, &at_once(), Cut::Never, Fate::LivesOn).await;
        assert_eq!(run.result.unwrap_err(), "the messages could not be kept: the disk is full");
        assert_eq!(host.messages(), 3);
        shelf.crash();
        shelf.space = 9;
        let run = host.pull(&mut shelf, &at_once(), Cut::Never, Fate::LivesOn).await;
        assert_eq!(run.result.unwrap().removed, 3);
        each_is_held_once(&shelf, &MAIL);
    });
}

#[test]
fn a_quit_that_fails_removes_nothing_and_the_next_run_does_it() {
    run(async {
        let host = Host::new(&[]).await;
        for mail in MAIL {
            host.world.mail(mail).await;
        }
        let mut shelf = Shelf::new();
        host.world.engine.fail("commits");
        let run = host.pull(&mut shelf, &at_once(), Cut::Never, Fate::LivesOn).await;
        let told = run.result.unwrap_err();
        assert!(told.starts_with("the server refused: "), "{told}");
        assert_eq!((host.messages(), shelf.durable.leaving.len()), (3, 3));
        host.world.engine.mend();
        let run = host.pull(&mut shelf, &at_once(), Cut::Never, Fate::LivesOn).await;
        let run = run.result.unwrap();
        assert_eq!((run.taken, run.held_before, run.removed), (0, 3, 3));
        assert_eq!((host.messages(), shelf.durable.leaving.len()), (0, 0));
    });
}

#[test]
fn the_person_can_stop_and_what_was_taken_is_removed_in_good_order() {
    run(async {
        let host = Host::new(&[]).await;
        for number in 0..500 {
            host.world.mail(format!("Subject: {number}\r\n\r\n").as_bytes()).await;
        }
        let mut shelf = Shelf::new();
        let mut watch = |progress: pop3::client::pull::Progress| {
            assert_eq!(progress.messages_expected, 500);
            if progress.messages >= 10 { Go::Stop } else { Go::On }
        };
        let policy = at_once();
        let session = host.watched(&mut shelf, &policy, Cut::Never, Fate::LivesOn, &mut watch);
        let run = session.await.result.unwrap();
        assert!(run.stopped && (10..=74).contains(&run.taken), "{run:?}");
        assert_eq!((run.removed, run.waiting), (run.taken, 500 - run.taken));
        assert_eq!(host.messages(), 500 - run.taken as usize);
        // At most so many in a run: the oldest first.
        let policy = Policy { messages_max: Some(100), ..at_once() };
        let before = shelf.durable.mail.len();
        let run = host.pull(&mut shelf, &policy, Cut::Never, Fate::LivesOn).await.result.unwrap();
        assert_eq!((run.taken, run.removed), (100, 100));
        let want = format!("Subject: {before}\r\n\r\n").into_bytes();
        assert_eq!(shelf.durable.mail[before], want);
    });
}

#[test]
fn two_narrow_pipes_do_not_lock_both_ends() {
    run(async {
        let mut host = Host::new(&[]).await;
        // Neither a window of commands nor an answer fits into a pipe.
        host.pipe_octets = 16;
        for number in 0..300 {
            let line = "x".repeat(number * 7);
            host.world.mail(format!("Subject: {number}\r\n\r\n{line}\r\n").as_bytes()).await;
        }
        let mut shelf = Shelf::new();
        let run = host.pull(&mut shelf, &at_once(), Cut::Never, Fate::LivesOn).await;
        let run = run.result.unwrap();
        assert_eq!((run.taken, run.removed), (300, 300));
        assert_eq!(shelf.durable.mail.len(), 300);
    });
}

#[test]
fn a_hundred_messages_take_few_round_trips() {
    run(async {
        let mut host = Host::new(&[]).await;
        host.delay = std::time::Duration::from_millis(50);
        for number in 0..100 {
            let line = "x".repeat(number * 70);
            host.world.mail(format!("Subject: {number}\r\n\r\n{line}\r\n").as_bytes()).await;
        }
        let mut shelf = Shelf::new();
        for (taken, round_trips_max) in [(100, 7), (0, 5)] {
            let begin = tokio::time::Instant::now();
            let run = host.pull(&mut shelf, &at_once(), Cut::Never, Fate::LivesOn).await;
            assert_eq!(run.result.unwrap().taken, taken);
            let round_trips = begin.elapsed().as_secs_f64() / 0.1;
            println!("{taken} messages: {round_trips} round trips");
            assert!(round_trips <= f64::from(round_trips_max) + 0.2, "{round_trips}");
        }
    });
}

#[test]
fn a_pull_can_be_given_to_any_thread() {
    fn given<T: Send>(_: T) {}
    run(async {
        let host = Host::new(&[]).await;
        let (client, mut shelf, policy) = (host.client().await, Shelf::new(), at_once());
        let now = shelf.now;
        given(pop3::client::pull::pull(client, &mut shelf, &policy, now, &mut |_| Go::On));
    });
}

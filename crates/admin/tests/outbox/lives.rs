//! One life of an outbox for each call of the disk.

use std::sync::Arc;

use admin::{Outbox, OutboxFault};
use mailbox::{SetClock, Timestamp};
use sasl::Secret;
use store::Disk;
use store::sim::{Dice, SimulatedDisk, Trouble as DiskTrouble, sweep};
use sync::outbox::{
    Copy, CopyBy, Draft, Held, Manner, Notices, OutboxRun, OutboxShelf as _, Progress, Sender,
    Taking, WhichParcels, Whom,
};
use sync::{Login, Trust, Words};
use tokio::runtime::Builder;

use crate::line::Cut;
use crate::server::{ABLE, Post};

const NOW: i64 = 1_800_000_000;

fn draft(number: u32) -> Draft {
    let text = format!(
        "To: b{number}@x.org\nMessage-ID: <{number}@example.org>\n\nHello\n{}",
        "line\n".repeat(200)
    );
    let taking = Taking {
        account: "ana@example.org",
        local: None,
        sender: Sender::Account,
        whom: Whom::OfHeader,
        full_name: None,
        manner: Manner::Person,
        copy: CopyBy::Us,
        notices: Notices::default(),
        now: Timestamp(NOW),
        unique: "unique",
    };
    Draft::of(text.as_bytes(), &taking).unwrap()
}

/// One run; `Err`: the disk failed.
async fn run(outbox: &Outbox, post: &Post, after_s: i64) -> Result<(), OutboxFault> {
    let clock = SetClock::at(Timestamp(NOW + after_s));
    let endpoint = "submission+insecure://127.0.0.1:1587".parse().unwrap();
    let pass = sasl::Pass::Password(Secret::new("secret"));
    let login = Login { endpoint: &endpoint, trust: &Trust::Usual, user: "ana", pass: &pass };
    let turn = outbox.turn(Timestamp(NOW + after_s))?.unwrap();
    let mut run = OutboxRun::new(&turn, &clock, Words::English, WhichParcels::Due)?;
    run.send(post, &login, &mut |_, _| {}).await?;
    run.leave_copies()?;
    run.finish()
}

/// What somebody remembers of a life: which messages were taken, which refused without doubt, and what the provider got.
#[derive(Default)]
struct Memory {
    taken: Vec<u32>,
    refused: Vec<u32>,
    post: Option<Post>,
}

async fn live(disk: Arc<dyn Disk>) -> Memory {
    let (outbox, post) = (Outbox::new(disk), Post::new(ABLE));
    let mut memory = Memory::default();
    for number in 0..3 {
        match outbox.add(&draft(number), Timestamp(NOW)) {
            Ok(_) => memory.taken.push(number),
            Err(OutboxFault::Unsure(_)) => {}
            Err(_) => memory.refused.push(number),
        }
        drop(run(&outbox, &post, i64::from(number)).await);
    }
    memory.post = Some(post);
    memory
}

fn times(post: &Post, number: u32) -> usize {
    let to = format!("b{number}@x.org");
    post.got().iter().filter(|(recipients, _)| recipients.contains(&to)).count()
}

/// Goes on with what is left, and looks whether all is well.
async fn look(memory: Memory, disk: Arc<dyn Disk>, call: u64, trouble: DiskTrouble) {
    let (outbox, post) = (Outbox::new(Arc::clone(&disk)), memory.post.unwrap());
    let lost_before = outbox.list().unwrap().unreadable;
    assert_eq!(lost_before, Vec::<String>::new(), "{trouble:?} at call {call}");
    for round in 1..4 {
        run(&outbox, &post, 1_000 * round).await.unwrap();
    }
    let what = format!("{trouble:?} at call {call}");
    assert!(outbox.list().unwrap().parcels.is_empty(), "{what}");
    let doubled: usize = (0..3).map(|number| times(&post, number).saturating_sub(1)).sum();
    // What trouble at one call can hide is the answer to one message.
    assert!(doubled <= 1, "{what}: {doubled} doubled");
    for number in memory.taken {
        assert!(times(&post, number) >= 1, "{what}: {number} was lost");
    }
    for number in memory.refused {
        // Once the power is off nothing can be taken back; whoever was told so was told by a program that ends.
        let may = usize::from(trouble == DiskTrouble::PowerCut);
        assert!(times(&post, number) <= may, "{what}: {number} was refused and sent");
    }
    // Nothing is left over but the lock and the room kept free.
    let turn = outbox.turn(Timestamp(NOW + 1_000_000)).unwrap();
    drop(turn);
    let left = disk.list("").unwrap();
    assert!(left.iter().all(|name| ["lock", "spare"].contains(&name.as_str())), "{what}: {left:?}");
}

#[test]
fn trouble_at_any_call_loses_nothing_and_doubles_one_message_at_most() {
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    for trouble in DiskTrouble::ALL {
        let tried = sweep(
            trouble,
            1,
            |disk| runtime.block_on(live(disk)),
            |memory, disk, call| runtime.block_on(look(memory, disk, call, trouble)),
        );
        assert!(tried > 20, "{trouble:?}: {tried}");
    }
}

#[tokio::test(start_paused = true)]
async fn on_a_full_disk_nothing_is_taken_and_nothing_goes_twice() {
    let disk = SimulatedDisk::new(7);
    let (outbox, post) = (Outbox::new(Arc::new(disk.clone())), Post::new(ABLE));
    outbox.add(&draft(1), Timestamp(NOW)).unwrap();
    disk.set_capacity(Some(disk.used_octets()));
    // Without room for what has to be noted nothing is sent.
    assert!(matches!(run(&outbox, &post, 0).await, Err(OutboxFault::NoSpace)));
    assert!(matches!(outbox.add(&draft(2), Timestamp(NOW)), Err(OutboxFault::NoSpace)));
    assert_eq!((post.got().len(), outbox.list().unwrap().parcels.len()), (0, 1));
    disk.set_capacity(None);
    run(&outbox, &post, 1).await.unwrap();
    assert_eq!(post.got().len(), 1);
    assert!(outbox.list().unwrap().parcels.is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_answered_finds_room_on_a_disk_that_filled_up_meanwhile() {
    let disk = SimulatedDisk::new(7);
    let outbox = Outbox::new(Arc::new(disk.clone()));
    outbox.add(&draft(1), Timestamp(NOW)).unwrap();
    let turn = outbox.turn(Timestamp(NOW)).unwrap().unwrap();
    let parcel = outbox.list().unwrap().parcels.remove(0);
    disk.set_capacity(Some(disk.used_octets()));
    let mut state = parcel.state.clone();
    state.ending_since = Some(NOW);
    assert!(matches!(turn.keep(&parcel.id, &state), Err(OutboxFault::NoSpace)));
    (state.ending_since, state.copy) = (None, Copy::Made);
    state.recipients[0].progress = Progress::Sent;
    turn.keep(&parcel.id, &state).unwrap();
    assert_eq!(outbox.parcel(&parcel.id).unwrap().unwrap().state, state);
}

#[test]
fn one_has_the_turn_and_others_may_add() {
    let outbox = Outbox::new(Arc::new(SimulatedDisk::new(7)));
    let turn = outbox.turn(Timestamp(NOW)).unwrap();
    assert!(turn.is_some() && outbox.turn(Timestamp(NOW)).unwrap().is_none());
    outbox.add(&draft(1), Timestamp(NOW)).unwrap();
    drop(turn);
    let turn = outbox.turn(Timestamp(NOW)).unwrap().unwrap();
    assert_eq!(turn.parcels().unwrap().len(), 1);
}

#[test]
fn what_cannot_be_read_is_named_and_not_sent() {
    let disk = SimulatedDisk::new(7);
    let outbox = Outbox::new(Arc::new(disk.clone()));
    let ids: Vec<_> =
        (0..3).map(|number| outbox.add(&draft(number), Timestamp(NOW)).unwrap()).collect();
    disk.overwrite(&format!("{}.mail", ids[0]), 0, b"zzzz");
    disk.overwrite(&format!("{}.mail", ids[1]), 12, b"\0\0\0");
    let list = outbox.list().unwrap();
    let mut named = vec![format!("{}.mail", ids[0]), format!("{}.mail", ids[1])];
    named.sort();
    assert_eq!((list.parcels.len(), list.unreadable), (1, named));
    // How far it is nobody knows: then a person decides.
    let turn = outbox.turn(Timestamp(NOW)).unwrap().unwrap();
    turn.keep(&ids[2], &list.parcels[0].state).unwrap();
    disk.overwrite(&format!("{}.state", ids[2]), 0, b"zz");
    let state = outbox.parcel(&ids[2]).unwrap().unwrap().state;
    assert_eq!(state.held, Some(Held::Unsure));
}

/// What may happen to a run at once: the line breaks, the server puts off or hangs up, the disk fails.
fn trouble(dice: &mut Dice, disk: &SimulatedDisk, post: &Post) {
    *post.cut.lock().unwrap() = match dice.below(4) {
        0 => Cut::Server(dice.below(400) as usize),
        1 => Cut::Client(dice.below(1_600) as usize),
        _ => Cut::Never,
    };
    let commands = ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "."];
    let answers = ["421 4.3.2 later", "451 4.3.0 later", "!hangs up", "!taken", "x nonsense"];
    if dice.chance(40) {
        let (command, answer) = (dice.one_of(&commands).unwrap(), dice.one_of(&answers).unwrap());
        post.script.lock().unwrap().push((format!("~{command}"), (*answer).to_owned()));
    }
    if dice.chance(20) {
        post.script.lock().unwrap().push(("~.".to_owned(), "!taken".to_owned()));
    }
    if dice.chance(40) {
        let what = [DiskTrouble::Error, DiskTrouble::Full, DiskTrouble::ShortWrite];
        disk.trouble_at(dice.below(30) + 1, *dice.one_of(&what).unwrap());
    }
}

/// Random lives with fixed seeds: as many as `OUTBOX_LIVES` says (`cargo xtask long`: 10,000).
#[test]
fn random_lives_lose_nothing_and_send_nothing_a_third_time() {
    let lives = std::env::var("OUTBOX_LIVES").ok().and_then(|it| it.parse().ok()).unwrap_or(300);
    let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let (mut doubled, mut unsure) = (0, 0);
    for seed in 0..lives {
        let mut dice = Dice::new(seed);
        let mut disk = SimulatedDisk::new(seed);
        let post = Post::new(ABLE);
        let mut taken = Vec::new();
        let mut clock = 0;
        runtime.block_on(async {
            for number in 0..dice.below(6) as u32 + 1 {
                let outbox = Outbox::new(Arc::new(disk.clone()));
                trouble(&mut dice, &disk, &post);
                if outbox.add(&draft(number), Timestamp(NOW)).is_ok() {
                    taken.push(number);
                }
                drop(run(&outbox, &post, clock).await);
                clock += dice.below(1_200) as i64;
                disk.calm();
                if dice.chance(30) {
                    // As after the power went.
                    disk = disk.restart(seed);
                }
            }
            *post.cut.lock().unwrap() = Cut::Never;
            post.script.lock().unwrap().clear();
            let outbox = Outbox::new(Arc::new(disk.clone()));
            for round in 1..6 {
                run(&outbox, &post, clock + 20_000 * round).await.unwrap();
            }
            let left = outbox.list().unwrap();
            assert_eq!(left.unreadable, Vec::<String>::new(), "seed {seed}");
            for parcel in &left.parcels {
                assert_eq!(parcel.state.held, Some(Held::Unsure), "seed {seed}: {parcel:?}");
                unsure += 1;
            }
            for number in taken {
                let times = times(&post, number);
                let to = format!("b{number}@x.org");
                let waits = left.parcels.iter().any(|it| it.envelope.recipients[0] == to);
                assert!(times >= 1 || waits, "seed {seed}: {number} was lost");
                assert!(times <= 2, "seed {seed}: {number} came {times} times");
                doubled += usize::from(times == 2);
            }
            assert!(post.heard("CONNECT") > 0 || left.parcels.is_empty(), "seed {seed}");
        });
    }
    // The troubles are of the kind that makes them.
    assert!(lives < 100 || (doubled > 0 && unsure > 0), "{doubled} doubled, {unsure} unsure");
}

#[tokio::test(start_paused = true)]
async fn what_a_server_puts_off_is_sent_later() {
    let outbox = Outbox::new(Arc::new(SimulatedDisk::new(7)));
    let post = Post::new(ABLE).says("~RCPT", "451 4.3.0 later");
    outbox.add(&draft(1), Timestamp(NOW)).unwrap();
    for (after_s, sent) in [(0, 0), (299, 0), (300, 1)] {
        run(&outbox, &post, after_s).await.unwrap();
        assert_eq!(post.got().len(), sent, "after {after_s} s");
    }
}

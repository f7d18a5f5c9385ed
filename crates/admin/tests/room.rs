//! A disk that gets full is relieved: what was deleted longest ago goes, and service comes back by itself.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use admin::room::{Margins, RoomKeeper};
use mailbox::operations::{Append, Store as Flagging};
use mailbox::{
    Account, AccountId, Accounts, Door, Error, FlagMode, FlagNames, Flags, MailboxName, Policy,
    Refused, SetClock, Timestamp, UidSet, Who,
};
use store::sim::SimulatedDisk;
use store::{Options, Store};

const MARGINS: Margins = Margins { short_octets: 20_000, enough_octets: 100_000 };

async fn append(accounts: &Accounts, account: &Account, octets: usize) -> Result<(), Error> {
    let mut incoming = accounts.receive();
    incoming.write(&vec![b'x'; octets]).await.unwrap();
    let received = incoming.finish().await.unwrap();
    let flags = FlagNames { system: Flags::DELETED, keywords: vec![] };
    let append = Append { received, flags, internal_date: None, uidl: None };
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    account.append(inbox, vec![append]).await.map(|_| ())
}

async fn expunge(account: &Account) {
    let inbox = account.find(&MailboxName::inbox()).unwrap().unwrap().id;
    account.expunge(inbox, None).await.unwrap();
}

/// Two users of a host.
struct Host {
    clock: Arc<SetClock>,
    accounts: Accounts,
    keeper: RoomKeeper,
    ana: Account,
    rui: Account,
}

/// Makes a host on a disk that has so much room left.
async fn host(disk: &SimulatedDisk, options: Options, room: u64) -> Host {
    let store = Store::open(Arc::new(disk.clone()), options).unwrap();
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let engine = Arc::new(store.clone());
    let accounts = Accounts::new(engine, Arc::<SetClock>::clone(&clock), Policy::default());
    let keeper = RoomKeeper::new(store.clone(), accounts.clone(), MARGINS);
    let ana = accounts.create(AccountId(1), &Who::at(Door::Imap)).await.unwrap();
    let rui = accounts.create(AccountId(2), &Who::at(Door::Imap)).await.unwrap();
    append(&accounts, &rui, 1_000).await.unwrap();
    store.checkpoint().unwrap();
    disk.set_capacity(Some(disk.used_octets() + room));
    Host { clock, accounts, keeper, ana, rui }
}

#[tokio::test]
async fn after_a_full_disk_was_emptied_by_its_user_service_resumes() {
    let disk = SimulatedDisk::new(1);
    let options = Options {
        segment_octets: 100_000,
        // The index is left alone, so that it is known where room comes from.
        index_slack_octets: 1 << 30,
        free_octets_floor: 50_000,
        reserve_octets: 4 << 20,
        ..Options::tiny()
    };
    let Host { clock, accounts, keeper, ana, rui } = host(&disk, options, 600_000).await;
    assert_eq!(keeper.relieve().await.unwrap().messages, 0, "there is room");
    let mut number = 0;
    let refused = loop {
        number += 1;
        match append(&accounts, &ana, 3_000 + number).await {
            Ok(()) => assert!(number < 1_000, "the disk does not get full"),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, Error::Refused(Refused::NoSpace)), "{refused}");
    // Nothing can be dropped: all of it is wanted.
    assert_eq!(keeper.relieve().await.unwrap().messages, 0);
    assert!(append(&accounts, &rui, 3_000).await.is_err());
    expunge(&ana).await;
    clock.set(Timestamp(1_700_000_000 + 100));
    expunge(&rui).await;
    // Expunged is not gone; but others want to get mail.
    assert!(append(&accounts, &rui, 3_000).await.is_err());
    // What the expunged messages had beside their octets, and the room set aside for deletions, may be enough.
    keeper.relieve().await.unwrap();
    append(&accounts, &rui, 3_000).await.unwrap();
    assert!(!ana.retained(9).unwrap().is_empty(), "no more goes than has to");
    for account in [&ana, &rui] {
        assert_eq!(account.check().unwrap().wrong, []);
    }
}

/// The disk gets full to its last octet: the room set aside for deletions goes, too, and into mail.
#[tokio::test]
async fn where_a_user_took_all_there_was_mail_can_be_deleted_and_its_room_comes_back() {
    for (floor, segment_octets) in [(150_000, 16 << 10), (50_000, 16 << 10), (400_000, 400_000)] {
        let what = format!("floor {floor}, segments of {segment_octets}");
        let disk = SimulatedDisk::new(3);
        let options = Options {
            segment_octets,
            index_slack_octets: 1 << 30,
            free_octets_floor: floor,
            reserve_octets: 2 << 20,
            ..Options::tiny()
        };
        let room = floor + 900_000;
        let Host { accounts, keeper, ana, rui, .. } = host(&disk, options, room).await;
        let fill = async |first: usize| {
            for number in first..first + 3_000 {
                if append(&accounts, &ana, 3_000 + number % 3_000).await.is_err() {
                    return number;
                }
            }
            panic!("the disk does not get full");
        };
        let number = fill(0).await;
        // Changes take the room set aside, as much of it as they may, and mail takes what they leave.
        let inbox = ana.find(&MailboxName::inbox()).unwrap().unwrap().id;
        let mut refused = false;
        for round in 0..1_000 {
            let mode = if round % 2 == 0 { FlagMode::Add } else { FlagMode::Remove };
            let flags = FlagNames { system: Flags::SEEN, keywords: vec![] };
            let change = Flagging { uids: UidSet::all(), mode, flags, unchanged_since: None };
            match ana.store(inbox, change).await {
                Ok(_) => {}
                Err(Error::Refused(Refused::NoSpace)) => refused = true,
                Err(other) => panic!("{what}: {other}"),
            }
            if refused {
                break;
            }
        }
        assert!(refused, "{what}: flags are changed for ever on a full disk");
        fill(number).await;
        let gone = ana.expunge(inbox, None).await.unwrap();
        assert!(!gone.is_empty(), "{what}");
        keeper.relieve().await.unwrap();
        for _ in 0..3 {
            append(&accounts, &rui, 3_000).await.unwrap();
        }
        for account in [&ana, &rui] {
            assert_eq!(account.check().unwrap().wrong, [], "{what}");
        }
    }
}

/// Whoever appends and expunges as fast as can be fills the disk for nobody else.
#[tokio::test]
async fn the_journal_stays_small_however_much_comes_and_goes() {
    let disk = SimulatedDisk::new(2);
    let store = Store::open(Arc::new(disk.clone()), Options::tiny()).unwrap();
    let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
    let accounts = Accounts::new(Arc::new(store.clone()), clock, Policy::default());
    let keeper = RoomKeeper::new(store.clone(), accounts.clone(), MARGINS);
    let account = accounts.create(AccountId(1), &Who::at(Door::Imap)).await.unwrap();
    account.set_quota(Some(50_000), None).await.unwrap();
    for number in 0..300 {
        append(&accounts, &account, 5_000 + number).await.unwrap();
        expunge(&account).await;
        while keeper.step().await.unwrap() == admin::room::Step::More {}
    }
    assert!(account.retained_use().unwrap().octets.0 <= 50_000);
    let files = disk.files();
    let journal: u64 =
        files.iter().filter(|(name, _)| name.ends_with(".seg")).map(|(_, octets)| octets).sum();
    // What is retained, the change log, and as much again that is dead; and the deletes that are kept.
    let live = store.counters().live_octets;
    assert!(live < 200_000, "{live} octets live");
    assert!(journal < live * 3, "1.5 MB came and went, and left {journal} octets of {live}");
}

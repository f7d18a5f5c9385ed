//! A POP3 session that ends on a simulated disk: every call failing, the disk full, the power going at every write.
//! Either all that the session did took place or nothing of it; and repair keeps what POP3 has to remember.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests may be blunt"
)]

use std::sync::Arc;

use mailbox::operations::Append;
use mailbox::{
    Account, AccountId, Accounts, Device, DeviceState, Door, Error, FlagNames, MailboxId,
    MailboxName, OnDelete, Policy, Pop3Choice, Pop3Closed, Pop3Ended, Pop3Policy, Quit, Retrieved,
    Role, SetClock, Shows, Timestamp, Uid, UidSet, Uidl, Who,
};
use store::sim::{Dice, SimulatedDisk, Trouble, sweep};
use store::{Disk, Options, Store};

const ACCOUNT: AccountId = AccountId(7);
const NOW: Timestamp = Timestamp(1_800_000_000);

/// All that a POP3 session can change.
#[derive(Clone, Debug, PartialEq)]
struct Picture {
    inbox: Vec<(u32, u64)>,
    archive: Vec<(u32, u64)>,
    office: Vec<(u32, String)>,
    home: Vec<(u32, String)>,
    devices: Vec<DeviceState>,
    choices: (Pop3Choice, Vec<(Device, Pop3Choice)>),
    retained: usize,
}

fn open(disk: &Arc<dyn Disk>) -> Option<Accounts> {
    let store = Store::open(disk.clone(), Options::tiny()).ok()?;
    let policy = Policy {
        message_octets_max: 1 << 20,
        retention_s: 1_000_000,
        hot_octets_max: 1 << 20,
        pop3: Pop3Policy::default(),
        ..Policy::default()
    };
    Some(Accounts::new(Arc::new(store), Arc::new(SetClock::at(NOW)), policy))
}

fn device(name: &str) -> Device {
    Device::new(name).unwrap()
}

fn at(accounts: &Accounts, name: &str) -> Result<Account, Error> {
    let who = Who { device: Some(name.to_owned()), ..Who::at(Door::Pop3) };
    accounts.open(ACCOUNT, who)
}

fn set(uids: &[u32]) -> UidSet {
    uids.iter().filter_map(|uid| Uid::new(*uid)).collect()
}

fn id_of(account: &Account, name: &str) -> MailboxId {
    account.find(&MailboxName::new(name).unwrap()).unwrap().unwrap().id
}

/// An account with ten messages, one of them a copy, some with ids from elsewhere. One device has downloaded some.
async fn prepare(accounts: &Accounts, on_delete: &OnDelete) -> Result<(), Error> {
    let account = accounts.create(ACCOUNT, &Who::at(Door::Admin)).await?;
    let inbox = id_of(&account, "INBOX");
    for number in 1..=9u32 {
        let mut incoming = accounts.receive();
        incoming.write(format!("Subject: {number}\r\n\r\nmail\r\n").as_bytes()).await?;
        let append = Append {
            received: incoming.finish().await?,
            flags: FlagNames::default(),
            internal_date: None,
            uidl: (number % 3 == 0).then(|| Uidl::new(&[b'x', b'0' + number as u8]).unwrap()),
        };
        account.append(inbox, vec![append]).await?;
    }
    account.copy(inbox, &set(&[5]), inbox).await?;
    account.adopt_uidls(inbox, vec![(Uid::new(7).unwrap(), Uidl::new(b"seven").unwrap())]).await?;
    let choice = Pop3Choice {
        on_delete: Some(on_delete.clone()),
        retrieved: Some(Retrieved::MarkRead),
        shows: Some(Shows::Newest(9)),
        ..Pop3Choice::default()
    };
    account.choose_pop3(Some(&device("office")), choice).await?;
    let home = at(accounts, "home")?;
    let view = home.open_pop3()?;
    let ended = Pop3Ended { deleted: UidSet::new(), downloaded: set(&[2, 3, 10]), quit: Quit::Yes };
    home.close_pop3(view, ended).await.map(|_| ())
}

/// The session under test.
async fn close(accounts: &Accounts) -> Result<Pop3Closed, Error> {
    let office = at(accounts, "office")?;
    let view = office.open_pop3()?;
    let ended =
        Pop3Ended { deleted: set(&[2, 3, 6, 10]), downloaded: set(&[3, 4, 6, 8]), quit: Quit::Yes };
    office.close_pop3(view, ended).await
}

fn picture(accounts: &Accounts) -> Result<Picture, Error> {
    let account = at(accounts, "")?;
    let entries = |name: &str| -> Result<Vec<(u32, u64)>, Error> {
        let state = account.state(id_of(&account, name))?;
        Ok(state.entries.iter().map(|entry| (entry.uid.number(), entry.flags.0)).collect())
    };
    let sees = |name: &str| -> Result<Vec<(u32, String)>, Error> {
        let view = at(accounts, name)?.open_pop3()?;
        let mut seen = Vec::new();
        view.uidls(0, usize::MAX, &mut |index, id| {
            seen.push((view.state().entries.get(index).unwrap().uid.number(), id.to_owned()));
        })?;
        Ok(seen)
    };
    Ok(Picture {
        inbox: entries("INBOX")?,
        archive: entries("Archive")?,
        office: sees("office")?,
        home: sees("home")?,
        devices: account.pop3_devices()?,
        choices: account.pop3_choices()?,
        retained: account.retained(usize::MAX)?.iter().map(|group| group.entries.len()).sum(),
    })
}

fn sound(accounts: &Accounts, what: &str) {
    let checked = accounts.check(ACCOUNT).unwrap();
    assert_eq!(checked.wrong, [], "{what}");
    let account = at(accounts, "").unwrap();
    assert_eq!(account.check().unwrap().wrong, [], "{what}");
}

fn policies() -> [(OnDelete, Pop3Closed); 5] {
    let until = OnDelete::KeepUntil(vec![device("home"), device("office")]);
    [
        (OnDelete::Remove, Pop3Closed { removed: 4, ..Pop3Closed::default() }),
        (OnDelete::Hide, Pop3Closed { hidden: 4, ..Pop3Closed::default() }),
        (OnDelete::KeepDays(3), Pop3Closed { hidden: 4, ..Pop3Closed::default() }),
        (OnDelete::MoveTo(Role::Archive), Pop3Closed { moved: 4, ..Pop3Closed::default() }),
        (until, Pop3Closed { removed: 3, hidden: 4, moved: 0 }),
    ]
}

fn new_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().build().unwrap()
}

/// A life without trouble. Gives what came of it.
fn whole_life(disk: &Arc<dyn Disk>, on_delete: &OnDelete) -> Picture {
    // What waits in the runtime holds the store; it goes with it.
    let runtime = new_runtime();
    let accounts = open(disk).unwrap();
    runtime.block_on(prepare(&accounts, on_delete)).unwrap();
    runtime.block_on(close(&accounts)).unwrap();
    picture(&accounts).unwrap()
}

/// How far a life came.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Reached {
    Nothing,
    TheEndInDoubt,
    TheEnd,
}

fn all_or_nothing(trouble: Trouble) {
    for (on_delete, closes) in policies() {
        let runtime = new_runtime();
        let calm: Arc<dyn Disk> = Arc::new(SimulatedDisk::new(1));
        let accounts = open(&calm).unwrap();
        runtime.block_on(prepare(&accounts, &on_delete)).unwrap();
        let before = picture(&accounts).unwrap();
        assert_eq!(runtime.block_on(close(&accounts)).unwrap(), closes);
        let after = picture(&accounts).unwrap();
        assert_ne!(before, after);
        sound(&accounts, "without trouble");
        let mut seen = [0u32; 2];
        let tried = sweep(
            trouble,
            1,
            |disk| {
                let runtime = new_runtime();
                let Some(accounts) = open(&disk) else { return Reached::Nothing };
                let reached = runtime.block_on(async {
                    if prepare(&accounts, &on_delete).await.is_err() {
                        return Reached::Nothing;
                    }
                    match close(&accounts).await {
                        Ok(closed) => {
                            assert_eq!(closed, closes);
                            Reached::TheEnd
                        }
                        Err(_) => Reached::TheEndInDoubt,
                    }
                });
                // What is in memory says the same as what will be found.
                if reached == Reached::TheEnd
                    && let Ok(now) = picture(&accounts)
                {
                    assert_eq!(now, after);
                }
                reached
            },
            |reached, disk, call| {
                let what = format!("{on_delete:?}, {trouble:?} at call {call}, {reached:?}");
                let accounts = open(&disk).unwrap_or_else(|| panic!("{what}: cannot open"));
                if at(&accounts, "").is_err() {
                    assert_eq!(reached, Reached::Nothing, "{what}: the account is gone");
                    return;
                }
                sound(&accounts, &what);
                let now = picture(&accounts).unwrap();
                match reached {
                    Reached::Nothing => {}
                    Reached::TheEnd => assert_eq!(now, after, "{what}"),
                    Reached::TheEndInDoubt => {
                        assert!(now == before || now == after, "{what}: {now:#?}\nof {before:#?}");
                        seen[usize::from(now == after)] += 1;
                    }
                }
            },
        );
        println!("{on_delete:?}, {trouble:?}: {tried} calls, none {}, all {}", seen[0], seen[1]);
        assert!(tried > 20);
    }
}

#[test]
fn every_call_may_fail() {
    all_or_nothing(Trouble::Error);
}

#[test]
fn every_read_may_fail_and_the_disk_be_full() {
    all_or_nothing(Trouble::ReadError);
    all_or_nothing(Trouble::Full);
    all_or_nothing(Trouble::ShortWrite);
}

#[test]
fn the_power_may_go_at_every_write() {
    all_or_nothing(Trouble::PowerCut);
}

#[test]
fn repair_keeps_what_pop3_remembers() {
    for (on_delete, _) in policies() {
        let disk = SimulatedDisk::new(5);
        let port = || -> Arc<dyn Disk> { Arc::new(disk.clone()) };
        let before = whole_life(&port(), &on_delete);
        // All comes from the journal.
        disk.remove("index.redb").unwrap();
        store::repair(&port(), &Options::tiny(), &mut |_| {}).unwrap();
        let runtime = new_runtime();
        let accounts = open(&port()).unwrap();
        assert_eq!(runtime.block_on(accounts.mend_references()).unwrap(), 0);
        let mended = runtime.block_on(accounts.mend(ACCOUNT)).unwrap();
        assert_eq!(mended.done, Vec::<String>::new());
        assert_eq!(picture(&accounts).unwrap(), before);
        sound(&accounts, "after repair");
    }
}

#[test]
fn a_damaged_journal_leaves_an_account_that_can_be_mended() {
    let mut dice = Dice::new(11);
    for round in 0..60 {
        let (on_delete, _) = dice.one_of(&policies()).unwrap().clone();
        let disk = SimulatedDisk::new(round);
        let port = || -> Arc<dyn Disk> { Arc::new(disk.clone()) };
        whole_life(&port(), &on_delete);
        let segments: Vec<(String, u64)> =
            disk.files().into_iter().filter(|(name, _)| name.ends_with(".seg")).collect();
        let (name, octets) = dice.one_of(&segments).unwrap();
        let bit = dice.below(octets * 8);
        disk.flip_bit(name, bit);
        disk.remove("index.redb").unwrap();
        store::repair(&port(), &Options::tiny(), &mut |_| {}).unwrap();
        let what = format!("round {round}, {on_delete:?}, bit {bit} of {name}");
        let runtime = new_runtime();
        let accounts = open(&port()).unwrap_or_else(|| panic!("{what}: cannot open"));
        runtime.block_on(accounts.mend_references()).unwrap();
        match runtime.block_on(accounts.mend(ACCOUNT)) {
            Ok(_) => sound(&accounts, &what),
            Err(error) => assert!(matches!(error, Error::Refused(_)), "{what}: {error}"),
        }
    }
}

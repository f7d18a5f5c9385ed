//! What becomes of deleted and downloaded mail under each policy, with two devices.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::Append;
use mailbox::{
    Account, Door, Flags, OnDelete, Pop3Choice, Pop3Closed, Quit, Retrieved, Role, Shows,
    Timestamp, UidSet, Who,
};

use super::{
    Bench, DAY, at, choice, device, fill, id_of, later, sees, session, shown, sound, uids,
};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    hidden_mail_is_hidden_from_one_device_for_good(Bench::new(make())).await;
    mail_is_kept_for_its_days_after_a_download(Bench::new(make())).await;
    mail_brought_back_gets_its_days_anew(Bench::new(make())).await;
    mail_is_kept_until_every_device_has_it(Bench::new(make())).await;
    upkeep_removes_what_a_shorter_list_no_longer_waits_for(Bench::new(make())).await;
    mail_goes_to_archive_or_trash(Bench::new(make())).await;
    what_is_shown_depends_on_the_device(Bench::new(make())).await;
    states_go_with_their_emails(Bench::new(make())).await;
}

fn inbox(account: &Account) -> Vec<u32> {
    let state = account.state(id_of(account, "INBOX")).unwrap();
    state.entries.iter().map(|entry| entry.uid.number()).collect()
}

async fn hidden_mail_is_hidden_from_one_device_for_good(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=4).await;
    account.choose_pop3(Some(&device("office")), choice(OnDelete::Hide)).await.unwrap();
    let closed = session(&bench, "office", [1, 2], [1, 2], Quit::Yes).await;
    assert_eq!(closed, Pop3Closed { hidden: 2, ..Pop3Closed::default() });
    assert_eq!(account.pop3_upkeep().await.unwrap(), 0);
    drop(account);
    bench.restart();
    assert_eq!((sees(&bench, "OFFICE"), sees(&bench, "home")), (vec![3, 4], vec![1, 2, 3, 4]));
    // Away and back it stays hidden; a copy is another message.
    let account = at(&bench, "home");
    let (inbox, archive) = (id_of(&account, "INBOX"), id_of(&account, "Archive"));
    account.r#move(inbox, &uids([1]), archive).await.unwrap();
    account.r#move(archive, &uids([1]), inbox).await.unwrap();
    account.copy(inbox, &uids([2]), inbox).await.unwrap();
    assert_eq!(sees(&bench, "office"), [3, 4, 6]);
    assert_eq!(session(&bench, "office", [], [6], Quit::Yes).await.hidden, 1);
    account.r#move(inbox, &uids([6]), archive).await.unwrap();
    account.r#move(archive, &uids([2]), inbox).await.unwrap();
    assert_eq!((sees(&bench, "office"), self::inbox(&account)), (vec![3, 4], vec![2, 3, 4, 5, 7]));
    // Brought back it is shown again.
    account.remove(inbox, &uids([2])).await.unwrap();
    account.bring_back(account.retained(1).unwrap()[0].modseq, None).await.unwrap();
    assert_eq!(sees(&bench, "office"), [3, 4, 8]);
    let state = |account: &Account| account.pop3_devices().unwrap().remove(0);
    assert_eq!((state(&account).hidden, state(&account).downloaded), (2, 2));
    assert_eq!(account.show_again(Some(&device("office"))).await.unwrap(), 2);
    assert_eq!(account.show_again(None).await.unwrap(), 0);
    assert_eq!(sees(&bench, "office"), [3, 4, 5, 7, 8]);
    assert_eq!((state(&account).hidden, state(&account).downloaded), (0, 2));
    sound(&bench.accounts, &account);
}

async fn mail_is_kept_for_its_days_after_a_download(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=6).await;
    account.choose_pop3(Some(&device("office")), choice(OnDelete::KeepDays(7))).await.unwrap();
    session(&bench, "office", [1, 2], [2], Quit::Yes).await;
    session(&bench, "home", [3], [], Quit::Yes).await;
    session(&bench, "office", [5], [], Quit::Broken).await;
    later(&bench, 2 * DAY);
    session(&bench, "office", [1, 4], [6], Quit::Yes).await;
    assert_eq!((sees(&bench, "office"), sees(&bench, "home").len()), (vec![1, 3, 4, 5], 6));
    // Filed elsewhere, a message is nothing of POP3 any more.
    let (inbox, archive) = (id_of(&account, "INBOX"), id_of(&account, "Archive"));
    account.r#move(inbox, &uids([4]), archive).await.unwrap();
    later(&bench, 5 * DAY - 1);
    assert_eq!(account.pop3_upkeep().await.unwrap(), 0);
    drop(account);
    bench.restart();
    later(&bench, 1);
    let account = at(&bench, "");
    assert_eq!(account.pop3_upkeep().await.unwrap(), 2);
    assert_eq!(self::inbox(&account), [3, 5, 6]);
    let retained = account.retained(1).unwrap();
    assert_eq!(retained[0].who, Who { device: Some("office".into()), ..Who::at(Door::Pop3) });
    later(&bench, 2 * DAY);
    assert_eq!(account.pop3_upkeep().await.unwrap(), 1);
    assert_eq!(self::inbox(&account), [3, 5]);
    assert_eq!(account.state(archive).unwrap().entries.len(), 1);
    // The other device's downloads count once it, too, keeps for days.
    account.choose_pop3(None, choice(OnDelete::KeepDays(1))).await.unwrap();
    assert_eq!(account.pop3_upkeep().await.unwrap(), 1);
    assert_eq!(self::inbox(&account), [5]);
    sound(&bench.accounts, &account);
}

async fn mail_brought_back_gets_its_days_anew(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=2).await;
    account.choose_pop3(None, choice(OnDelete::KeepDays(3))).await.unwrap();
    session(&bench, "office", [1], [1], Quit::Yes).await;
    later(&bench, 3 * DAY);
    assert_eq!(account.pop3_upkeep().await.unwrap(), 1);
    account.bring_back(account.retained(1).unwrap()[0].modseq, None).await.unwrap();
    assert_eq!(account.pop3_upkeep().await.unwrap(), 0);
    assert_eq!(sees(&bench, "office"), [2, 3]);
    later(&bench, 3 * DAY);
    assert_eq!(account.pop3_upkeep().await.unwrap(), 1);
    assert_eq!(inbox(&account), [2]);
    sound(&bench.accounts, &account);
}

async fn mail_is_kept_until_every_device_has_it(mut bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=5).await;
    let until = choice(OnDelete::KeepUntil(vec![device("home"), device("Office")]));
    account.choose_pop3(Some(&device("office")), until).await.unwrap();
    assert_eq!(session(&bench, "office", [1, 2, 3], [1, 2], Quit::Yes).await.hidden, 2);
    assert_eq!((sees(&bench, "office"), sees(&bench, "home").len()), (vec![3, 4, 5], 5));
    // A download by the other is enough; one that nobody deleted stays.
    assert_eq!(session(&bench, "home", [1, 3], [], Quit::Yes).await.removed, 1);
    assert_eq!(inbox(&account), [2, 3, 4, 5]);
    assert_eq!(account.retained(1).unwrap()[0].who.device.as_deref(), Some("home"));
    drop(account);
    bench.restart();
    // The other's downloads come first: then it goes with the deletion.
    session(&bench, "home", [4], [], Quit::Yes).await;
    let closed = session(&bench, "office", [], [4, 5], Quit::Yes).await;
    assert_eq!((closed.hidden, closed.removed), (2, 1));
    let account = at(&bench, "");
    assert_eq!(inbox(&account), [2, 3, 5]);
    // The other deletes for all, as it chose nothing else.
    assert_eq!(session(&bench, "home", [], [2], Quit::Yes).await.removed, 1);
    // A device that is not of the list is not waited for, nor does it help.
    session(&bench, "phone", [5], [], Quit::Yes).await;
    assert_eq!(account.pop3_upkeep().await.unwrap(), 0);
    assert_eq!(inbox(&account), [3, 5]);
    sound(&bench.accounts, &account);
}

async fn upkeep_removes_what_a_shorter_list_no_longer_waits_for(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=3).await;
    let until = |names: &[&str]| {
        choice(OnDelete::KeepUntil(names.iter().map(|name| device(name)).collect()))
    };
    account.choose_pop3(None, until(&["a", "b", "lost"])).await.unwrap();
    session(&bench, "a", [1, 2], [1, 2], Quit::Yes).await;
    session(&bench, "b", [1], [], Quit::Yes).await;
    session(&bench, "", [1], [1], Quit::Yes).await;
    assert_eq!(account.pop3_upkeep().await.unwrap(), 0);
    account.choose_pop3(None, until(&["a", "b"])).await.unwrap();
    assert_eq!(account.pop3_upkeep().await.unwrap(), 1);
    assert_eq!(inbox(&account), [2, 3]);
    sound(&bench.accounts, &account);
}

async fn mail_goes_to_archive_or_trash(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=4).await;
    let chosen = Pop3Choice {
        retrieved: Some(Retrieved::MarkRead),
        ..choice(OnDelete::MoveTo(Role::Archive))
    };
    account.choose_pop3(Some(&device("office")), chosen).await.unwrap();
    account
        .choose_pop3(Some(&device("home")), choice(OnDelete::MoveTo(Role::Trash)))
        .await
        .unwrap();
    // A mailbox that is not there any more is made again.
    account.delete_mailbox(id_of(&account, "Archive")).await.unwrap();
    let closed = session(&bench, "office", [1, 3], [1, 2], Quit::Yes).await;
    assert_eq!(closed, Pop3Closed { moved: 2, ..Pop3Closed::default() });
    assert_eq!(session(&bench, "home", [4], [4], Quit::Yes).await.moved, 1);
    let read = |mailbox: &str| -> Vec<bool> {
        let state = account.state(id_of(&account, mailbox)).unwrap();
        state.entries.iter().map(|entry| entry.flags.contains(Flags::SEEN)).collect()
    };
    assert_eq!(
        (read("INBOX"), read("Archive"), read("Trash")),
        (vec![true], vec![true, false], vec![false])
    );
    let archive = account.find(&super::super::name("Archive")).unwrap().unwrap();
    assert_eq!(archive.role, Some(Role::Archive));
    sound(&bench.accounts, &account);
}

async fn what_is_shown_depends_on_the_device(bench: Bench) {
    let account = bench.account().await;
    let to = id_of(&account, "INBOX");
    for days in [5, 1, 9, 3] {
        let message = bench.message("mail").await;
        let internal_date = Some(Timestamp(DAY * days).into());
        account.append(to, vec![Append { internal_date, ..message }]).await.unwrap();
    }
    let shows = |shows| Pop3Choice { shows: Some(shows), ..choice(OnDelete::Hide) };
    let since = shows(Shows::Since(Timestamp(DAY * 3)));
    account.choose_pop3(Some(&device("new")), since).await.unwrap();
    account.choose_pop3(Some(&device("last")), shows(Shows::Newest(2))).await.unwrap();
    for _ in 0..2 {
        assert_eq!((sees(&bench, "new"), sees(&bench, "last")), (vec![1, 3, 4], vec![3, 4]));
        let view = at(&bench, "last").open_pop3().unwrap();
        assert_eq!((shown(&view).len(), super::ids(&view).len()), (2, 2));
    }
    // What is hidden makes no room for what is older.
    session(&bench, "last", [], [4], Quit::Yes).await;
    assert_eq!((sees(&bench, "last"), sees(&bench, "new")), (vec![3], vec![1, 3, 4]));
    fill(&bench, &account, 5..=5).await;
    account.remove(to, &uids([1])).await.unwrap();
    assert_eq!((sees(&bench, "last"), sees(&bench, "new")), (vec![5], vec![3, 4, 5]));
    assert_eq!(sees(&bench, ""), [2, 3, 4, 5]);
    sound(&bench.accounts, &account);
}

async fn states_go_with_their_emails(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, 1..=3).await;
    account.choose_pop3(None, choice(OnDelete::Hide)).await.unwrap();
    for name in ["office", "home", ""] {
        session(&bench, name, [1, 2, 3], [1], Quit::Yes).await;
    }
    let office = at(&bench, "office");
    let view = office.open_pop3().unwrap();
    account.remove(id_of(&account, "INBOX"), &uids([1, 2])).await.unwrap();
    account.drop_retained(Timestamp(i64::MAX)).await.unwrap();
    let devices = account.pop3_devices().unwrap();
    assert!(devices.iter().all(|state| (state.hidden, state.downloaded) == (0, 1)));
    assert_eq!(devices.len(), 3);
    // A session that began before comes too late for them.
    let ended =
        mailbox::Pop3Ended { deleted: uids([2, 3]), downloaded: UidSet::all(), quit: Quit::Yes };
    assert_eq!(office.close_pop3(view, ended).await.unwrap().hidden, 1);
    sound(&bench.accounts, &account);
}

//! What is removed can be brought back until its time is over.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::Store;
use mailbox::{FlagMode, Flags, QuotaResource, Refused, Timestamp, UidSet};

use super::{fill, flags, refused, uids_in};
use crate::{BEGINNING, Bench, id_of, name, sound, uid, uids};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    expunged_mail_stays_until_retention_ends(Bench::new(make())).await;
    a_deleted_mailbox_comes_back_with_its_name(Bench::new(make())).await;
    many_entries_go_at_once(Bench::new(make())).await;
}

async fn expunged_mail_stays_until_retention_ends(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 4).await;
    let inbox = id_of(&account, "INBOX");
    account.copy(inbox, &uids([1]), id_of(&account, "Archive")).await.unwrap();
    let marked = Store { uids: uids([1, 2, 3]), ..flags(FlagMode::Add, Flags::DELETED, &["x"]) };
    account.store(inbox, marked).await.unwrap();
    let emails: Vec<_> =
        account.state(inbox).unwrap().entries.iter().map(|entry| entry.email).collect();
    assert_eq!(account.expunge(inbox, Some(&uids([1, 2, 4]))).await.unwrap(), uids([1, 2]));
    bench.clock.set(Timestamp(BEGINNING.0 + 100));
    assert_eq!(account.expunge(inbox, None).await.unwrap(), uids([3]));
    let retained = account.retained(9).unwrap();
    assert_eq!(retained.len(), 2);
    assert_eq!(retained[0].entries[0].email, emails[2]);
    assert_eq!(retained[1].entries.len(), 2);
    assert_eq!(retained[1].mailbox_name, name("INBOX"));
    assert_eq!(retained[1].entries[0].keywords[0].as_str(), "x");
    assert_eq!(account.retained(1).unwrap().len(), 1);
    assert_eq!(account.retained_since().unwrap(), Some(BEGINNING));
    let back = account.bring_back(retained[1].modseq, Some(&uids([2]))).await.unwrap();
    assert_eq!(back[0].entries, [(uid(5), emails[1])]);
    let state = account.state(inbox).unwrap();
    let entry = state.entries.find(uid(5)).unwrap();
    assert!(!entry.flags.contains(Flags::DELETED));
    assert_eq!(state.keywords_of(entry.flags).count(), 1);
    let again = account.bring_back(retained[1].modseq, Some(&uids([2]))).await;
    assert_eq!(refused(again), Refused::NoSuchMessage);
    let dropped = account.drop_retained(Timestamp(BEGINNING.0 + 50)).await.unwrap();
    assert_eq!(dropped, 1);
    let reader = account.reader().unwrap();
    assert!(reader.email(emails[0]).unwrap().is_some(), "a copy holds it");
    assert!(reader.email(emails[2]).unwrap().is_some(), "its time is not over");
    assert_eq!(account.drop_retained(Timestamp(i64::MAX)).await.unwrap(), 1);
    assert!(account.reader().unwrap().email(emails[2]).unwrap().is_none());
    assert!(account.retained(9).unwrap().is_empty());
    sound(&bench.accounts, &account);
}

async fn a_deleted_mailbox_comes_back_with_its_name(bench: Bench) {
    let account = bench.account().await;
    account.create_mailbox(&name("Trips/Lisbon"), None).await.unwrap();
    fill(&bench, &account, "Trips/Lisbon", 3).await;
    account.delete_mailbox(id_of(&account, "Trips/Lisbon")).await.unwrap();
    let retained = account.retained(9).unwrap();
    assert_eq!(retained[0].mailbox_name, name("Trips/Lisbon"));
    account.set_quota(None, Some(2)).await.unwrap();
    let refusal = account.bring_back(retained[0].modseq, None).await;
    assert_eq!(refused(refusal), Refused::OverQuota(QuotaResource::Message));
    account.set_quota(None, None).await.unwrap();
    let back = account.bring_back(retained[0].modseq, None).await.unwrap();
    assert_eq!((back[0].mailbox, back[0].made), (id_of(&account, "Trips/Lisbon"), true));
    assert_eq!(uids_in(&account, "Trips/Lisbon"), [1, 2, 3]);
    // Where another one has the name meanwhile, it gets the mail; a renamed one keeps getting its own.
    account.delete_mailbox(back[0].mailbox).await.unwrap();
    account.create_mailbox(&name("Trips/Lisbon"), None).await.unwrap();
    let removed_by = account.retained(1).unwrap()[0].modseq;
    let back = account.bring_back(removed_by, None).await.unwrap();
    assert_eq!((back[0].mailbox, back[0].made), (id_of(&account, "Trips/Lisbon"), false));
    account.remove(back[0].mailbox, &UidSet::all()).await.unwrap();
    account.rename_mailbox(back[0].mailbox, &name("Lisboa")).await.unwrap();
    let removed_by = account.retained(1).unwrap()[0].modseq;
    let back = account.bring_back(removed_by, None).await.unwrap();
    assert_eq!((&back[0].name, back[0].made), (&name("Lisboa"), false));
    assert_eq!(account.quota().unwrap().messages, 3);
    sound(&bench.accounts, &account);
}

async fn many_entries_go_at_once(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let message = bench.message("mail").await;
    for _ in 0..5 {
        account.append(inbox, vec![message.clone(); 500]).await.unwrap();
    }
    account.store(inbox, flags(FlagMode::Add, Flags::DELETED, &[])).await.unwrap();
    let gone = account.expunge(inbox, None).await.unwrap();
    assert_eq!(gone.len(), 2_500);
    let retained = account.retained(9).unwrap();
    assert_eq!(retained[0].entries.len(), 2_500);
    let back = account.bring_back(retained[0].modseq, None).await.unwrap();
    assert_eq!(back[0].entries.len(), 2_500);
    account.remove(inbox, &UidSet::all()).await.unwrap();
    assert_eq!(account.drop_retained(Timestamp(i64::MAX)).await.unwrap(), 2_500);
    sound(&bench.accounts, &account);
}

//! What sessions are told of what others did: what vanished, who did it, what is recent.

use std::sync::Arc;

use mailbox::engine::Engine;
use mailbox::operations::What;
use mailbox::{AccountId, Door, ModSeq, Timestamp, Who};

use super::fill;
use crate::{BEGINNING, Bench, id_of, name, sound, uid, uids};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    what_vanished_is_told_or_a_whole_listing_is(Bench::new(make())).await;
    the_change_log_says_who_did_what(Bench::new(make())).await;
    recent_mail_is_told_to_one_session(Bench::new(make())).await;
}

async fn what_vanished_is_told_or_a_whole_listing_is(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 6).await;
    let (inbox, trash) = (id_of(&account, "INBOX"), id_of(&account, "Trash"));
    let start = account.state(inbox).unwrap().highest_modseq;
    account.remove(inbox, &uids([2])).await.unwrap();
    let middle = account.state(inbox).unwrap().highest_modseq;
    bench.clock.set(Timestamp(BEGINNING.0 + 100));
    account.r#move(inbox, &uids([4, 5]), trash).await.unwrap();
    let end = account.state(inbox).unwrap().highest_modseq;
    assert_eq!(
        account.vanished(&account.state(inbox).unwrap(), start, None).unwrap(),
        uids([2, 4, 5])
    );
    assert_eq!(
        account.vanished(&account.state(inbox).unwrap(), start, Some(&uids([1, 4]))).unwrap(),
        uids([4])
    );
    assert_eq!(
        account.vanished(&account.state(inbox).unwrap(), middle, None).unwrap(),
        uids([4, 5])
    );
    assert!(account.vanished(&account.state(inbox).unwrap(), end, None).unwrap().is_empty());
    account.forget_changes(Timestamp(BEGINNING.0 + 50), u64::MAX).await.unwrap();
    assert!(account.log_floor() > start);
    assert_eq!(
        account.vanished(&account.state(inbox).unwrap(), middle, None).unwrap(),
        uids([4, 5])
    );
    // Older than what is remembered: all that is not there.
    assert_eq!(
        account.vanished(&account.state(inbox).unwrap(), start, None).unwrap(),
        uids([2, 4, 5])
    );
    assert_eq!(
        account
            .vanished(&account.state(inbox).unwrap(), ModSeq(0), Some(&uids([2, 3, 90])))
            .unwrap(),
        uids([2])
    );
    sound(&bench.accounts, &account);
}

async fn the_change_log_says_who_did_what(bench: Bench) {
    let account = bench.account().await;
    fill(&bench, &account, "INBOX", 2).await;
    let start = *account.bell().borrow();
    let who = Who {
        device: Some("Office PC".into()),
        address: Some([192, 0, 2, 7].into()),
        ..Who::at(Door::Pop3)
    };
    let office = bench.accounts.open(AccountId(7), who.clone()).unwrap();
    let inbox = id_of(&account, "INBOX");
    office.remove(inbox, &uids([2])).await.unwrap();
    account.subscribe(&name("Not/There")).await.unwrap();
    let lines = account.changes_since(start, 9).unwrap();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0].who, lines[0].time), (&who, BEGINNING));
    assert_eq!(lines[0].what, What::Expunged { mailbox: inbox, uids: uids([2]) });
    assert_eq!(lines[1].what, What::Subscribed { name: name("Not/There") });
    assert_eq!(account.changes_since(start, 1).unwrap().len(), 1);
    assert!(account.changes_since(lines[1].modseq, 9).unwrap().is_empty());
    let all = account.changes_since(ModSeq(0), 99).unwrap();
    assert!(all.windows(2).all(|pair| pair[0].modseq < pair[1].modseq));
    assert_eq!(account.retained(1).unwrap()[0].who, who);
    sound(&bench.accounts, &account);
}

async fn recent_mail_is_told_to_one_session(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    assert_eq!(account.claim_recent(&account.state(inbox).unwrap()), None);
    fill(&bench, &account, "INBOX", 2).await;
    let old = account.state(inbox).unwrap();
    fill(&bench, &account, "INBOX", 1).await;
    assert_eq!(account.claim_recent(&old), Some(uid(1)));
    let new = account.state(inbox).unwrap();
    assert_eq!(account.claim_recent(&new), Some(uid(3)));
    assert_eq!(account.claim_recent(&new), None);
    sound(&bench.accounts, &account);
}

//! Emails as JMAP changes them: in all their mailboxes at once.

use std::collections::BTreeSet;
use std::sync::Arc;

use mailbox::engine::{Batch, Engine};
use mailbox::{
    Account, Destroy, EmailChange, EmailId, FlagNames, Flags, Keyword, KeywordChange, MailboxId,
    MailboxesChange, NewEmail, QuotaResource, Refused, keys,
};

use super::{flags, refused};
use crate::emails::Clients;
use crate::{Bench, Random, id_of, sound, uids};

pub(super) async fn run(make: &impl Fn() -> Arc<dyn Engine>) {
    an_email_goes_where_it_is_put(Bench::new(make())).await;
    what_one_email_refuses_others_do_not(Bench::new(make())).await;
    what_others_changed_is_not_changed_over(Bench::new(make())).await;
    uploads_are_kept_within_bounds(Bench::new(make())).await;
    random_changes_do_what_they_say(Bench::new(make())).await;
}

fn change(email: EmailId) -> EmailChange {
    EmailChange { email, keywords: None, mailboxes: None, destroy: Destroy::No }
}

fn names(system: Flags, keywords: &[&str]) -> FlagNames {
    FlagNames { system, keywords: keywords.iter().filter_map(|it| Keyword::new(it)).collect() }
}

async fn new_email(bench: &Bench, text: &str, mailboxes: &[MailboxId]) -> NewEmail {
    let received = bench.message(text).await.received;
    let keywords = names(Flags::FLAGGED, &["$Work"]);
    NewEmail { received, mailboxes: mailboxes.to_vec(), keywords, internal_date: None }
}

async fn mailboxes_of(account: &Account, email: EmailId) -> BTreeSet<MailboxId> {
    let view = account.emails().await.unwrap();
    view.places(email).iter().map(|(mailbox, _)| *mailbox).collect()
}

async fn an_email_goes_where_it_is_put(bench: Bench) {
    let account = bench.account().await;
    let of = |names: &[&str]| -> Vec<MailboxId> {
        names.iter().map(|name| id_of(&account, name)).collect()
    };
    let set = |names: &[&str]| of(names).into_iter().collect::<BTreeSet<_>>();
    let new = new_email(&bench, "Subject: one\r\n\r\ntext\r\n", &of(&["INBOX", "Archive"])).await;
    let added = account.add_email(new).await.unwrap();
    assert_eq!(mailboxes_of(&account, added.email).await, set(&["INBOX", "Archive"]));
    let steps = [
        (MailboxesChange::Set(of(&["Archive", "Trash"])), set(&["Archive", "Trash"])),
        (
            MailboxesChange::Patch { add: of(&["Sent"]), remove: of(&["Trash", "Junk"]) },
            set(&["Archive", "Sent"]),
        ),
        (MailboxesChange::Set(of(&["Junk"])), set(&["Junk"])),
        (
            MailboxesChange::Patch { add: of(&["Junk", "INBOX"]), remove: Vec::new() },
            set(&["Junk", "INBOX"]),
        ),
    ];
    for (mailboxes, want) in steps {
        let change = EmailChange { mailboxes: Some(mailboxes), ..change(added.email) };
        let done = account.change_emails(vec![change], None).await.unwrap().unwrap().outcomes;
        assert_eq!(done, [Ok(())]);
        assert_eq!(mailboxes_of(&account, added.email).await, want);
        // What it is went with it.
        let view = account.emails().await.unwrap();
        assert_eq!(view.keywords(added.email), names(Flags::FLAGGED, &["$Work"]));
        assert_eq!(view.thread_of(added.email), Some(added.thread));
        sound(&bench.accounts, &account);
    }
    // Marked in one place, it is visible in the other, and destroyed from both.
    let inbox = id_of(&account, "INBOX");
    let mark = flags(mailbox::FlagMode::Add, Flags::DELETED, &[]);
    account
        .store(inbox, mailbox::operations::Store { uids: mailbox::UidSet::all(), ..mark })
        .await
        .unwrap();
    assert_eq!(mailboxes_of(&account, added.email).await, set(&["Junk"]));
    let destroy = EmailChange { destroy: Destroy::Yes, ..change(added.email) };
    let done = account.change_emails(vec![destroy.clone()], None).await.unwrap().unwrap().outcomes;
    assert_eq!(done, [Ok(())]);
    assert!(mailboxes_of(&account, added.email).await.is_empty());
    assert!(account.state(inbox).unwrap().entries.is_empty());
    let done = account.change_emails(vec![destroy], None).await.unwrap().unwrap().outcomes;
    assert_eq!(done, [Err(Refused::NoSuchMessage)]);
    // It can be brought back like all that is expunged.
    let retained = account.retained(10).unwrap();
    assert!(!retained.is_empty());
    sound(&bench.accounts, &account);
}

async fn what_one_email_refuses_others_do_not(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let mut emails = Vec::new();
    for text in ["Subject: a\r\n\r\n12345\r\n", "Subject: b\r\n\r\n12345\r\n"] {
        let new = new_email(&bench, text, &[inbox]).await;
        emails.push(account.add_email(new).await.unwrap());
    }
    // There is room for one copy.
    let octets = emails[0].octets;
    account.set_quota(Some(octets * 3), None).await.unwrap();
    let to = |mailbox| MailboxesChange::Patch { add: vec![mailbox], remove: Vec::new() };
    let archive = id_of(&account, "Archive");
    let changes = vec![
        EmailChange { mailboxes: Some(to(archive)), ..change(emails[0].email) },
        EmailChange { mailboxes: Some(to(archive)), ..change(emails[1].email) },
        EmailChange { mailboxes: Some(to(MailboxId(99))), ..change(emails[1].email) },
        EmailChange {
            mailboxes: Some(MailboxesChange::Set(Vec::new())),
            ..change(emails[1].email)
        },
        EmailChange {
            keywords: Some(KeywordChange::Set(names(Flags::SEEN, &[]))),
            ..change(emails[1].email)
        },
        change(EmailId(77)),
    ];
    let done = account.change_emails(changes, None).await.unwrap().unwrap().outcomes;
    let want = [
        Ok(()),
        Err(Refused::OverQuota(QuotaResource::Storage)),
        Err(Refused::NoSuchMailbox),
        Err(Refused::NoSuchMailbox),
        Ok(()),
        Err(Refused::NoSuchMessage),
    ];
    assert_eq!(done, want);
    let view = account.emails().await.unwrap();
    assert_eq!(view.keywords(emails[1].email), names(Flags::SEEN, &[]));
    assert_eq!(view.places(emails[1].email).len(), 1);
    let new = new_email(&bench, "Subject: c\r\n\r\n12345\r\n", &[inbox, archive]).await;
    let refusal = refused(account.add_email(new).await);
    assert_eq!(refusal, Refused::OverQuota(QuotaResource::Storage));
    sound(&bench.accounts, &account);
}

async fn what_others_changed_is_not_changed_over(bench: Bench) {
    let account = bench.account().await;
    let inbox = id_of(&account, "INBOX");
    let new = new_email(&bench, "Subject: a\r\n\r\n12345\r\n", &[inbox]).await;
    let email = account.add_email(new).await.unwrap().email;
    let state = account.emails().await.unwrap().states().email;
    let seen = KeywordChange::Patch {
        add: names(Flags::SEEN, &[]),
        remove: names(Flags::FLAGGED, &["$work"]),
    };
    let change = EmailChange { keywords: Some(seen), ..change(email) };
    // What is not about emails does not count.
    account.subscribe(&crate::name("Elsewhere")).await.unwrap();
    account.create_mailbox(&crate::name("New"), None).await.unwrap();
    let done = account.change_emails(vec![change.clone()], Some(state)).await.unwrap();
    assert_eq!(done.unwrap().outcomes, [Ok(())]);
    let view = account.emails().await.unwrap();
    assert_eq!(view.keywords(email), names(Flags::SEEN, &[]));
    for old in [state, mailbox::ModSeq(u64::MAX), mailbox::ModSeq(0)] {
        assert_eq!(account.change_emails(vec![change.clone()], Some(old)).await.unwrap(), None);
    }
    assert_eq!(account.emails().await.unwrap().modseq(), view.modseq());
}

async fn uploads_are_kept_within_bounds(bench: Bench) {
    let account = bench.account().await;
    let mut kept = Vec::new();
    for number in 0..5 {
        let received = bench.message(&format!("upload {number}")).await.received;
        kept.push(account.keep_upload(received).await.unwrap());
    }
    sound(&bench.accounts, &account);
    let upload = account.upload(kept[3]).unwrap().unwrap();
    assert_eq!(account.upload_octets(&upload, 0..100).unwrap(), "upload 3");
    assert_eq!(account.upload_octets(&upload, 2..4).unwrap(), "lo");
    // One that lost its octets is found, and dropped: whoever sent it has it still.
    let key = keys::body_reference(&upload.hash, account.id(), EmailId(kept[3].0));
    let batch = Batch { deletes: vec![key], ..Batch::default() };
    bench.engine.commit(batch).await.unwrap();
    let wrong = bench.accounts.check(account.id()).unwrap().wrong;
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    bench.accounts.mend(account.id()).await.unwrap();
    assert_eq!(account.upload(kept[3]).unwrap(), None);
    sound(&bench.accounts, &account);
    // An email that comes later has another number, and the upload is none.
    let inbox = id_of(&account, "INBOX");
    let new = new_email(&bench, "Subject: a\r\n\r\n12345\r\n", &[inbox]).await;
    let email = account.add_email(new).await.unwrap().email;
    assert!(kept.iter().all(|upload| upload.0 < email.0));
    assert_eq!(account.upload(mailbox::UploadId(email.0)).unwrap(), None);
    // A day later the oldest go, and the newest waits for whoever is about to use it.
    bench.clock.set(mailbox::Timestamp(crate::BEGINNING.0 + 25 * 3600));
    bench.accounts.upkeep(account.id()).await.unwrap();
    let there: Vec<bool> = kept.iter().map(|it| account.upload(*it).unwrap().is_some()).collect();
    assert_eq!(there, [false, false, false, false, true]);
    sound(&bench.accounts, &account);
    // With the account they go.
    drop(account);
    bench.accounts.remove(mailbox::AccountId(7)).await.unwrap();
    assert_eq!(bench.accounts.check_references().unwrap().len(), 0);
}

async fn random_changes_do_what_they_say(bench: Bench) {
    let account = bench.account().await;
    let mut random = Random::seeded(11);
    let mut clients = Clients::default();
    let all: Vec<MailboxId> = account.mailboxes().unwrap().iter().map(|it| it.id).collect();
    let some = |random: &mut Random| -> Vec<MailboxId> {
        let count = 1 + random.below(3);
        (0..count).filter_map(|_| random.one_of(&all).copied()).collect()
    };
    let keywords = |random: &mut Random| {
        let all = [
            names(Flags::SEEN, &[]),
            names(Flags::FLAGGED, &["a"]),
            names(Flags::DRAFT, &["$Work", "b"]),
            names(Flags::NONE, &[]),
        ];
        all[random.below(all.len())].clone()
    };
    for round in 0..150 {
        if round % 3 == 0 {
            let parent = if round > 9 { round - 9 } else { 0 };
            let text = format!(
                "Message-ID: <{round}@x>\r\nIn-Reply-To: <{parent}@x>\r\nSubject: x\r\n\r\ntext\r\n"
            );
            let new = new_email(&bench, &text, &some(&mut random)).await;
            account.add_email(new).await.unwrap();
        }
        if random.once_in(5) {
            let mailbox = *random.one_of(&all).unwrap();
            let mode =
                *random.one_of(&[mailbox::FlagMode::Add, mailbox::FlagMode::Remove]).unwrap();
            let mark = flags(mode, Flags::DELETED, &[]);
            let numbers = [1 + random.below(9) as u32, 1 + random.below(9) as u32];
            let store = mailbox::operations::Store { uids: uids(numbers), ..mark };
            account.store(mailbox, store).await.unwrap();
        }
        let view = account.emails().await.unwrap();
        let emails: Vec<EmailId> = view.all().entries.iter().map(|entry| entry.email).collect();
        let mut changes: Vec<EmailChange> = Vec::new();
        for _ in 0..1 + random.below(4) {
            let Some(email) = random.one_of(&emails) else { continue };
            if changes.iter().any(|change| change.email == *email) {
                continue;
            }
            let mailboxes = match random.below(3) {
                0 => None,
                1 => Some(MailboxesChange::Set(some(&mut random))),
                _ => {
                    let remove = if random.once_in(2) { some(&mut random) } else { Vec::new() };
                    Some(MailboxesChange::Patch { add: some(&mut random), remove })
                }
            };
            let keywords = match random.below(3) {
                0 => None,
                1 => Some(KeywordChange::Set(keywords(&mut random))),
                _ => {
                    let (add, remove) = (keywords(&mut random), keywords(&mut random));
                    Some(KeywordChange::Patch { add, remove })
                }
            };
            let destroy = if random.once_in(12) { Destroy::Yes } else { Destroy::No };
            changes.push(EmailChange { email: *email, keywords, mailboxes, destroy });
        }
        let done = account.change_emails(changes.clone(), None).await.unwrap().unwrap().outcomes;
        let after = account.emails().await.unwrap();
        for (change, outcome) in changes.iter().zip(done) {
            assert_eq!(outcome, Ok(()), "{change:?}");
            let in_now: BTreeSet<MailboxId> =
                after.places(change.email).iter().map(|it| it.0).collect();
            if change.destroy == Destroy::Yes {
                assert!(in_now.is_empty());
                continue;
            }
            let mut want: BTreeSet<MailboxId> =
                view.places(change.email).iter().map(|it| it.0).collect();
            match &change.mailboxes {
                None => {}
                Some(MailboxesChange::Set(mailboxes)) => want = mailboxes.iter().copied().collect(),
                Some(MailboxesChange::Patch { add, remove }) => {
                    want.retain(|mailbox| !remove.contains(mailbox));
                    want.extend(add);
                }
            }
            assert_eq!(in_now, want, "{change:?}");
            let now = after.keywords(change.email);
            let has = |names: &FlagNames| {
                now.system.contains(names.system)
                    && names.keywords.iter().all(|it| now.keywords.contains(it))
            };
            match &change.keywords {
                None => {}
                Some(KeywordChange::Set(names)) => {
                    assert!(has(names) && now.keywords.len() == names.keywords.len());
                    assert_eq!(now.system, names.system, "{change:?}");
                }
                Some(KeywordChange::Patch { add, remove }) => {
                    assert!(has(add), "{change:?}");
                    let gone = |keyword: &Keyword| {
                        add.keywords.contains(keyword) || !now.keywords.contains(keyword)
                    };
                    assert!(remove.keywords.iter().all(gone), "{change:?}");
                    let gone = remove.system.without(add.system);
                    assert_eq!(now.system.0 & gone.0, 0, "{change:?}");
                }
            }
        }
        clients.look(&account, &mut random).await;
        if random.once_in(10) {
            sound(&bench.accounts, &account);
        }
    }
    sound(&bench.accounts, &account);
}

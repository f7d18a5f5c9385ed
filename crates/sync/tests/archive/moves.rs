//! Migrations that are cut at either end: nothing is lost and nothing doubled, and both ends have the same.

use mailbox::{Flags, MailboxName};
use store::sim::Dice;
use sync::{
    AccountTarget, ArchiveFault, EndFault, Go, ImapSource, MigrationDone, MigrationStep,
    RECEIPT_VERSION, Receipt, Stage, known_from, migrated, migration_planned,
};

use crate::line::Cut;
use crate::lives::{SERVERS, cut, filled, run};
use crate::provider::Provider;
use crate::script::{self, Script};
use crate::shelf::Kept;
use crate::tree;

/// One run, as the program does it. None: it did not come to its end before anything was copied.
async fn migrate(
    from: (&Provider, Cut),
    to: (&Provider, Cut),
    record: &mut Kept,
) -> Option<MigrationDone> {
    let mut source = from.0.connect(from.1).await?;
    let mut there = to.0.connect(to.1).await?;
    let plan = migration_planned(&mut source, &[]).await.ok()?;
    let mut receipt = Receipt { folders: plan.folders, ..empty() };
    if let Some(before) = record.left() {
        known_from(&mut receipt, &before);
    }
    let mut target = AccountTarget::new(&mut there, &receipt.folders).await.ok()?;
    let mut watch = |_: MigrationStep| Go::On;
    let mut source = ImapSource(&mut source);
    Some(migrated(&mut source, &mut receipt, &mut target, record, &mut watch).await)
}

fn empty() -> Receipt {
    let text = |text: &str| text.to_owned();
    Receipt {
        version: RECEIPT_VERSION,
        run: text("ana--bea"),
        account: text("ana"),
        server: text("imaps://imap.example.org"),
        user: text("ana"),
        target: text("bea"),
        place: text("bea"),
        begun: text("2026-12-01T00:00:00Z"),
        stage: Stage::Copying,
        folders: Vec::new(),
    }
}

async fn source(hidden: &[&'static str]) -> Provider {
    let provider = filled(hidden).await;
    let account = &provider.account;
    let deep = MailboxName::new("Projects/São João").unwrap();
    account.create_mailbox(&deep, None).await.unwrap();
    provider.mail(deep.as_str(), "Subject: deep\r\n\r\ndeep\r\n", Flags::FLAGGED, &["$Work"]).await;
    // The same message twice in a folder.
    for _ in 0..2 {
        provider.mail("Sent", "Subject: twin\r\n\r\ntwin\r\n", Flags::SEEN, &[]).await;
    }
    provider
}

async fn life(hidden: &[&'static str], seed: u64) {
    let what = format!("without {hidden:?}, seed {seed}");
    let mut dice = Dice::new(seed);
    let (from, mut to) = (source(hidden).await, Provider::new().await);
    to.hidden = SERVERS[dice.below(3) as usize].to_vec();
    let mut record = Kept::default();
    for _ in 0..dice.below(6) {
        let (one, other) = (cut(&mut dice), cut(&mut dice));
        migrate((&from, one), (&to, other), &mut record).await;
        if dice.chance(20) {
            // As when the companion's own state is lost.
            record = Kept::default();
        }
    }
    let done = migrate((&from, Cut::Never), (&to, Cut::Never), &mut record).await.unwrap();
    assert!(done.fault.is_none(), "{what}: {done:?}");
    let disagree = done.folders.iter().find(|row| row.missing() > 0 || row.target != row.source);
    assert_eq!(disagree, None, "{what}");
    let before = tree::of(&from.account);
    let after = tree::of(&to.account);
    for (folder, messages) in &before {
        assert_eq!(after.get(folder), Some(messages), "{folder}: {what}");
    }
    let again = migrate((&from, Cut::Never), (&to, Cut::Never), &mut record).await.unwrap();
    assert_eq!((again.copies.copied, again.before), (0, 23), "{what}");
    assert_eq!(tree::of(&to.account), after, "{what}");
    assert_eq!(tree::of(&from.account), before, "{what}");
}

/// Random lives with fixed seeds: as many as `MIGRATE_LIVES` says (`cargo xtask long`: 1,000).
#[test]
fn cuts_at_either_end_lose_nothing_and_double_nothing() {
    let lives = std::env::var("MIGRATE_LIVES").ok().and_then(|it| it.parse().ok()).unwrap_or(40);
    for seed in 0..lives {
        run(life(SERVERS[seed as usize % SERVERS.len()], seed));
    }
}

#[test]
fn what_the_target_has_already_is_known_and_what_only_looks_so_is_not() {
    run(async {
        let (from, to) = (source(&[]).await, Provider::new().await);
        // Of the two that look the same, one; and something of its own.
        to.mail(
            "Archive",
            "Message-ID: <16@x>\r\nSubject: 16\r\n\r\nHello 99\r\n",
            Flags::NONE,
            &[],
        )
        .await;
        to.mail("INBOX", "\r\nno header at all\r\n", Flags::NONE, &[]).await;
        let mut record = Kept::default();
        let done = migrate((&from, Cut::Never), (&to, Cut::Never), &mut record).await.unwrap();
        assert!(done.fault.is_none() && done.folders.iter().all(|row| row.missing() == 0));
        let count = |provider: &Provider| tree::of(&provider.account).values().flatten().count();
        assert_eq!((count(&from), count(&to)), (23, 24));
    });
}

/// A server with two messages in the Inbox, one of which is in the folder with all mail too.
fn labels() -> Script {
    let open = "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n% OK [READ-ONLY] open\r\n";
    let one = |uid: u32, subject: &str| {
        format!(
            "* 1 FETCH (UID {uid} FLAGS () RFC822.SIZE 19 BODY[HEADER.FIELDS (SUBJECT)] {{16}}\r\nSubject: {subject}\r\n\r\n)\r\n"
        )
    };
    let list = "* LIST () \"/\" INBOX\r\n* LIST (\\All) \"/\" \"[Gmail]/All Mail\"\r\n* LIST (\\Flagged) \"/\" \"[Gmail]/Starred\"\r\n\
                * LIST (\\Important) \"/\" \"[Gmail]/Important\"\r\n* LIST (\\Sent) \"/\" \"[Gmail]/Sent Mail\"\r\n% OK done\r\n";
    vec![
        ("LIST", list.to_owned()),
        ("EXAMINE", open.to_owned()),
        ("~UID FETCH", format!("{}{}% OK done\r\n", one(1, "one"), one(2, "two"))),
        ("~UID FETCH", format!("{}% OK done\r\n", one(1, "six"))),
        ("UID FETCH", format!("{}{}{}% OK done\r\n", one(1, "one"), one(2, "old"), one(3, "six"))),
    ]
}

#[test]
fn labels_come_as_folders_and_archived_mail_once() {
    run(async {
        let (mut client, _) = script::connect(labels(), " X-GM-EXT-1 SPECIAL-USE").await;
        let plan = migration_planned(&mut client, &[]).await.unwrap();
        let rows: Vec<(&str, &str, usize)> = plan
            .folders
            .iter()
            .map(|it| (it.name.as_str(), it.mailbox.as_str(), it.messages.len()))
            .collect();
        let want = [
            ("INBOX", "INBOX", 2),
            ("[Gmail]/Sent Mail", "[Gmail]/Sent Mail", 1),
            ("[Gmail]/All Mail", "Archive", 1),
        ];
        assert_eq!(rows, want);
        assert_eq!(plan.elsewhere, 2);
        assert_eq!(plan.folders[1].special_use.as_deref(), Some("\\Sent"));
        assert_eq!(plan.folders[2].messages[0].uid, 2);
    });
}

/// A server that takes messages at once, but those with a keyword, and of all others not the second.
#[test]
fn what_is_refused_while_others_are_on_their_way_is_known() {
    run(async {
        let from = source(&[]).await;
        let mut source = from.connect(Cut::Never).await.unwrap();
        let plan = migration_planned(&mut source, &["Sent".to_owned()]).await.unwrap();
        let mut receipt = Receipt { folders: plan.folders, ..empty() };
        let script = vec![
            ("LIST", "* LIST () \"/\" Sent\r\n% OK done\r\n".to_owned()),
            ("EXAMINE", "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n% OK open\r\n".to_owned()),
            ("~APPEND", "% OK done\r\n".to_owned()),
            ("~APPEND", "% NO not this one\r\n".to_owned()),
        ];
        let (mut there, commands) = script::connect(script, "").await;
        let mut target = AccountTarget::new(&mut there, &receipt.folders).await.unwrap();
        let mut watch = |_: MigrationStep| Go::On;
        let (mut source, mut record) = (ImapSource(&mut source), Kept::default());
        let done = migrated(&mut source, &mut receipt, &mut target, &mut record, &mut watch).await;
        assert!(done.fault.is_none(), "{done:?}");
        let puts = target.puts();
        assert_eq!((puts.new + puts.refused, puts.known), (done.copies.copied, 0));
        let appended = commands.lock().unwrap().iter().filter(|it| it.contains("APPEND")).count();
        let again = if puts.refused == 1 { 0 } else { 1 };
        assert_eq!(appended as u64, done.copies.copied + again);
    });
}

#[test]
fn folders_of_others_are_left_alone() {
    run(async {
        let list = "* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"Other Users\"\r\n* LIST () \"/\" \"Other Users/bea/INBOX\"\r\n\
                    * LIST () \"/\" Others\r\n* LIST () \"/\" \"Shared/all\"\r\n% OK done\r\n";
        let spaces = "* NAMESPACE ((\"\" \"/\")) ((\"Other Users/\" \"/\")) ((\"Shared/\" \"/\"))\r\n% OK done\r\n";
        let open = "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n% OK open\r\n";
        let script = || {
            vec![
                ("LIST", list.to_owned()),
                ("NAMESPACE", spaces.to_owned()),
                ("EXAMINE", open.to_owned()),
            ]
        };
        let (mut client, _) = script::connect(script(), " NAMESPACE").await;
        let plan = migration_planned(&mut client, &[]).await.unwrap();
        let names: Vec<&str> = plan.folders.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["INBOX", "Others"]);
        let (mut client, commands) = script::connect(script(), " NAMESPACE").await;
        let wanted = sync::ArchiveWanted { larger: Some(0), ..sync::ArchiveWanted::default() };
        sync::archive_planned(&mut client, &wanted).await.unwrap();
        let commands = commands.lock().unwrap();
        assert!(!commands.iter().any(|it| it.starts_with("EXAMINE") && it.contains("bea")));
    });
}

#[test]
fn a_target_that_refuses_or_is_full_is_told() {
    run(async {
        for (answer, is_fault) in
            [("% NO [OVERQUOTA] full\r\n", true), ("% NO not this one\r\n", false)]
        {
            let from = source(&[]).await;
            let mut source = from.connect(Cut::Never).await.unwrap();
            let plan = migration_planned(&mut source, &["INBOX".to_owned()]).await.unwrap();
            let mut receipt = Receipt { folders: plan.folders, ..empty() };
            let script = vec![
                ("LIST", "* LIST () \"/\" INBOX\r\n% OK done\r\n".to_owned()),
                ("EXAMINE", "* 0 EXISTS\r\n* OK [UIDVALIDITY 1] x\r\n% OK open\r\n".to_owned()),
                ("APPEND", answer.to_owned()),
            ];
            let (mut there, _) = script::connect(script, "").await;
            let mut target = AccountTarget::new(&mut there, &receipt.folders).await.unwrap();
            let mut watch = |_: MigrationStep| Go::On;
            let (mut source, mut record) = (ImapSource(&mut source), Kept::default());
            let done =
                migrated(&mut source, &mut receipt, &mut target, &mut record, &mut watch).await;
            let target_fault =
                matches!(done.fault, Some(ArchiveFault::Target(EndFault::Server(_))));
            assert_eq!(target_fault, is_fault, "{done:?}");
            if !is_fault {
                assert_eq!((target.puts().refused, done.folders[0].missing()), (7, 7));
            }
        }
    });
}

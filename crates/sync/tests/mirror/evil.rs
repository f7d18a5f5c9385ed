//! Servers that lie, stall, babble, and change their minds.

use mailbox::Flags;
use sync::{Endpoint, Exit, MirrorDone, MirrorFault, MirrorWanted, Trouble, Why};

use crate::account::Home;
use crate::cuts::{all, run};
use crate::line::Cut;
use crate::provider::{Provider, put};
use crate::script::{self, Script};
use crate::tree;

/// A server with one folder and two messages in it.
fn plain() -> Script {
    let status = "* STATUS INBOX (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 7)\r\n% OK done\r\n";
    let open = "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\n% OK open\r\n";
    let one = "UID 1 FLAGS (\\Seen) RFC822.SIZE 19 BODY[] {19}\r\nSubject: one\r\n\r\n1\r\n";
    let two = "UID 2 FLAGS () RFC822.SIZE 19 BODY[] {19}\r\nSubject: two\r\n\r\n2\r\n";
    vec![
        ("LIST", "* LIST () \"/\" INBOX\r\n% OK done\r\n".to_owned()),
        ("STATUS", status.to_owned()),
        ("EXAMINE", open.to_owned()),
        ("BODY.PEEK[]", format!("* 1 FETCH ({one})\r\n* 2 FETCH ({two})\r\n% OK done\r\n")),
        (
            "UID FETCH",
            "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n* 2 FETCH (UID 2 FLAGS ())\r\n% OK done\r\n"
                .to_owned(),
        ),
        ("LOGOUT", "* BYE bye\r\n% OK done\r\n".to_owned()),
    ]
}

/// The same, but for what it says to one command.
fn but(command: &'static str, answer: &str) -> Script {
    let mut script = plain();
    script.insert(0, (command, answer.to_owned()));
    script
}

async fn mirrored(home: &Home, script: Script, wanted: &MirrorWanted) -> MirrorDone {
    let client = script::connect(script, "").await.0;
    home.mirror_with(client, wanted).await.unwrap()
}

fn in_inbox(home: &Home) -> usize {
    tree::of(&home.account)["INBOX"].len()
}

fn exit_of(done: MirrorDone) -> Exit {
    let endpoint: Endpoint = "imaps://imap.example.org".parse().unwrap();
    Trouble::of_mirror(done.fault.unwrap(), &endpoint).exit()
}

#[test]
fn a_server_that_ends_at_any_command_costs_nothing() {
    run(async {
        for command in ["LIST", "STATUS", "EXAMINE", "UID FETCH", "BODY.PEEK[]", "LOGOUT"] {
            for answer in
                ["", "* BYE [UNAVAILABLE] going down\r\n", "garbage\r\n", "* 4 FETCH (\r\n"]
            {
                let home = Home::new().await;
                let done = mirrored(&home, but(command, answer), &all()).await;
                assert_eq!(done.fault.is_some(), command != "LOGOUT", "{command} {answer:?}");
                let done = mirrored(&home, plain(), &all()).await;
                assert!(done.fault.is_none(), "{command} {answer:?}: {done:?}");
                assert_eq!(in_inbox(&home), 2, "{command} {answer:?}");
                home.is_sound();
            }
        }
    });
}

#[test]
fn names_are_names_and_never_paths() {
    run(async {
        let home = Home::new().await;
        let list = "* LIST () \"/\" INBOX\r\n* LIST () \"/\" \"../../etc\"\r\n* LIST () \".\" \"a/b..c\"\r\n\
                    * LIST () NIL {3}\r\n\u{7}x%\r\n* LIST (\\NoSelect) \"/\" no\r\n* LIST () \"/\" a\r\n* LIST () \"/\" A\r\n\
                    * LIST () \"/\" \"S&AOM-o\"\r\n% OK done\r\n";
        // In the answer a `%` would be the tag.
        let done = mirrored(&home, but("LIST", &list.replace("x%", "x*")), &all()).await;
        assert!(done.fault.is_none(), "{done:?}");
        let tree = tree::of(&home.account);
        for name in ["../../etc", "a_b/_/c", "_x_", "a", "A", "São"] {
            assert_eq!(tree.get(name).map(Vec::len), Some(2), "{name}: {:?}", tree.keys());
        }
        assert!(!tree.contains_key("no"));
        home.is_sound();
    });
}

#[test]
fn a_message_without_end_ends_the_session() {
    run(async {
        let home = Home::new().await;
        let one = "* 1 FETCH (UID 1 FLAGS () BODY[] {4294967295999}\r\nSubject: one\r\n";
        let done = mirrored(&home, but("BODY.PEEK[]", one), &all()).await;
        assert_eq!(exit_of(done), Exit::Network);
        let large = format!(
            "* 1 FETCH (UID 1 BODY[] {{150000}}\r\n{})\r\n% OK done\r\n",
            "x".repeat(150_000)
        );
        let done = mirrored(&home, but("BODY.PEEK[]", &large), &all()).await;
        assert_eq!((done.too_large, done.not_given), (1, 1), "{done:?}");
        // It is not asked for again.
        let done = mirrored(&home, plain(), &all()).await;
        assert_eq!((done.new, done.too_large, in_inbox(&home)), (1, 0, 1), "{done:?}");
    });
}

#[test]
fn what_was_not_asked_for_is_not_taken_and_nothing_is_taken_twice() {
    run(async {
        let home = Home::new().await;
        let one = "BODY[] {19}\r\nSubject: one\r\n\r\n1\r\n";
        let odd = format!(
            "* 1 FETCH (UID 9 {one})\r\n* 1 FETCH ({one})\r\n* 1 FETCH (UID 1 {one})\r\n* 1 FETCH (UID 1 {one})\r\n\
             * 2 FETCH (UID 2 BODY[] NIL)\r\n* 2 FETCH (UID 2 BODY[TEXT] \"x\")\r\n% OK done\r\n"
        );
        let done = mirrored(&home, but("BODY.PEEK[]", &odd), &all()).await;
        assert_eq!((done.new, done.not_given, in_inbox(&home)), (1, 1, 1), "{done:?}");
        let done = mirrored(&home, plain(), &all()).await;
        assert_eq!((done.new, in_inbox(&home)), (1, 2), "{done:?}");
        home.is_sound();
    });
}

#[test]
fn a_server_that_shrinks_or_goes_back_deletes_nothing() {
    run(async {
        let home = Home::new().await;
        mirrored(&home, plain(), &all()).await;
        let shorter = "* 1 FETCH (UID 1 FLAGS (\\Seen))\r\n% OK done\r\n";
        let done = mirrored(&home, but("UID FETCH", shorter), &all()).await;
        assert_eq!(done.refused, [("INBOX".to_owned(), Why::CutShort)]);
        let back = "* 0 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 1] x\r\n% OK open\r\n";
        let done = mirrored(&home, but("EXAMINE", back), &all()).await;
        assert_eq!(done.refused, [("INBOX".to_owned(), Why::WentBack)]);
        assert!(done.is_guarded());
        let nothing = "% OK done\r\n";
        let done = mirrored(&home, but("LIST", nothing), &all()).await;
        assert_eq!(done.refused, [("INBOX".to_owned(), Why::NoInbox)]);
        let busy = "% NO [LIMIT] Too many requests\r\n";
        let done = mirrored(&home, but("EXAMINE", busy), &all()).await;
        assert!(matches!(done.refused[0].1, Why::Server(_)), "{done:?}");
        let done = mirrored(&home, but("LIST", busy), &all()).await;
        assert!(matches!(done.fault, Some(MirrorFault::Server(_))));
        assert_eq!(in_inbox(&home), 2);
        // It is all as it was.
        let done = mirrored(&home, plain(), &all()).await;
        assert_eq!((done.new, done.deleted, in_inbox(&home)), (0, 0, 2), "{done:?}");
    });
}

/// The same messages under another UIDVALIDITY and other UIDs, but for one that is gone and one that is new.
fn renumbered() -> Script {
    let open = "* 2 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n* OK [UIDNEXT 23] x\r\n% OK open\r\n";
    let date = "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\"";
    let two = format!("UID 21 FLAGS (\\Flagged) RFC822.SIZE 19 {date}");
    let new = format!("UID 22 FLAGS () RFC822.SIZE 19 {date}");
    let fields = |line: &str| format!("BODY[HEADER.FIELDS (DATE)] {{16}}\r\n{line}\r\n\r\n");
    vec![
        ("LIST", "* LIST () \"/\" INBOX\r\n% OK done\r\n".to_owned()),
        ("EXAMINE", open.to_owned()),
        (
            "HEADER.FIELDS",
            format!(
                "* 1 FETCH ({two} {})\r\n* 2 FETCH ({new} {})\r\n% OK done\r\n",
                fields("Subject: two"),
                fields("Subject: new"),
            ),
        ),
        (
            "BODY.PEEK[]",
            format!(
                "* 2 FETCH ({new} BODY[] {{19}}\r\nSubject: new\r\n\r\n3\r\n)\r\n% OK done\r\n"
            ),
        ),
        ("UID FETCH", format!("* 1 FETCH ({two})\r\n* 2 FETCH ({new})\r\n% OK done\r\n")),
    ]
}

#[test]
fn a_folder_that_is_numbered_anew_loses_and_doubles_nothing() {
    run(async {
        let home = Home::new().await;
        let mut first = plain();
        let dated = "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" RFC822.SIZE";
        for (_, answer) in &mut first {
            *answer = answer.replace("RFC822.SIZE", dated);
        }
        mirrored(&home, first, &all()).await;
        for _ in 0..2 {
            let done = mirrored(&home, renumbered(), &all()).await;
            assert!(done.fault.is_none() && done.deleted == 0, "{done:?}");
        }
        let tree = tree::of(&home.account);
        let flags: Vec<(&str, u64)> = tree["INBOX"].iter().map(|it| (&it.0[9..12], it.2)).collect();
        // `one` stays, though it is not there any more; `two` is known again, and flagged.
        assert_eq!(flags, [("new", 0), ("one", Flags::SEEN.0), ("two", Flags::FLAGGED.0)]);
        home.is_sound();
    });
}

#[test]
fn much_that_goes_at_once_is_asked_for_first() {
    run(async {
        let provider = Provider::new().await;
        for number in 0..80 {
            let text = format!("Subject: {number}\r\n\r\n{number}\r\n");
            provider.mail("INBOX", &text, Flags::NONE, &[]).await;
        }
        let home = Home::new().await;
        home.mirror(&provider, &all(), Cut::Never).await.unwrap();
        let id = provider.account.find(&mailbox::MailboxName::inbox()).unwrap().unwrap().id;
        provider.account.remove(id, &mailbox::UidSet::all()).await.unwrap();
        provider.mail("INBOX", "Subject: new\r\n\r\nnew\r\n", Flags::NONE, &[]).await;
        let unasked = MirrorWanted::default();
        let done = home.mirror(&provider, &unasked, Cut::Never).await.unwrap();
        let why = Why::TooManyGone { gone: 80, max: 50 };
        assert_eq!(done.refused, [("INBOX".to_owned(), why)]);
        assert_eq!((done.new, in_inbox(&home)), (1, 81));
        let asked = MirrorWanted { delete_max: Some(80), ..MirrorWanted::default() };
        let done = home.mirror(&provider, &asked, Cut::Never).await.unwrap();
        assert_eq!((done.deleted, in_inbox(&home)), (80, 1), "{done:?}");
    });
}

#[test]
fn what_was_changed_here_stays_and_what_was_not_follows() {
    run(async {
        use mailbox::operations::Store;
        let provider = Provider::new().await;
        for number in 0..4 {
            let text = format!("Subject: {number}\r\n\r\n{number}\r\n");
            provider.mail("INBOX", &text, Flags::NONE, &[]).await;
        }
        let home = Home::new().await;
        home.mirror(&provider, &all(), Cut::Never).await.unwrap();
        let inbox = mailbox::MailboxName::inbox();
        let (here, there) = (
            home.account.find(&inbox).unwrap().unwrap().id,
            provider.account.find(&inbox).unwrap().unwrap().id,
        );
        let uids = |uid| [mailbox::Uid::new(uid).unwrap()].into_iter().collect::<mailbox::UidSet>();
        let set = |uid, flags| Store {
            uids: uids(uid),
            mode: mailbox::FlagMode::Add,
            flags: mailbox::FlagNames { system: flags, keywords: Vec::new() },
            unchanged_since: None,
        };
        // Both change flags of 1; 2 is changed here and goes there; 3 goes here and is changed there; 4 goes here.
        home.account.store(here, set(1, Flags::FLAGGED)).await.unwrap();
        provider.account.store(there, set(1, Flags::SEEN)).await.unwrap();
        home.account.store(here, set(2, Flags::FLAGGED)).await.unwrap();
        provider.account.remove(there, &uids(2)).await.unwrap();
        home.account.remove(here, &uids(3)).await.unwrap();
        provider.account.store(there, set(3, Flags::SEEN)).await.unwrap();
        home.account.remove(here, &uids(4)).await.unwrap();
        put(&home.accounts, &home.account, "INBOX", "Subject: mine\r\n\r\n", Flags::NONE, &[])
            .await;
        let done = home.mirror(&provider, &all(), Cut::Never).await.unwrap();
        assert_eq!((done.kept, done.deleted, done.new), (1, 0, 1), "{done:?}");
        let flags: Vec<u64> = tree::of(&home.account)["INBOX"].iter().map(|it| it.2).collect();
        // 0, 1, 2 and mine, by their texts.
        let both = Flags::FLAGGED.with(Flags::SEEN).0;
        assert_eq!(flags, [both, Flags::FLAGGED.0, Flags::SEEN.0, 0]);
        home.is_sound();
    });
}

#[test]
fn a_dry_run_changes_nothing() {
    run(async {
        let provider = Provider::new().await;
        provider.mail("INBOX", "Subject: 1\r\n\r\n1\r\n", Flags::NONE, &[]).await;
        let new = mailbox::MailboxName::new("Projects").unwrap();
        provider.account.create_mailbox(&new, None).await.unwrap();
        let home = Home::new().await;
        let dry = MirrorWanted { runs: sync::MirrorRuns::Dry, ..all() };
        let before = tree::of(&home.account);
        let done = home.mirror(&provider, &dry, Cut::Never).await.unwrap();
        assert_eq!((done.new, done.folders_made), (1, 1), "{done:?}");
        assert_eq!(tree::of(&home.account), before);
        // Only what was asked for.
        let some = MirrorWanted { folders: vec!["Pro*".to_owned()], ..all() };
        let done = home.mirror(&provider, &some, Cut::Never).await.unwrap();
        assert_eq!((done.new, done.folders, done.folders_made), (0, 1, 1), "{done:?}");
    });
}

//! Servers that lie, change their minds and end at any place: nothing is deleted that is not safe.

use sync::{ArchiveDone, ArchiveFault, ArchiveWanted, AtServer, Batch, EndFault, PlanFault};

use crate::lives::run;
use crate::script::{self, Script};
use crate::shelf::Shelf;

const DATE: &str = "INTERNALDATE \"17-Jul-1996 02:44:25 -0700\"";

/// A server with one folder and two messages in it.
fn plain() -> Script {
    let open = |access: &str| {
        format!(
            "* 2 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n* OK [UIDNEXT 3] x\r\n% OK [{access}] open\r\n"
        )
    };
    let told = |number: u32, flags: &str| {
        format!("* {number} FETCH (UID {number} FLAGS ({flags}) RFC822.SIZE 19 {DATE})\r\n")
    };
    let listed = format!("{}{}% OK done\r\n", told(1, "\\Seen"), told(2, ""));
    let body = |number: u32, flags: &str, subject: &str| {
        format!(
            "* {number} FETCH (UID {number} FLAGS ({flags}) {DATE} BODY[] {{19}}\r\nSubject: {subject}\r\n\r\n{number}\r\n)\r\n"
        )
    };
    vec![
        ("LIST", "* LIST () \"/\" INBOX\r\n% OK done\r\n".to_owned()),
        (
            "STATUS",
            "* STATUS INBOX (MESSAGES 2 UIDNEXT 3 UIDVALIDITY 7)\r\n% OK done\r\n".to_owned(),
        ),
        ("EXAMINE", open("READ-ONLY")),
        ("SELECT", open("READ-WRITE")),
        ("UID SEARCH", "* SEARCH 1 2\r\n% OK done\r\n".to_owned()),
        ("BODY.PEEK[]", format!("{}{}% OK done\r\n", body(1, "\\Seen", "one"), body(2, "", "two"))),
        // When it is planned, and before anything is deleted; then there is nothing any more.
        ("~UID FETCH", listed.clone()),
        ("~UID FETCH", listed),
        ("UID FETCH", "% OK done\r\n".to_owned()),
    ]
}

/// The same, but for what it says first to one command.
fn but(command: &'static str, answer: &str) -> Script {
    let mut script = plain();
    script.insert(0, (command, answer.to_owned()));
    script
}

fn all() -> ArchiveWanted {
    ArchiveWanted::default()
}

struct Outcome {
    done: Result<Option<ArchiveDone>, PlanFault>,
    shelf: Shelf,
    commands: Vec<String>,
}

impl Outcome {
    fn done(&self) -> &ArchiveDone {
        self.done.as_ref().unwrap().as_ref().unwrap()
    }

    fn said(&self, word: &str) -> bool {
        self.commands.iter().any(|command| command.contains(word))
    }
}

async fn archived(script: Script, capabilities: &str) -> Outcome {
    archived_to(Shelf::new(Batch::ALL), script, capabilities).await
}

async fn archived_to(mut shelf: Shelf, script: Script, capabilities: &str) -> Outcome {
    let (mut client, commands) = script::connect(script, capabilities).await;
    let done = shelf.archive(&mut client, &all()).await;
    let commands = commands.lock().unwrap().clone();
    Outcome { done, shelf, commands }
}

#[test]
fn exactly_what_is_safe_is_deleted() {
    run(async {
        let outcome = archived(plain(), " UIDPLUS").await;
        let done = outcome.done();
        assert!(done.fault.is_none(), "{done:?}");
        assert_eq!(
            (done.copies.copied, done.safe, done.deleted, done.deleted_octets),
            (2, 2, 2, 38)
        );
        assert!(outcome.said("UID STORE 1:2 +FLAGS.SILENT (\\Deleted)"), "{:?}", outcome.commands);
        assert!(outcome.said("UID EXPUNGE 1:2"));
        let receipt = outcome.shelf.receipt.unwrap();
        let message = &receipt.folders[0].messages[0];
        assert_eq!((message.at_provider, message.flags.len()), (AtServer::Deleted, 1));
        assert_eq!((message.zone_minutes, message.octets), (-420, Some(19)));
    });
}

#[test]
fn a_server_that_ends_at_any_command_loses_nothing() {
    run(async {
        let commands = [
            "LIST",
            "STATUS",
            "EXAMINE",
            "UID SEARCH",
            "UID FETCH",
            "BODY.PEEK[]",
            "SELECT",
            "UID STORE",
            "UID EXPUNGE",
        ];
        for command in commands {
            for answer in
                ["", "* BYE [UNAVAILABLE] going down\r\n", "garbage\r\n", "* 4 FETCH (\r\n"]
            {
                let outcome = archived(but(command, answer), " UIDPLUS").await;
                let is_cut = match &outcome.done {
                    Ok(done) => done.as_ref().is_some_and(|done| done.fault.is_some()),
                    Err(fault) => matches!(fault, PlanFault::Server(_)),
                };
                assert!(is_cut, "{command} {answer:?}: {:?}", outcome.done);
                let is_safe = outcome.shelf.letters.len() == 2;
                assert!(is_safe || !outcome.said("STORE"), "{command}: {:?}", outcome.commands);
                let again = archived_to(outcome.shelf, plain(), " UIDPLUS").await;
                assert_eq!(again.shelf.letters.len(), 2, "{command} {answer:?}");
            }
        }
    });
}

#[test]
fn a_uidvalidity_that_changes_between_copy_and_deletion_deletes_nothing() {
    run(async {
        let open = "* 2 EXISTS\r\n* OK [UIDVALIDITY 8] x\r\n% OK [READ-WRITE] open\r\n";
        let outcome = archived(but("SELECT", open), " UIDPLUS").await;
        assert_eq!((outcome.done().safe, outcome.done().renumbered), (2, 2));
        assert!(!outcome.said("STORE"));
        // And between the plan and the copy.
        let mut script = plain();
        let first = script.iter().position(|(text, _)| *text == "EXAMINE").unwrap();
        let open = script[first].1.clone();
        script.insert(first, ("~EXAMINE", open.clone()));
        script[first + 1].1 = open.replace("UIDVALIDITY 7", "UIDVALIDITY 9");
        let outcome = archived(script, " UIDPLUS").await;
        assert_eq!((outcome.done().copies.copied, outcome.done().copies.not_given), (0, 2));
        assert!(!outcome.said("STORE"));
    });
}

#[test]
fn another_message_under_the_same_uid_stays() {
    run(async {
        let mut script = plain();
        // The second list is asked for just before anything is deleted.
        let at = script.iter().rposition(|(text, _)| *text == "~UID FETCH").unwrap();
        script[at].1 = script[at].1.replacen("RFC822.SIZE 19", "RFC822.SIZE 20", 1);
        let outcome = archived(script, " UIDPLUS").await;
        let done = outcome.done();
        assert_eq!((done.changed, done.deleted), (1, 1), "{done:?}");
        assert!(outcome.said("UID EXPUNGE 2") && !outcome.said("UID EXPUNGE 1"));
        // One that was flagged meanwhile stays, too.
        let mut script = plain();
        script[at].1 = script[at].1.replacen("(\\Seen)", "(\\Seen \\Flagged)", 1);
        let outcome = archived(script, " UIDPLUS").await;
        assert_eq!((outcome.done().changed, outcome.done().deleted), (1, 1));
    });
}

#[test]
fn what_changed_after_a_run_was_cut_loses_its_mark_and_stays() {
    run(async {
        // The line breaks when both are marked.
        let cut = archived(but("UID EXPUNGE", ""), " UIDPLUS").await;
        assert!(cut.done().fault.is_some() && cut.said("+FLAGS.SILENT"));
        let mut script = plain();
        let at = script.iter().position(|(text, _)| *text == "~UID FETCH").unwrap();
        let marked = script[at].1.replacen("(\\Seen)", "(\\Seen \\Flagged \\Deleted)", 1);
        script[at].1 = marked.replace("FLAGS ()", "FLAGS (\\Deleted)");
        script.remove(at + 1);
        // There is nothing else to archive.
        script.insert(0, ("UID SEARCH", "* SEARCH\r\n% OK done\r\n".to_owned()));
        let outcome = archived_to(cut.shelf, script, " UIDPLUS").await;
        assert!(outcome.done.is_ok());
        assert!(outcome.said("UID STORE 1 -FLAGS.SILENT (\\Deleted)"), "{:?}", outcome.commands);
        assert!(outcome.said("UID EXPUNGE 2") && !outcome.said("UID EXPUNGE 1"));
    });
}

#[test]
fn what_is_shorter_than_was_listed_is_not_taken_for_whole() {
    run(async {
        let mut script = plain();
        for (_, answer) in &mut script {
            *answer = answer.replace(
                "UID 1 FLAGS (\\Seen) RFC822.SIZE 19",
                "UID 1 FLAGS (\\Seen) RFC822.SIZE 900",
            );
        }
        let outcome = archived(script, " UIDPLUS").await;
        assert_eq!((outcome.done().copies.not_given, outcome.done().copies.copied), (1, 1));
        assert!(outcome.said("UID EXPUNGE 2") && !outcome.said("UID STORE 1"));
        let endless = "* 1 FETCH (UID 1 FLAGS () BODY[] {4294967295999}\r\nSubject: one\r\n";
        let outcome = archived(but("BODY.PEEK[]", endless), " UIDPLUS").await;
        assert!(matches!(outcome.done().fault, Some(ArchiveFault::Source(EndFault::Server(_)))));
        assert!(!outcome.said("STORE"));
    });
}

#[test]
fn without_uidplus_messages_are_marked_and_nothing_is_expunged() {
    run(async {
        let mut script = plain();
        let last = script.iter().position(|(text, _)| *text == "UID FETCH").unwrap();
        let listed = script.iter().find(|(text, _)| *text == "~UID FETCH").unwrap().1.clone();
        let listed = listed
            .replace("(\\Seen)", "(\\Seen \\Deleted)")
            .replace("FLAGS ()", "FLAGS (\\Deleted)");
        script[last].1 = listed;
        let outcome = archived(script, "").await;
        assert_eq!((outcome.done().marked, outcome.done().deleted), (2, 0));
        assert!(outcome.said("STORE") && !outcome.said("EXPUNGE"), "{:?}", outcome.commands);
    });
}

#[test]
fn what_the_server_says_it_removed_is_looked_for() {
    run(async {
        let mut script = plain();
        let last = script.iter().position(|(text, _)| *text == "UID FETCH").unwrap();
        script[last].1 = script.iter().find(|(text, _)| *text == "~UID FETCH").unwrap().1.clone();
        let outcome = archived(script, " UIDPLUS").await;
        assert_eq!((outcome.done().deleted, outcome.done().left), (0, 2));
        // What the server refuses is told.
        for (command, left) in [("SELECT", 2), ("UID STORE", 0), ("UID EXPUNGE", 0)] {
            let outcome = archived(but(command, "% NO [NOPERM] not you\r\n"), " UIDPLUS").await;
            let refused = &outcome.done().refused;
            assert_eq!(refused[0], ("INBOX".to_owned(), "not you".to_owned()), "{command}");
            assert_eq!(outcome.done().left, left, "{command}");
        }
    });
}

#[test]
fn what_was_not_read_back_as_it_came_stays() {
    run(async {
        let mut shelf = Shelf::new(Batch::ALL);
        shelf.spoils = Some("Subject: one".to_owned());
        let outcome = archived_to(shelf, plain(), " UIDPLUS").await;
        assert_eq!((outcome.done().unequal, outcome.done().deleted), (1, 1));
        assert!(!outcome.said("UID EXPUNGE 1"));
        let messages = &outcome.shelf.receipt.unwrap().folders[0].messages;
        assert_eq!((messages[0].place.as_ref(), messages[0].at_provider), (None, AtServer::Kept));
    });
}

#[test]
fn names_are_names_and_never_paths() {
    run(async {
        let list = "* LIST () \"/\" \"../../etc\"\r\n* LIST () \".\" \"a/b\"\r\n* LIST () \"/\" a_b\r\n% OK done\r\n";
        let mut script = but("LIST", list);
        // Each of the folders is listed once when it is planned.
        let listed = script.iter().find(|(text, _)| *text == "~UID FETCH").unwrap().clone();
        script.insert(0, listed.clone());
        script.insert(0, listed);
        let outcome = archived(script, " UIDPLUS").await;
        let receipt = outcome.shelf.receipt.unwrap();
        let names: Vec<&str> = receipt.folders.iter().map(|it| it.mailbox.as_str()).collect();
        assert_eq!(names, ["../../etc", "a_b", "a_b (2)"]);
        assert_eq!(receipt.folders[1].name, "a/b");
    });
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is() {
    run(async {
        let outcome = archived(plain(), " X-GM-EXT-1 UIDPLUS").await;
        assert!(matches!(outcome.done, Err(PlanFault::Labels)));
        let plan = async |wanted: &ArchiveWanted, capabilities: &str| {
            let script = but(
                "GETQUOTAROOT",
                "* QUOTAROOT INBOX x\r\n* QUOTA x (STORAGE 90 100)\r\n% OK done\r\n",
            );
            let (mut client, _) = script::connect(script, capabilities).await;
            sync::archive_planned(&mut client, wanted).await
        };
        let until = |percent| ArchiveWanted { until_percent: Some(percent), ..all() };
        assert!(matches!(plan(&until(70), "").await, Err(PlanFault::NoQuota)));
        let some = plan(&until(89), " QUOTA").await.unwrap();
        assert_eq!(some.count(), 2, "1 KB has to go");
        assert_eq!(plan(&until(90), " QUOTA").await.unwrap().count(), 0);
        let folders = vec!["Nowhere".to_owned()];
        let nowhere = ArchiveWanted { folders, ..all() };
        assert!(matches!(plan(&nowhere, "").await, Err(PlanFault::NoSuchFolder(_))));
        let before = ArchiveWanted { before: Some(mailbox::Timestamp(800_000_000)), ..all() };
        assert_eq!(plan(&before, "").await.unwrap().count(), 0);
        let larger = ArchiveWanted { larger: Some(18), ..all() };
        assert_eq!(plan(&larger, "").await.unwrap().count(), 2);
    });
}

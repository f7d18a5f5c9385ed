//! Files of other programs, and what an import makes of them: messages, and what people are told.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "tests may be blunt"
)]

use std::convert::Infallible;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use transfer::plan::{Plan, Wanted};
use transfer::{Attributes, GmailLabels, MailSink, MailboxAttributes, Remarks, import};

/// Keeps what it takes: mailboxes and flags, and the text.
#[derive(Default)]
struct Kept {
    taken: Vec<(String, String)>,
    open: Option<(String, Vec<u8>)>,
}

impl MailSink for Kept {
    type Fault = Infallible;

    async fn mailbox(&mut self, _: &MailboxAttributes) -> Result<(), Infallible> {
        Ok(())
    }

    async fn begin(&mut self, message: &Attributes) -> Result<(), Infallible> {
        let mut words = vec![message.mailbox.clone()];
        words.extend(message.also.iter().cloned());
        words.extend(message.flags.iter().cloned());
        self.open = Some((words.join(" "), Vec::new()));
        Ok(())
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Infallible> {
        self.open.as_mut().unwrap().1.extend_from_slice(octets);
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Infallible> {
        let (about, octets) = self.open.take().unwrap();
        self.taken.push((about, String::from_utf8(octets).unwrap()));
        Ok(())
    }

    async fn abandon(&mut self) -> Result<(), Infallible> {
        self.open = None;
        Ok(())
    }
}

struct Files(TempDir);

impl Files {
    fn new() -> Files {
        Files(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, octets: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, octets).unwrap();
        path
    }
}

fn gzip(text: &str) -> Vec<u8> {
    let mut to = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    to.write_all(text.as_bytes()).unwrap();
    to.finish().unwrap()
}

async fn taken(path: &Path, wanted: &Wanted<'_>) -> (Vec<(String, String)>, Remarks, Plan) {
    let plan = Plan::of(path, wanted).unwrap();
    let mut kept = Kept::default();
    let remarks = import(&mut kept, &plan, &mut |_| {}).await.unwrap();
    assert!(kept.open.is_none());
    (kept.taken, remarks, plan)
}

fn words(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(about, text)| ((*about).to_owned(), (*text).to_owned())).collect()
}

const FROM: &str = "From a@b Tue Aug  6 10:23:41 2002\n";

#[tokio::test]
async fn files_that_dovecot_packed_are_unpacked_whatever_their_names() {
    let files = Files::new();
    let text = "Subject: packed\n\nx\n";
    files.write("cur/1.a,S=19,W=22:2,S", gzip(text));
    files.write("cur/2.b.gz:2,", "Subject: plain\n\ny\n");
    let packed = gzip(text);
    files.write("cur/3.c:2,", &packed[..packed.len() - 9]);
    files.write("new/4.d", "");
    let (taken, remarks, _) = taken(files.path(), &Wanted::default()).await;
    let want = [
        ("INBOX \\Seen", "Subject: packed\r\n\r\nx\r\n"),
        ("INBOX", "Subject: plain\r\n\r\ny\r\n"),
    ];
    assert_eq!(taken, words(&want));
    assert_eq!(remarks.unreadable.count(), 1, "{remarks:?}");
    assert!(remarks.unreadable.first()[0].contains("3.c:2,: "), "{remarks:?}");
    assert_eq!(remarks.notes.count(), 1, "{remarks:?}");
    assert!(remarks.notes.first()[0].ends_with("4.d: there is no message in it"), "{remarks:?}");
}

#[tokio::test]
async fn a_message_that_is_cut_off_is_not_taken_and_the_next_file_is() {
    let files = Files::new();
    let noise: String =
        (0..9_000_u32).map(|n| format!("{}\n", n.wrapping_mul(n) ^ 0x5a5a)).collect();
    let packed = gzip(&format!("{FROM}Subject: 1\n\nx\n\n{FROM}Subject: 2\n\n{noise}\n"));
    files.write("a.mbox.gz", &packed[..packed.len() - 100]);
    files.write("b.mbox", format!("{FROM}Subject: 3\n\nx\n"));
    let (taken, remarks, _) = taken(files.path(), &Wanted::default()).await;
    let want = [("a", "Subject: 1\r\n\r\nx\r\n"), ("b", "Subject: 3\r\n\r\nx\r\n")];
    assert_eq!(taken, words(&want));
    assert!(remarks.unreadable.first()[0].contains("behind 1 messages"), "{remarks:?}");
}

#[tokio::test]
async fn what_is_passed_over_is_named() {
    let files = Files::new();
    let note =
        "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\nStatus: RO\n\n\n";
    files.write("Pine", format!("{FROM}{note}{FROM}Subject: 1\nStatus: RO\n\nx\n"));
    let bird = "From \nX-Mozilla-Status: 0009\nSubject: gone\n\n\nFrom \nX-Mozilla-Status: 0001\nSubject: 2\n\nx\n";
    files.write("Bird", bird);
    files.write("Void", format!("{FROM}Subject: 3\n\nx\n\n{}", format!("{FROM}\n").repeat(500)));
    files.write("README.md", "# Nothing\n");
    files.write("outlook.pst", "!BDN");
    let (taken, remarks, plan) = taken(files.path(), &Wanted::default()).await;
    let want = [
        ("Bird \\Seen", "Subject: 2\r\n\r\nx\r\n"),
        ("Pine \\Seen", "Subject: 1\r\n\r\nx\r\n"),
        ("Void", "Subject: 3\r\n\r\nx\r\n"),
    ];
    assert_eq!(taken, words(&want));
    assert!(remarks.unreadable.is_empty(), "{remarks:?}");
    assert_eq!(remarks.notes.count(), 502, "{remarks:?}");
    assert!(remarks.notes.first()[0].contains("Bird: 1 messages that were deleted"), "{remarks:?}");
    assert!(
        remarks.notes.first()[1].contains("Pine, octet 0: a note of the mail program"),
        "{remarks:?}"
    );
    assert_eq!(plan.passed_over.count(), 2);
    let mut why = plan.passed_over.first().to_vec();
    why.sort();
    assert!(why[0].ends_with("README.md: no message: it has no fields such as From or Subject"));
    assert!(why[1].ends_with(
        "outlook.pst: an Outlook data file (PST); convert it to mbox first, as readpst does"
    ));
}

#[tokio::test]
async fn gmails_labels_become_mailboxes_or_keywords() {
    let files = Files::new();
    let from = "From 1640@xxx Tue Aug 06 10:23:41 +0000 2002\r\n";
    let labels = "X-GM-THRID: 1640\r\nX-Gmail-Labels: Inbox,Opened,Work/2024\r\n";
    let text = format!(
        "{from}{labels}Subject: 1\r\n\r\nx\r\n\r\n{from}X-GM-THRID: 2\r\nX-Gmail-Labels: Sent\r\nSubject: 2\r\n\r\ny\r\n"
    );
    let path = files.write("All mail Including Spam and Trash.mbox", text);
    for (gmail, below, first, second) in [
        (GmailLabels::Mailboxes, None, "INBOX Work/2024 \\Seen", "Sent"),
        (GmailLabels::Mailboxes, Some("Old"), "Old/INBOX Old/Work/2024 \\Seen", "Old/Sent"),
        (GmailLabels::Keywords, None, "INBOX \\Seen Work/2024", "Sent"),
        (GmailLabels::Nothing, Some("All"), "All \\Seen", "All"),
    ] {
        let wanted = Wanted { gmail, below, ..Wanted::default() };
        let (taken, _, _) = taken(&path, &wanted).await;
        let want = [(first, "Subject: 1\r\n\r\nx\r\n"), (second, "Subject: 2\r\n\r\ny\r\n")];
        assert_eq!(taken, words(&want));
    }
}

#[tokio::test]
async fn messages_of_apple_mail_come_with_their_flags_and_mailboxes() {
    let files = Files::new();
    let emlx = |text: &str, flags: u64| {
        let list = "<?xml version=\"1.0\"?>\n<plist version=\"1.0\">\n<dict>\n";
        let keys = "<key>date-received</key>\n\t<integer>1028629421</integer>";
        let end = format!("<key>flags</key>\n\t<integer>{flags}</integer>\n</dict>\n</plist>\n");
        format!("{:<10}\n{text}{list}\t{keys}\n\t{end}", text.len())
    };
    let own = "INBOX.mbox/0F8B1C5E-0A5C-4E6B-9D53-6C4B2C3E7F11/Data";
    files.write(&format!("{own}/Messages/1.emlx"), emlx("Subject: 1\n\nx\n", 0x0200_0015));
    files.write(&format!("{own}/3/Messages/3012.partial.emlx"), emlx("Subject: 2\n\n", 0x40));
    files.write(&format!("{own}/3/Attachments/3012/2/a.eml"), "Subject: inner\n\n");
    let cut = emlx("Subject: 3\n\nlong text\n", 0);
    files.write(&format!("{own}/Messages/4.emlx"), &cut[..25]);
    files.write("Work.mbox/2024.mbox/Messages/5.emlx", emlx("Subject: 4\n\nx", 0));
    files.write("Work.mbox/2024.mbox/Messages/6.emlx", "no count\n");
    let (taken, remarks, plan) = taken(files.path(), &Wanted::default()).await;
    let want = [
        ("INBOX \\Seen \\Answered \\Flagged $NotJunk", "Subject: 1\r\n\r\nx\r\n"),
        ("INBOX \\Draft", "Subject: 2\r\n\r\n"),
        ("Work/2024", "Subject: 4\r\n\r\nx"),
    ];
    assert_eq!(taken, words(&want));
    assert_eq!(remarks.unreadable.count(), 1, "{remarks:?}");
    assert!(
        remarks.unreadable.first()[0]
            .ends_with("4.emlx: the file ends before the message in it does")
    );
    assert_eq!(remarks.notes.count(), 1, "{remarks:?}");
    assert!(remarks.notes.first()[0].contains("3012.partial.emlx: Apple Mail has only a part"));
    let mut passed: Vec<&String> = plan.passed_over.first().iter().collect();
    passed.sort();
    assert!(
        passed[0].ends_with("3/Attachments: attachments that Apple Mail keeps beside its messages")
    );
    assert!(passed[1].contains("6.emlx: no message"));
    let inbox = files.path().join("INBOX.mbox");
    let plan = Plan::of(&inbox, &Wanted::default()).unwrap();
    let mut kept = Kept::default();
    import(&mut kept, &plan, &mut |_| {}).await.unwrap();
    assert!(kept.taken[0].0.starts_with("INBOX "), "{:?}", kept.taken[0]);
}

#[tokio::test]
async fn what_is_no_file_is_named_and_all_else_is_read() {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    let files = Files::new();
    files.write("mail/cur/1.a:2,", "Subject: 1\n\n");
    files.write("mail/.Work/cur/2.a:2,S", "Subject: 2\n\n");
    symlink(files.path().join("mail"), files.path().join("mail/.Circle")).unwrap();
    symlink("1.a:2,", files.path().join("mail/cur/3.a:2,")).unwrap();
    let _socket =
        std::os::unix::net::UnixListener::bind(files.path().join("mail/cur/4.a:2,")).unwrap();
    let latin = std::ffi::OsStr::from_bytes(b"loose/Entw\xfcrfe");
    files.write("loose/x", "");
    std::fs::write(files.path().join(latin), format!("{FROM}Subject: 4\n\n")).unwrap();
    let other = std::ffi::OsStr::from_bytes(b"loose/Entw\xfdrfe");
    std::fs::write(files.path().join(other), format!("{FROM}Subject: 5\n\n")).unwrap();
    let deep = vec!["d"; 45].join("/");
    files.write(&format!("loose/{deep}/x.eml"), "Subject: deep\n\n");
    let (taken_, remarks, plan) = taken(files.path(), &Wanted::default()).await;
    let want = [
        ("loose/Entw\u{fc}rfe", "Subject: 4\r\n\r\n"),
        ("loose/Entw\u{fd}rfe", "Subject: 5\r\n\r\n"),
        ("mail", "Subject: 1\r\n\r\n"),
        ("mail/Work \\Seen", "Subject: 2\r\n\r\n"),
    ];
    assert_eq!(taken_, words(&want));
    assert!(remarks.unreadable.is_empty() && remarks.notes.is_empty(), "{remarks:?}");
    let mut why: Vec<&str> = plan
        .passed_over
        .first()
        .iter()
        .filter_map(|text| text.split_once(": "))
        .map(|(_, why)| why)
        .collect();
    why.sort_unstable();
    let link = "a link, which is not followed; name what it leads to, to import that";
    assert_eq!(why[0], link);
    assert_eq!(why[1], link);
    assert_eq!(why[2], "empty");
    assert!(why[3].starts_with("more than 40 folders"), "{why:?}");
    assert_eq!(why[4], "no file, but a pipe, a socket or a device");
    assert_eq!(why.len(), 5, "{why:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_read_is_named_and_all_else_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let files = Files::new();
    files.write("a/1.eml", "Subject: 1\n\n");
    files.write("b/2.eml", "Subject: 2\n\n");
    files.write("c/cur/3.x:2,", "Subject: 3\n\n");
    files.write("c/new/4.x", "Subject: 4\n\n");
    files.write("d/cur/5.x:2,", "Subject: 5\n\n");
    files.write("d/new", "no folder");
    let close = |folder: &str, mode| {
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(files.path().join(folder), mode).unwrap();
    };
    close("a", 0o000);
    close("c/cur", 0o000);
    let is_root = std::fs::read_dir(files.path().join("a")).is_ok();
    let (taken, remarks, _) = taken(files.path(), &Wanted::default()).await;
    close("a", 0o700);
    close("c/cur", 0o700);
    let subjects: Vec<&str> = taken.iter().map(|(_, text)| text[9..].trim_end()).collect();
    let mut unreadable = remarks.unreadable.first().to_vec();
    unreadable.sort();
    assert!(unreadable.pop().unwrap().contains("/d/new: Not a directory"));
    // To root nothing is closed.
    if is_root {
        assert_eq!(subjects, ["1", "2", "3", "4", "5"]);
        return;
    }
    assert_eq!(subjects, ["2", "4", "5"]);
    assert!(unreadable[0].contains("/a: Permission denied"), "{unreadable:?}");
    assert!(unreadable[1].contains("/c/cur: Permission denied"), "{unreadable:?}");
}

#[tokio::test]
async fn an_mbox_is_known_by_its_messages_whatever_its_name() {
    let files = Files::new();
    let two = format!("{FROM}Subject: 1\n\nx\n\n{FROM}Subject: 2\n\ny\n");
    let one = format!("{FROM}Subject: 3\n\nx\n\n{FROM}we wrote\n");
    files.write("archive.2019", &two);
    files.write("packed.2020.gzip", gzip(&two));
    files.write("00002.3fa9", &one);
    files.write("letter.eml", &two);
    let (taken, _, _) = taken(files.path(), &Wanted::default()).await;
    let subjects: Vec<(&str, &str)> =
        taken.iter().map(|(mailbox, text)| (mailbox.as_str(), &text[..10])).collect();
    let want = [
        ("INBOX", "Subject: 3"),
        ("INBOX", "Subject: 1"),
        ("archive", "Subject: 1"),
        ("archive", "Subject: 2"),
        ("packed", "Subject: 1"),
        ("packed", "Subject: 2"),
    ];
    assert_eq!(subjects, want);
}

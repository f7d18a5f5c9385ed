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
    assert_eq!(remarks.unreadable.len(), 1, "{remarks:?}");
    assert!(remarks.unreadable[0].contains("3.c:2,: "), "{remarks:?}");
    assert_eq!(remarks.notes.len(), 1, "{remarks:?}");
    assert!(remarks.notes[0].ends_with("4.d: there is no message in it"), "{remarks:?}");
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
    assert!(remarks.unreadable[0].contains("behind 1 messages"), "{remarks:?}");
}

#[tokio::test]
async fn what_is_passed_over_is_named() {
    let files = Files::new();
    let note =
        "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\nX-IMAP: 1 2\nStatus: RO\n\n\n";
    files.write("Pine", format!("{FROM}{note}{FROM}Subject: 1\nStatus: RO\n\nx\n"));
    let bird = "From \nX-Mozilla-Status: 0009\nSubject: gone\n\n\nFrom \nX-Mozilla-Status: 0001\nSubject: 2\n\nx\n";
    files.write("Bird", bird);
    files.write("README.md", "# Nothing\n");
    files.write("takeout.zip", "PK\x03\x04");
    let (taken, remarks, plan) = taken(files.path(), &Wanted::default()).await;
    let want =
        [("Bird \\Seen", "Subject: 2\r\n\r\nx\r\n"), ("Pine \\Seen", "Subject: 1\r\n\r\nx\r\n")];
    assert_eq!(taken, words(&want));
    assert!(remarks.unreadable.is_empty(), "{remarks:?}");
    assert_eq!(remarks.notes.len(), 2, "{remarks:?}");
    assert!(remarks.notes[0].contains("Bird: 1 messages that were deleted"), "{remarks:?}");
    assert!(remarks.notes[1].contains("Pine, octet 0: a note of the mail program"), "{remarks:?}");
    assert_eq!(plan.passed_over, 2);
    let mut why = plan.passed_over_first;
    why.sort();
    assert!(why[0].ends_with("README.md: no message: it has no fields such as From or Subject"));
    assert!(why[1].ends_with("takeout.zip: a ZIP archive; unpack it first"));
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

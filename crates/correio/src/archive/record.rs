//! The receipts that the companion keeps in its folder, one file for each run; and what was copied since, in a file of
//! lines beside it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use sync::{ArchiveRecord, Copied, Failure, RECEIPT_VERSION, Receipt, ReceiptFolder, Stage};

/// A receipt of a migration of 1,000,000 messages has some 400 MB.
const RECEIPT_OCTETS_MAX: u64 = 1 << 30;

/// The end of the names of receipts.
const RECEIPT: &str = ".json";
/// The end of the names of what was copied since.
const COPIED: &str = ".copied";

/// What is kept of one run.
pub(crate) struct Records {
    /// The receipt in the companion's folder.
    kept: PathBuf,
    /// What was copied since.
    copied: PathBuf,
    /// The receipt beside the mail.
    beside: Option<PathBuf>,
    /// Folders that this run does not look at, as they were left.
    others: Vec<ReceiptFolder>,
}

impl Records {
    /// Of a run. `folder` is that of all receipts, and is there.
    pub(crate) fn of(folder: &Path, run: &str, beside: Option<PathBuf>) -> Records {
        let file = |end: &str| folder.join(format!("{run}{end}"));
        Records { kept: file(RECEIPT), copied: file(COPIED), beside, others: Vec::new() }
    }

    /// Keeps what is known of folders that this run does not look at.
    pub(crate) fn keep_others(&mut self, before: Receipt, now: &Receipt) {
        let is_now = |it: &ReceiptFolder| now.folders.iter().any(|folder| folder.name == it.name);
        self.others = before.folders.into_iter().filter(|folder| !is_now(folder)).collect();
    }

    /// Where the receipt is that belongs to whoever has the mail.
    pub(crate) fn shown(&self) -> &Path {
        self.beside.as_deref().unwrap_or(&self.kept)
    }

    /// The receipt of a run, with what was copied since; none: there was no such run.
    pub(crate) fn left(folder: &Path, run: &str) -> Result<Option<Receipt>> {
        let path = folder.join(format!("{run}{RECEIPT}"));
        if !path.exists() {
            return Ok(None);
        }
        let mut receipt = read_receipt(&path)?;
        for copied in copied_since(&folder.join(format!("{run}{COPIED}")))? {
            receipt.take(copied);
        }
        Ok(Some(receipt))
    }

    /// The receipts in a folder that are not at their ends, with what was copied since, oldest first.
    pub(crate) fn unfinished(folder: &Path, account: &str) -> Result<Vec<Receipt>> {
        let mut receipts = Vec::new();
        let entries = std::fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let Some(run) = name.strip_suffix(RECEIPT) else { continue };
            if !run.starts_with(account) {
                continue;
            }
            let left = Records::left(folder, run)?;
            receipts.extend(left.filter(|it| it.account == account && it.stage != Stage::Done));
        }
        receipts.sort_by(|a, b| (&a.begun, &a.run).cmp(&(&b.begun, &b.run)));
        Ok(receipts)
    }
}

/// Reads a receipt.
pub(crate) fn read_receipt(path: &Path) -> Result<Receipt> {
    let shown = path.display();
    let text = machine::files::read_text_up_to(path, RECEIPT_OCTETS_MAX)
        .with_context(|| format!("the receipt {shown} cannot be read"))?;
    let receipt: Receipt =
        serde_json::from_str(&text).with_context(|| format!("{shown} is no receipt"))?;
    if receipt.version > RECEIPT_VERSION {
        anyhow::bail!("the receipt {shown} is of a later version of correio");
    }
    Ok(receipt)
}

/// What was copied since a receipt. A line that was cut off was not noted.
fn copied_since(path: &Path) -> Result<Vec<Copied>> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = machine::files::read_text_up_to(path, RECEIPT_OCTETS_MAX)
        .with_context(|| path.display().to_string())?;
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    Ok(whole.filter_map(|line| serde_json::from_str(line).ok()).collect())
}

impl ArchiveRecord for Records {
    fn keep(&mut self, receipt: &Receipt) -> Result<(), Failure> {
        let mut text = if self.others.is_empty() {
            serde_json::to_vec_pretty(receipt)?
        } else {
            let mut receipt = receipt.clone();
            // Behind the others, so that what is noted by the index of its folder stays right.
            receipt.folders.extend_from_slice(&self.others);
            serde_json::to_vec_pretty(&receipt)?
        };
        text.push(b'\n');
        // While messages are being copied the companion's own is enough.
        if receipt.stage != Stage::Copying
            && let Some(beside) = &self.beside
        {
            machine::files::write_secret(beside, &text)?;
        }
        machine::files::write_secret(&self.kept, &text)?;
        machine::files::remove_if_there(&self.copied)?;
        Ok(())
    }

    fn note(&mut self, copied: &[Copied]) -> Result<(), Failure> {
        let mut lines = Vec::new();
        for one in copied {
            serde_json::to_writer(&mut lines, one)?;
            lines.push(b'\n');
        }
        if !lines.is_empty() {
            machine::files::append_durable(&self.copied, &lines)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sync::ReceiptMessage;

    use super::*;

    fn receipt(run: &str) -> Receipt {
        let message = |uid| ReceiptMessage { uid, ..ReceiptMessage::default() };
        let messages = vec![message(3), message(5)];
        let folder =
            ReceiptFolder { name: "INBOX".to_owned(), messages, ..ReceiptFolder::default() };
        Receipt {
            version: RECEIPT_VERSION,
            run: run.to_owned(),
            account: "ana".to_owned(),
            server: "imaps://imap.example.org".to_owned(),
            user: "ana".to_owned(),
            target: "eml:/a".to_owned(),
            place: "/a/x".to_owned(),
            begun: run.to_owned(),
            stage: Stage::Copying,
            folders: vec![folder],
        }
    }

    #[test]
    fn a_run_that_was_cut_is_known_with_what_it_copied() {
        let folder = tempfile::tempdir().unwrap();
        let beside = folder.path().join("beside.json");
        let mut record = Records::of(folder.path(), "ana-1", Some(beside.clone()));
        let mut first = receipt("ana-1");
        record.keep(&first).unwrap();
        assert!(!beside.exists());
        let copied = Copied {
            folder: 0,
            uid: 5,
            date_s: Some(7),
            zone_minutes: 60,
            flags: vec!["\\Seen".to_owned()],
            octets: 9,
            sha256: "ab".to_owned(),
        };
        record.note(std::slice::from_ref(&copied)).unwrap();
        // Another one was cut off.
        machine::files::append_durable(&folder.path().join("ana-1.copied"), b"{\"folder\":0,")
            .unwrap();
        Records::of(folder.path(), "bia-1", None)
            .keep(&Receipt { account: "bia".to_owned(), ..receipt("bia-1") })
            .unwrap();
        let found = Records::unfinished(folder.path(), "ana").unwrap();
        assert_eq!(found.len(), 1);
        let messages = &found[0].folders[0].messages;
        assert_eq!((messages[0].octets, messages[1].octets), (None, Some(9)));
        assert_eq!(messages[1].sha256.as_deref(), Some("ab"));
        first.take(copied);
        assert_eq!(found[0], first);
        first.stage = Stage::Done;
        record.keep(&first).unwrap();
        assert_eq!(read_receipt(&beside).unwrap(), first);
        assert!(Records::unfinished(folder.path(), "ana").unwrap().is_empty());
    }

    #[test]
    fn a_run_over_some_folders_forgets_nothing_of_others() {
        let folder = tempfile::tempdir().unwrap();
        let before = receipt("ana--bea");
        Records::of(folder.path(), "ana--bea", None).keep(&before).unwrap();
        let mut now = receipt("ana--bea");
        now.folders[0].name = "Sent".to_owned();
        let mut record = Records::of(folder.path(), "ana--bea", None);
        record.keep_others(before, &now);
        record.keep(&now).unwrap();
        let left = Records::left(folder.path(), "ana--bea").unwrap().unwrap();
        let names: Vec<&str> = left.folders.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["Sent", "INBOX"]);
        assert_eq!(left.folders[1].messages.len(), 2);
    }

    #[test]
    fn what_is_no_receipt_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.json");
        let later = Receipt { version: RECEIPT_VERSION + 1, ..receipt("x") };
        for text in ["", "{}", &serde_json::to_string(&later).unwrap()] {
            machine::files::write_secret(&path, text.as_bytes()).unwrap();
            assert!(read_receipt(&path).is_err(), "{text}");
        }
    }
}

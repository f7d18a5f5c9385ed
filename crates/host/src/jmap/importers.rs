//! Mail that comes in as files: what is in them `transfer` finds.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use jmap::server::ports::{Again, Imported, ImportedInto, Importers, Importing, ReadAt, Waiting};
use mailbox::{Account, AccountId, Accounts, Error};
use tokio::sync::Mutex as Turn;
use transfer::plan::{Plan, Wanted};
use transfer::{AccountFault, AccountSink, Content, Handed, ImportFault, ImportedMailbox, Known};

/// So many octets are read at once.
const READ_OCTETS: u64 = 128 << 10;

/// Takes mail out of files. One at a time for each account: what one brings in the next must know.
pub(super) struct FilesIn {
    accounts: Accounts,
    turns: Mutex<HashMap<AccountId, Weak<Turn<()>>>>,
}

impl FilesIn {
    pub(super) fn new(accounts: Accounts) -> FilesIn {
        FilesIn { accounts, turns: Mutex::default() }
    }

    fn turn(&self, account: AccountId) -> Arc<Turn<()>> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(turn) = turns.get(&account).and_then(Weak::upgrade) {
            return turn;
        }
        turns.retain(|_, turn| turn.strong_count() > 0);
        let turn = Arc::default();
        turns.insert(account, Arc::downgrade(&turn));
        turn
    }

    async fn take(&self, account: Account, file: Importing) -> Result<Imported, Error> {
        let _turn = self.turn(account.id()).lock_owned().await;
        let Importing { name, into, octets, again, content } = file;
        let changed_s = self.accounts.clock().now().0;
        let handed = Arc::new(File { content, octets, changed_s });
        let wanted = Wanted { below: into.as_deref(), ..Wanted::default() };
        let plan = Plan::of_handed(&name, handed, &wanted);
        let again = match again {
            Again::Skip => transfer::Again::Skip,
            Again::Take => transfer::Again::Take,
        };
        let known = Known { again, ..Known::default() };
        let mut sink = AccountSink::new(self.accounts.clone(), account, known);
        let mut imported =
            Imported { notes: plan.passed_over.first().to_vec(), ..Imported::default() };
        let done = match transfer::import(&mut sink, &plan, &mut |_| {}).await {
            Ok(remarks) => {
                for noted in [&remarks.unreadable, &remarks.notes] {
                    imported.notes.extend_from_slice(noted.first());
                }
                sink.finish().await
            }
            Err(ImportFault::Sink(fault)) => Err(fault),
        };
        match done {
            Ok(rows) => imported.mailboxes = rows.into_iter().map(row).collect(),
            Err(AccountFault::Mail(error)) => return Err(error),
            Err(full @ AccountFault::Full(_)) => imported.full = Some(full.to_string()),
            Err(other @ (AccountFault::Name { .. } | AccountFault::NoSuchMailbox(_))) => {
                imported.notes.push(other.to_string());
            }
        }
        Ok(imported)
    }
}

fn row(row: ImportedMailbox) -> ImportedInto {
    ImportedInto {
        name: row.mailbox,
        imported: row.imported,
        known: row.known,
        refused: row.refused,
        octets: row.octets,
        refusals: row.first_refused,
    }
}

impl Importers for FilesIn {
    fn import(&self, account: Account, file: Importing) -> Waiting<'_, Result<Imported, Error>> {
        Box::pin(self.take(account, file))
    }
}

/// A file that JMAP holds.
struct File {
    content: Arc<dyn ReadAt>,
    octets: u64,
    changed_s: i64,
}

impl fmt::Debug for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("File").field("octets", &self.octets).finish_non_exhaustive()
    }
}

impl Handed for File {
    fn open(&self) -> io::Result<Box<dyn Content>> {
        let (content, octets) = (Arc::clone(&self.content), self.octets);
        Ok(Box::new(Cursor { content, octets, at: 0, held: bytes::Bytes::new() }))
    }

    fn octets(&self) -> u64 {
        self.octets
    }

    fn changed_s(&self) -> i64 {
        self.changed_s
    }
}

/// Reads a file from some place on.
struct Cursor {
    content: Arc<dyn ReadAt>,
    octets: u64,
    /// Where the octets that are held end.
    at: u64,
    held: bytes::Bytes,
}

impl Read for Cursor {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.held.is_empty() && self.at < self.octets {
            let end = self.at.saturating_add(READ_OCTETS).min(self.octets);
            self.held = self.content.read(self.at..end).map_err(io::Error::other)?;
            let read = u64::try_from(self.held.len()).unwrap_or(u64::MAX);
            self.at = self.at.saturating_add(read);
        }
        let count = self.held.len().min(to.len());
        let some = self.held.split_to(count);
        to.get_mut(..count).unwrap_or_default().copy_from_slice(&some);
        Ok(count)
    }
}

impl Seek for Cursor {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let held = u64::try_from(self.held.len()).unwrap_or(u64::MAX);
        let (from, by) = match to {
            SeekFrom::Start(at) => (at, 0),
            SeekFrom::End(by) => (self.octets, by),
            SeekFrom::Current(by) => (self.at.saturating_sub(held), by),
        };
        let at = from.checked_add_signed(by);
        self.at = at.ok_or_else(|| io::Error::other("there is no place before the beginning"))?;
        self.held.clear();
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::Arc;

    use bytes::Bytes;
    use jmap::server::ports::{Again, Imported, Importers as _, Importing, ReadAt};
    use mailbox::memory::MemoryEngine;
    use mailbox::{AccountId, Accounts, Door, Fault, Policy, SetClock, Timestamp, Who};

    use super::FilesIn;

    struct Octets(&'static [u8]);

    impl ReadAt for Octets {
        fn read(&self, range: Range<u64>) -> Result<Bytes, Fault> {
            let [start, end] = [range.start, range.end].map(|at| usize::try_from(at).unwrap());
            Ok(Bytes::from_static(&self.0[start.min(self.0.len())..end.min(self.0.len())]))
        }
    }

    fn file(octets: &'static [u8]) -> Importing {
        Importing {
            name: "old.mbox".to_owned(),
            into: Some("INBOX".to_owned()),
            octets: octets.len().try_into().unwrap(),
            again: Again::Skip,
            content: Arc::new(Octets(octets)),
        }
    }

    fn counts(imported: &Imported) -> Vec<(&str, u64, u64, u64)> {
        let row = |it: &'_ jmap::server::ports::ImportedInto| (it.imported, it.known, it.refused);
        let rows = imported.mailboxes.iter().map(|it| {
            let (imported, known, refused) = row(it);
            (it.name.as_str(), imported, known, refused)
        });
        rows.collect()
    }

    const MBOX: &[u8] = b"From a@b Tue Aug  6 10:23:41 2002\nSubject: one\nStatus: RO\n\n1\n\n\
        From a@b Tue Aug  6 10:23:42 2002\nSubject: two\n\n>From 2\n\n";

    #[tokio::test]
    async fn a_file_comes_in_once_with_its_flags_and_what_is_odd_is_named() {
        let clock = Arc::new(SetClock::at(Timestamp(1_700_000_000)));
        let accounts = Accounts::new(Arc::new(MemoryEngine::new()), clock, Policy::default());
        let account = accounts.create(AccountId(1), &Who::at(Door::Admin)).await.unwrap();
        let importers = FilesIn::new(accounts);
        let import = async |octets| importers.import(account.clone(), file(octets)).await.unwrap();
        assert_eq!(counts(&import(MBOX).await), [("INBOX", 2, 0, 0)]);
        assert_eq!(counts(&import(MBOX).await), [("INBOX", 0, 2, 0)]);
        let emails = account.emails().await.unwrap();
        let flags: Vec<u64> = emails.all().entries.iter().map(|entry| entry.flags.0 & 1).collect();
        assert_eq!(flags, [1, 0]);
        for odd in [&b""[..], b"no mail at all", b"PK\x03\x04 cut", b"%PDF-1.4"] {
            let imported = import(odd).await;
            assert!(counts(&imported).is_empty(), "{odd:?}");
            assert!(
                imported.notes.iter().all(|note| note.starts_with("old.mbox: ")),
                "{imported:?}"
            );
            assert_eq!(imported.notes.len(), 1, "{odd:?}");
        }
        account.set_quota(Some(100), None).await.unwrap();
        let more = b"From a@b Tue Aug  6 10:23:41 2002\nSubject: three\n\n1234567890123456789012345678901234567890\n\n";
        let full = import(more).await;
        assert!(full.full.is_some() && account.emails().await.unwrap().len() == 2, "{full:?}");
    }
}

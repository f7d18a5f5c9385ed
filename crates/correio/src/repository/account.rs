//! An account as the files of a backup: the same tree that an export of EML has, read from the host only as far as it is new.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use admin::{AccountCopy, AdminFault, BodyPart, Client, Listed, Missing};
use anyhow::Result;
use backup::{Content, Contents, FileTaken, NotRead};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard};
use transfer::TreeWriter;

use crate::companion::storage;
use crate::context::Context;

/// What somebody has at one moment, as files.
pub(crate) struct AccountFiles {
    /// The messages and the lists beside them.
    pub(crate) files: Vec<FileTaken>,
    /// How many of them are messages.
    pub(crate) messages: u64,
    /// Their octets.
    pub(crate) octets: u64,
    /// Where their bodies come from, by the numbers in `files`.
    pub(crate) bodies: Arc<Bodies>,
}

impl AccountFiles {
    /// Lists an account.
    pub(crate) async fn of(context: &Context, address: &str) -> Result<AccountFiles> {
        let client = context.reach(Missing::Refuse).await?;
        let mut copy = client.read_account(address).await.map_err(storage)?;
        let mut writer = TreeWriter::default();
        let (mut files, mut messages, mut octets) = (Vec::new(), 0u64, 0u64);
        while let Some(listed) = copy.next().await.map_err(storage)? {
            let (message, mark) = match listed {
                Listed::Mailbox(mailbox) => {
                    writer.mailbox(&mailbox);
                    continue;
                }
                Listed::Message(message, mark) => (message, mark),
            };
            files.push(FileTaken {
                path: writer.message(&message),
                octets: message.octets,
                time_s: message.date.map_or(0, |date| date.time.0),
                mark: mark.to_be_bytes(),
                content: Content::Asked(messages),
            });
            messages = messages.saturating_add(1);
            octets = octets.saturating_add(message.octets);
        }
        files.extend(writer.lists().into_iter().map(|(path, octets)| list(path, octets)));
        let bodies = Arc::new(Bodies {
            copy: Arc::new(Mutex::new(copy)),
            runtime: Handle::current(),
            read: AtomicU64::new(0),
        });
        Ok(AccountFiles { files, messages, octets, bodies })
    }
}

/// A list beside the messages. What is in it says whether it is another one.
fn list(path: String, octets: Vec<u8>) -> FileTaken {
    let mut mark = std::hash::DefaultHasher::new();
    std::hash::Hasher::write(&mut mark, &octets);
    FileTaken {
        path,
        octets: u64::try_from(octets.len()).unwrap_or(u64::MAX),
        time_s: 0,
        mark: std::hash::Hasher::finish(&mark).to_be_bytes(),
        content: Content::Here(octets.into()),
    }
}

/// The bodies of an account, read one after the other.
pub(crate) struct Bodies {
    copy: Arc<Mutex<AccountCopy>>,
    runtime: Handle,
    read: AtomicU64,
}

impl Bodies {
    /// How many were read.
    pub(crate) fn read(&self) -> u64 {
        self.read.load(Ordering::Relaxed)
    }

    /// Says that no more are wanted, and closes the store if it was opened for this.
    pub(crate) async fn close(self: Arc<Self>) -> Result<()> {
        let copy = Arc::into_inner(self).and_then(|bodies| Arc::into_inner(bodies.copy));
        if let Some(copy) = copy {
            let client: Client = copy.into_inner().finish().await.map_err(storage)?;
            client.close().await.map_err(storage)?;
        }
        Ok(())
    }
}

impl Contents for Bodies {
    fn open(&self, number: u64) -> Result<Box<dyn Read + Send>, NotRead> {
        let copy = self.runtime.block_on(async {
            let mut copy = Arc::clone(&self.copy).lock_owned().await;
            copy.ask(number).await?;
            Ok::<_, AdminFault>(copy)
        });
        let copy = copy.map_err(|fault| NotRead::Broken(io::Error::other(fault)))?;
        self.read.fetch_add(1, Ordering::Relaxed);
        let runtime = self.runtime.clone();
        Ok(Box::new(Body { copy, runtime, part: io::Cursor::default(), is_over: false }))
    }
}

/// A body on its way. Nobody else can read one until it is dropped.
struct Body {
    copy: OwnedMutexGuard<AccountCopy>,
    runtime: Handle,
    part: io::Cursor<Vec<u8>>,
    is_over: bool,
}

impl Body {
    /// Takes the next part; an error ends it.
    fn next(&mut self) -> io::Result<()> {
        let part = self.runtime.block_on(self.copy.part());
        match part {
            Ok(BodyPart::Octets(octets)) => {
                self.part = io::Cursor::new(octets);
                Ok(())
            }
            Ok(BodyPart::End) => {
                self.is_over = true;
                Ok(())
            }
            Ok(BodyPart::Lost) => {
                self.is_over = true;
                let why = "it is damaged, or was dropped for good meanwhile";
                Err(io::Error::new(io::ErrorKind::InvalidData, why))
            }
            Err(fault) => {
                self.is_over = true;
                Err(io::Error::other(fault))
            }
        }
    }
}

impl Read for Body {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let octets = self.part.read(to)?;
            if octets > 0 || to.is_empty() || self.is_over {
                return Ok(octets);
            }
            self.next()?;
        }
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        // What follows in the stream is the next body.
        while !self.is_over {
            drop(self.next());
        }
    }
}

//! An IMAP account as the target of a migration.

use std::collections::BTreeMap;

use imap::client::Fault;
use mailbox::MailboxName;

use crate::appending::{Appender, Puts};
use crate::archive::{
    ArchiveTarget, Batch, EndFault, LetterSource, ReadBack, ReceiptFolder, TakeFault, TargetFault,
};
use crate::session::Imap;

/// So much is noted at once.
const BATCH: Batch = Batch { messages: 100, octets: 16 << 20 };

/// An IMAP account that takes messages.
pub struct AccountTarget<'c> {
    appender: Appender<'c>,
    /// The folders there, by the mailboxes that go to them.
    folders: BTreeMap<String, String>,
}

impl<'c> AccountTarget<'c> {
    /// Takes messages with a session that has logged in, and makes folders for these.
    pub async fn new(
        client: &'c mut Imap,
        wanted: &[ReceiptFolder],
    ) -> Result<AccountTarget<'c>, Fault> {
        let mut appender = Appender::new(client).await?;
        let mut folders = BTreeMap::new();
        for folder in wanted {
            let mailbox =
                MailboxName::new(&folder.mailbox).unwrap_or_else(|_| MailboxName::inbox());
            let there = appender.folder(&mailbox, folder.special_use.as_deref()).await?;
            folders.insert(folder.mailbox.clone(), there);
        }
        Ok(AccountTarget { appender, folders })
    }

    /// What became of messages so far.
    pub fn puts(&self) -> Puts {
        self.appender.puts()
    }
}

impl ArchiveTarget for AccountTarget<'_> {
    fn batch(&self) -> Batch {
        BATCH
    }

    async fn take<S: LetterSource>(&mut self, letters: &mut S) -> Result<(), TakeFault> {
        let failed = |fault| TakeFault::Target(EndFault::Server(fault));
        while let Some(letter) = letters.next().await.map_err(TakeFault::Source)? {
            let Some(folder) = self.folders.get(&letter.mailbox) else { continue };
            self.appender.put(folder, letter).await.map_err(failed)?;
        }
        self.appender.settle().await.map_err(failed)
    }

    async fn read_back(
        &mut self,
        each: &mut (dyn FnMut(ReadBack) + Send),
    ) -> Result<(), TargetFault> {
        for (mailbox, folder) in &self.folders {
            let mut one = |uid: u32, sha256: String| {
                let place = format!("{folder}, UID {uid}");
                each(ReadBack { mailbox: mailbox.clone(), sha256, place });
            };
            self.appender.sums(folder, &mut one).await?;
        }
        Ok(())
    }
}

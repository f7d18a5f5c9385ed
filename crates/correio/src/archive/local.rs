//! A user's account here as the source of a migration: all that it holds is listed first, then messages are asked for.

use std::collections::{HashMap, VecDeque};

use admin::{AccountCopy, BodyPart, Client, Listed};
use anyhow::Result;
use sync::limits::LETTER_OCTETS_MAX;
use sync::{
    ArchiveTarget, Copied, CopySource, EndFault, Given, Go, Letter, LetterSource, Receipt,
    ReceiptFolder, ReceiptMessage, SourceFault, TakeFault, WantedMessage, fits,
};
use transfer::Attributes;

use crate::companion::storage;

/// An account here.
pub(crate) struct LocalSource {
    copy: AccountCopy,
    /// The messages by mailbox and UID, with their numbers in the list.
    messages: HashMap<(String, u32), (u64, Attributes)>,
}

impl LocalSource {
    /// Lists the mailboxes that fit one of the patterns, with their messages; none: all.
    pub(crate) async fn open(
        store: Client,
        address: &str,
        patterns: &[String],
    ) -> Result<(LocalSource, Vec<ReceiptFolder>)> {
        let mut copy = store.read_account(address).await.map_err(storage)?;
        let (mut messages, mut number) = (HashMap::new(), 0_u64);
        let mut folders: Vec<ReceiptFolder> = Vec::new();
        while let Some(listed) = copy.next().await.map_err(storage)? {
            match listed {
                Listed::Mailbox(mailbox) => folders.push(ReceiptFolder {
                    mailbox: mailbox.name.clone(),
                    name: mailbox.name,
                    separator: Some('/'),
                    special_use: mailbox.special_use,
                    ..ReceiptFolder::default()
                }),
                Listed::Message(message, _) => {
                    if let (Some(folder), Some((validity, uid))) = (folders.last_mut(), message.uid)
                        && !message.flags.iter().any(|flag| flag == "\\Deleted")
                    {
                        folder.uid_validity = validity;
                        folder.messages.push(ReceiptMessage {
                            uid,
                            date_s: message.date.map(|date| date.time.0),
                            zone_minutes: message.date.map_or(0, |date| date.zone_minutes),
                            flags: message.flags.clone(),
                            listed_octets: message.octets,
                            ..ReceiptMessage::default()
                        });
                        messages.insert((folder.mailbox.clone(), uid), (number, message));
                    }
                    number = number.saturating_add(1);
                }
            }
        }
        folders.retain(|folder| fits(patterns, &folder.mailbox));
        folders.iter_mut().for_each(|folder| folder.messages.sort_by_key(|message| message.uid));
        Ok((LocalSource { copy, messages }, folders))
    }

    /// Lets go of the account.
    pub(crate) async fn close(self) -> Result<()> {
        let store = self.copy.finish().await.map_err(storage)?;
        store.close().await.map_err(storage)
    }
}

impl CopySource for LocalSource {
    async fn give<T: ArchiveTarget>(
        &mut self,
        receipt: &Receipt,
        some: Vec<WantedMessage>,
        target: &mut T,
        progress: &mut (dyn FnMut(u64) -> Go + Send),
    ) -> Result<Given, TakeFault> {
        let given = Given::default();
        let mut letters = Letters { source: self, receipt, left: some.into(), given, progress };
        target.take(&mut letters).await?;
        Ok(letters.given)
    }
}

/// Messages on their way.
struct Letters<'l> {
    source: &'l mut LocalSource,
    receipt: &'l Receipt,
    left: VecDeque<WantedMessage>,
    given: Given,
    progress: &'l mut (dyn FnMut(u64) -> Go + Send),
}

impl LetterSource for Letters<'_> {
    fn expected(&self) -> u64 {
        u64::try_from(self.left.len()).unwrap_or(u64::MAX)
    }

    async fn next(&mut self) -> Result<Option<Letter>, SourceFault> {
        while let Some(wanted) = self.left.pop_front() {
            if self.given.stopped {
                return Ok(None);
            }
            let Some(folder) = self.receipt.folders.get(wanted.folder) else { continue };
            let key = (folder.mailbox.clone(), wanted.uid);
            let Some((number, message)) = self.source.messages.get(&key) else { continue };
            if message.octets > LETTER_OCTETS_MAX {
                self.given.too_large = self.given.too_large.saturating_add(1);
                continue;
            }
            let Some(octets) = body(&mut self.source.copy, *number).await? else {
                self.given.not_given = self.given.not_given.saturating_add(1);
                continue;
            };
            let letter = Letter {
                mailbox: folder.mailbox.clone(),
                special_use: folder.special_use.clone(),
                uid: message.uid,
                date: message.date,
                flags: message.flags.clone(),
                octets,
            };
            self.given.copied.push(Copied::of(wanted.folder, wanted.uid, &letter));
            if (self.progress)(message.octets) == Go::Stop {
                self.given.stopped = true;
            }
            return Ok(Some(letter));
        }
        Ok(None)
    }
}

/// The octets of a message; none: it is damaged, or was dropped meanwhile.
async fn body(copy: &mut AccountCopy, number: u64) -> Result<Option<Vec<u8>>, SourceFault> {
    copy.ask(number).await.map_err(EndFault::local)?;
    let mut octets = Vec::new();
    loop {
        match copy.part().await.map_err(EndFault::local)? {
            BodyPart::Octets(more) => octets.extend_from_slice(&more),
            BodyPart::End => return Ok(Some(octets)),
            BodyPart::Lost => return Ok(None),
        }
    }
}

//! Mail in and out: the desk between the stream and an account.

use mailbox::{About, Account, MailboxId, Uid};
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _};
use transfer::{
    AccountSink, AccountSource, ImportedMailbox, Item, Known, MailSink as _, MailSource as _,
};

use super::{Desk, DeskFault};
use crate::answer::{Answer, Event, FindingRow, Progress};
use crate::upkeep::Naming;
use crate::wire::{self, Piece};

impl Desk {
    /// Takes messages until the line that says that there are no more. Of several imports for one account each waits for those
    /// before it.
    pub(crate) async fn import(
        &self,
        address: &str,
        known: Known,
        from: &mut (impl AsyncBufRead + Unpin),
    ) -> Result<Vec<ImportedMailbox>, DeskFault> {
        let account = self.named_account(address).await?;
        let _turn = self.imports.wait(account.id()).await;
        let mut sink = AccountSink::new(self.accounts().clone(), account, known);
        while let Some(Some(item)) = wire::read::<Option<Item>>(from).await? {
            let message = match item {
                Item::Mailbox(mailbox) => {
                    sink.mailbox(&mailbox).await?;
                    continue;
                }
                Item::Message(message) => message,
            };
            sink.begin(&message).await?;
            loop {
                match wire::read_piece(from).await? {
                    Piece::Octets(octets) => sink.write(&octets).await?,
                    Piece::End => break sink.end().await?,
                    Piece::Abandoned => break sink.abandon().await?,
                }
            }
        }
        Ok(sink.finish().await?)
    }

    /// Gives out the messages of some mailboxes, or of all.
    pub(crate) async fn export(
        &self,
        address: &str,
        mailboxes: &[String],
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Answer, DeskFault> {
        let account = self.named_account(address).await?;
        let mut source = AccountSource::new(account.clone(), mailboxes)?;
        let progress = Progress { what: "messages".to_owned(), done: 0, of: source.expected() };
        wire::write(to, &Event::Progress(progress)).await?;
        let (mut messages, mut octets) = (0u64, 0u64);
        while let Some(item) = source.next().await? {
            let size = match &item {
                Item::Mailbox(_) => None,
                Item::Message(message) => Some(message.octets),
            };
            wire::write(to, &Event::Item(item)).await?;
            let Some(size) = size else { continue };
            messages = messages.saturating_add(1);
            octets = octets.saturating_add(size);
            loop {
                let piece = source.read().await?;
                // The piece without octets ends the message there too.
                wire::write_piece(to, &piece).await?;
                if piece.is_empty() {
                    break;
                }
            }
        }
        to.flush().await?;
        let damaged = self.damaged(&account, source.left_out())?;
        Ok(Answer::Exported { messages, octets, damaged })
    }

    /// The messages that were left out.
    fn damaged(
        &self,
        account: &Account,
        left_out: &[(MailboxId, Uid)],
    ) -> Result<Vec<FindingRow>, DeskFault> {
        let about = left_out.iter().map(|(mailbox, uid)| About::Entry(*mailbox, *uid));
        let found = about.map(|about| (about, "damaged".to_owned())).collect();
        Ok(Naming::new(&self.people).rows(account.id(), found)?)
    }

    pub(super) async fn named_account(&self, address: &str) -> Result<Account, DeskFault> {
        self.account(&super::parsed(address)?).await
    }
}

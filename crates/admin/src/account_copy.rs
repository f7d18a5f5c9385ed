//! An account read over the stream, for a backup: all that it holds at one moment is listed first, without a body being read;
//! then those bodies are asked for that are wanted.
//!
//! The client begins with `Request::ReadAccount` and hears lines of `Told`, the last one `Listed`. Then it sends lines of
//! `Option<u64>`: the number of a message in the list, from 0, is answered with its octets in pieces. None ends it.

use mailbox::BodyHash;
use serde::{Deserialize, Serialize};
use transfer::{Attributes, MailboxAttributes};

use crate::client::{AdminFault, Client};
use crate::request::Request;
use crate::wire::Piece;

/// What a client is told.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Told {
    /// A mailbox; its messages follow.
    Mailbox(MailboxAttributes),
    /// A message.
    Message {
        #[serde(flatten)]
        attributes: Attributes,
        mark: u64,
    },
    /// That was all.
    Listed,
    /// It failed; nothing more follows. The same as `Event::Failed`.
    Failed { why: String },
}

/// The beginning of a hash, by which a client sees whether it knows a body.
pub(crate) fn mark(hash: &BodyHash) -> u64 {
    u64::from_be_bytes(hash.0.first_chunk::<8>().copied().unwrap_or_default())
}

/// What is in an account.
#[derive(Clone, Debug)]
pub enum Listed {
    /// A mailbox.
    Mailbox(MailboxAttributes),
    /// A message. The second is another when its octets are others.
    Message(Attributes, u64),
}

/// Part of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyPart {
    /// Octets.
    Octets(Vec<u8>),
    /// It is whole.
    End,
    /// It is damaged, or was dropped for good meanwhile.
    Lost,
}

/// The account at the other end of the stream: `next` until there is nothing more; then for each body that is wanted `ask`,
/// and `part` until it ends; and `finish` at last.
pub struct AccountCopy(Client);

impl Client {
    /// Reads an account as it is now.
    pub async fn read_account(mut self, address: &str) -> Result<AccountCopy, AdminFault> {
        self.send(&Request::ReadAccount { address: address.to_owned() }).await?;
        Ok(AccountCopy(self))
    }
}

impl AccountCopy {
    /// The next mailbox or message.
    pub async fn next(&mut self) -> Result<Option<Listed>, AdminFault> {
        match self.0.told().await? {
            Told::Mailbox(mailbox) => Ok(Some(Listed::Mailbox(mailbox))),
            Told::Message { attributes, mark } => Ok(Some(Listed::Message(attributes, mark))),
            Told::Listed => Ok(None),
            Told::Failed { why } => Err(AdminFault::Failed(why)),
        }
    }

    /// Asks for a body by the number of its message, from 0.
    pub async fn ask(&mut self, number: u64) -> Result<(), AdminFault> {
        self.0.say(&Some(number)).await?;
        self.0.flush().await
    }

    /// The next part of the body.
    pub async fn part(&mut self) -> Result<BodyPart, AdminFault> {
        Ok(match self.0.piece().await? {
            Piece::Octets(octets) => BodyPart::Octets(octets),
            Piece::End => BodyPart::End,
            Piece::Abandoned => BodyPart::Lost,
        })
    }

    /// Says that nothing more is wanted.
    pub async fn finish(mut self) -> Result<Client, AdminFault> {
        self.0.say(&None::<u64>).await?;
        self.0.flush().await?;
        self.0.done().await?;
        Ok(self.0)
    }
}

//! The desk between an account and a client that backs it up.

use mailbox::Account;
use mailbox::operations::Email;
use tokio::io::{AsyncBufRead, AsyncWrite, AsyncWriteExt as _};
use transfer::{InMoment, Moment};

use super::{Desk, DeskFault};
use crate::account_copy::{Told, mark};
use crate::answer::Answer;
use crate::wire;

/// So often an account is looked at until nothing changed meanwhile.
const LOOKS_MAX: u32 = 10_000;
/// So many octets are read at once.
const PIECE_OCTETS: u64 = 256 << 10;

impl Desk {
    /// Lists what somebody has, and gives out the bodies that are asked for.
    pub(crate) async fn read_account(
        &self,
        address: &str,
        from: &mut (impl AsyncBufRead + Unpin),
        to: &mut (impl AsyncWrite + Unpin),
    ) -> Result<Answer, DeskFault> {
        let account = self.named_account(address).await?;
        let mut moment = moment(&account).await?;
        let mut emails: Vec<Email> = Vec::new();
        while let Some(item) = moment.next_item()? {
            let told = match item {
                InMoment::Mailbox(mailbox) => Told::Mailbox(mailbox),
                InMoment::Message(message) => {
                    let (attributes, email) = *message;
                    let mark = mark(&email.hash);
                    // What mail looks like is not needed for its body, and is most of it.
                    emails.push(Email { outline: Default::default(), ..email });
                    Told::Message { attributes, mark }
                }
            };
            wire::write(to, &told).await?;
        }
        wire::write(to, &Told::Listed).await?;
        to.flush().await?;
        while let Some(Some(number)) = wire::read::<Option<u64>>(from).await? {
            let email = usize::try_from(number).ok().and_then(|number| emails.get(number));
            let email = email.ok_or_else(|| DeskFault::Words("there is no such message".into()))?;
            give_body(&account, email, to).await?;
            to.flush().await?;
        }
        Ok(Answer::Parted)
    }
}

/// The account at one moment. While it changes, it is looked at again: all mailboxes must be of the same moment, else mail
/// that is being moved would be in none of them.
async fn moment(account: &Account) -> Result<Moment, DeskFault> {
    for _ in 0..LOOKS_MAX {
        if let Some(moment) = Moment::of(account)? {
            return Ok(moment);
        }
        tokio::task::yield_now().await;
    }
    Err(DeskFault::Words("the account changes too fast to be read; try again".to_owned()))
}

async fn give_body(
    account: &Account,
    email: &Email,
    to: &mut (impl AsyncWrite + Unpin),
) -> Result<(), DeskFault> {
    let mut at = 0u64;
    while at < email.octets {
        let octets = match account.body(email, at..at.saturating_add(PIECE_OCTETS)) {
            Ok(octets) if !octets.is_empty() => octets,
            // The others are given all the same.
            Ok(_) => return Ok(wire::write_abandoned(to).await?),
            Err(fault) => {
                tracing::warn!(%fault, email = email.id.0, "a message cannot be backed up");
                return Ok(wire::write_abandoned(to).await?);
            }
        };
        wire::write_piece(to, &octets).await?;
        at = at.saturating_add(u64::try_from(octets.len()).unwrap_or(u64::MAX));
    }
    Ok(wire::write_piece(to, &[]).await?)
}

//! Copies from one account to another: the messages are read there and put in here, all or none. They are other emails here, with
//! identities of their own.

use mailbox::limits::STAGED_IN_MEMORY_OCTETS_MAX;
use mailbox::operations::{Append, Copied};
use mailbox::{
    Account, Entry, FlagNames, Flags, MailboxId, MailboxState, Received, Refused, UidSet,
};

use crate::server::limits::{APPEND_HELD_OCTETS_MAX, APPEND_MESSAGES_MAX, BODY_SLICE_OCTETS_MAX};
use crate::server::outcome::Stop;
use crate::server::progress::Progress;
use crate::server::session::Session;
use crate::server::words;
use crate::wire::By;

impl Session<'_> {
    /// Copies messages of the open mailbox to one in another account. As many as one APPEND may bring: no commit spans two accounts,
    /// so that all have to go into one.
    pub(in crate::commands) async fn copy_across(
        &mut self,
        uids: &UidSet,
        (to_account, to): (&Account, MailboxId),
        by: By,
    ) -> Result<Copied, Stop> {
        let from = self.opened()?.clone();
        let state = self.present()?;
        let entries: Vec<Entry> = state.entries.of(uids).copied().collect();
        let found = u64::try_from(entries.len()).unwrap_or(u64::MAX);
        // RFC 2180, 4.4.1: numbers stand for messages that the client takes for present.
        if by == By::Number && found < uids.len() {
            return Err(Refused::NoSuchMessage.into());
        }
        check_size(&entries)?;
        let octets = entries.iter().map(|entry| u64::from(entry.octets));
        to_account.would_fit(octets.fold(0, u64::saturating_add), found)?;
        let mut progress = Progress::begin();
        let (mut messages, mut copied) = (Vec::with_capacity(entries.len()), Vec::new());
        for (index, entry) in entries.iter().enumerate() {
            // One that was dropped for good meanwhile is gone like one that was expunged.
            let Some(email) = from.reader()?.email(entry.email)? else {
                match by {
                    By::Uid => continue,
                    By::Number => return Err(Refused::NoSuchMessage.into()),
                }
            };
            messages.push(Append {
                received: self.read_across(&from, &email).await?,
                flags: named(entry, &state),
                internal_date: Some(email.internal_date),
                uidl: None,
            });
            copied.push(entry.uid);
            self.tell_progress(&mut progress, (index, entries.len())).await?;
        }
        // The rights may have gone meanwhile: what is taken along has been read with them.
        self.check_still_readable()?;
        let appended = match self.patiently(to_account.append(to, messages)).await? {
            Err(mailbox::Error::Refused(Refused::NoSuchMailbox)) => {
                return Err(words::no_destination());
            }
            appended => appended?,
        };
        let new = appended.entries.iter().map(|(uid, _)| *uid);
        let pairs = copied.into_iter().zip(new).collect();
        Ok(Copied { uid_validity: appended.uid_validity, pairs })
    }

    /// Copies messages as `copy_across` does, and then removes them here. What could not be removed is in both accounts.
    pub(in crate::commands) async fn move_across(
        &mut self,
        uids: &UidSet,
        to: (&Account, MailboxId),
        by: By,
    ) -> Result<Copied, Stop> {
        let copied = self.copy_across(uids, to, by).await?;
        let from = self.opened()?.clone();
        let mailbox = self.view()?.state().id;
        let gone: UidSet = copied.pairs.iter().map(|(old, _)| *old).collect();
        if let Err(error) = self.patiently(from.remove(mailbox, &gone)).await? {
            return match error {
                mailbox::Error::Refused(_) => Err(words::copied_not_removed()),
                mailbox::Error::Fault(_) => Err(error.into()),
            };
        }
        Ok(copied)
    }

    /// Takes in a message of another account.
    async fn read_across(
        &mut self,
        from: &Account,
        email: &mailbox::operations::Email,
    ) -> Result<Received, Stop> {
        let mut incoming = self.service.accounts.receive();
        let mut at = 0u64;
        while at < email.octets {
            let end = at.saturating_add(BODY_SLICE_OCTETS_MAX).min(email.octets);
            incoming.write(&from.body(email, at..end)?).await?;
            at = end;
            self.channel.breathe().await;
        }
        Ok(incoming.finish().await?)
    }
}

/// Refuses more than one commit is to hold.
fn check_size(entries: &[Entry]) -> Result<(), Stop> {
    let in_memory = u64::try_from(STAGED_IN_MEMORY_OCTETS_MAX).unwrap_or(u64::MAX);
    let held = entries.iter().map(|entry| u64::from(entry.octets).min(in_memory));
    let held = held.fold(0, u64::saturating_add);
    if entries.len() > APPEND_MESSAGES_MAX || held > APPEND_HELD_OCTETS_MAX {
        return Err(words::too_much_across());
    }
    Ok(())
}

/// The flags of an entry, by name: the other mailbox has its own keywords.
fn named(entry: &Entry, state: &MailboxState) -> FlagNames {
    let system = Flags(entry.flags.0 & Flags::SYSTEM.0);
    FlagNames { system, keywords: state.keywords_of(entry.flags).cloned().collect() }
}

//! With whom a user shares mailboxes, as the administrator sees and changes it.

use directory::Address;
use mailbox::{Account, Grantee, Mailbox, MailboxName, Rights, RightsChange, SeenBy, Sign};

use super::{Desk, DeskFault};
use crate::answer::{Answer, Changed, ShareRow};
use crate::request::{RightsAsked, SeenAsked, ShareTask, WithWhom};

const ANYONE: &str = "anyone";

impl Desk {
    /// Does something with the sharing of a user's mailboxes.
    pub(super) async fn share(
        &self,
        address: &Address,
        task: ShareTask,
    ) -> Result<Answer, DeskFault> {
        let account = self.account(address).await?;
        match task {
            ShareTask::List { mailbox: None } => {
                let mut rows = Vec::new();
                for mailbox in account.mailboxes()?.iter() {
                    rows.extend(self.shares(&account, mailbox)?);
                }
                Ok(Answer::Shares(rows))
            }
            ShareTask::List { mailbox: Some(name) } => {
                Ok(Answer::Shares(self.shares(&account, &named(&account, &name)?)?))
            }
            ShareTask::Set { mailbox, with, rights } => {
                let mailbox = named(&account, &mailbox)?;
                let whom = self.grantee(&with)?;
                account.set_rights(mailbox.id, whom, change(&rights)?).await?;
                self.share_changed(address, &account, &mailbox)
            }
            ShareTask::Seen { mailbox, by } => {
                let mailbox = named(&account, &mailbox)?;
                let by = match by {
                    SeenAsked::All => SeenBy::Everybody,
                    SeenAsked::Each => SeenBy::EachUser,
                };
                account.set_seen_by(mailbox.id, by).await?;
                self.share_changed(address, &account, &mailbox)
            }
        }
    }

    fn share_changed(
        &self,
        address: &Address,
        account: &Account,
        mailbox: &Mailbox,
    ) -> Result<Answer, DeskFault> {
        let access = account.access(mailbox.id).map_err(mailbox::Error::from)?;
        Ok(Answer::Changed(Changed::Shared {
            address: address.to_string(),
            mailbox: mailbox.name.to_string(),
            seen_by_each: access.seen_by == SeenBy::EachUser,
            shares: self.shares(account, mailbox)?,
        }))
    }

    /// With whom a mailbox is shared.
    fn shares(&self, account: &Account, mailbox: &Mailbox) -> Result<Vec<ShareRow>, DeskFault> {
        let access = account.access(mailbox.id).map_err(mailbox::Error::from)?;
        let row = |grant: &mailbox::Grant| ShareRow {
            mailbox: mailbox.name.to_string(),
            with: match grant.grantee {
                Grantee::Anyone => ANYONE.to_owned(),
                Grantee::User(user) => self.accounts().name(user),
            },
            rights: grant.rights.to_string(),
            withheld: grant.sign == Sign::Withheld,
            seen_by_each: access.seen_by == SeenBy::EachUser,
        };
        Ok(access.grants().iter().map(row).collect())
    }

    fn grantee(&self, with: &WithWhom) -> Result<(Grantee, Sign), DeskFault> {
        let sign = if with.withheld { Sign::Withheld } else { Sign::Given };
        if with.identifier == ANYONE {
            return Ok((Grantee::Anyone, sign));
        }
        let account = self.accounts().number(&with.identifier).ok_or_else(|| {
            DeskFault::Words(format!(
                "there is no user {}; name one by the address, or say anyone",
                with.identifier
            ))
        })?;
        Ok((Grantee::User(account), sign))
    }
}

/// So many names of mailboxes are told to whoever names one that is not there.
const NAMES_TOLD: usize = 12;

fn named(account: &Account, name: &str) -> Result<Mailbox, DeskFault> {
    let found = MailboxName::new(name).ok().map(|name| account.find(&name)).transpose()?;
    if let Some(mailbox) = found.flatten() {
        return Ok(mailbox);
    }
    let all = account.mailboxes()?;
    let mut names: Vec<&str> = all.iter().map(|it| it.name.as_str()).take(NAMES_TOLD).collect();
    if all.len() > names.len() {
        names.push("...");
    }
    let (user, names) = (account.name(), names.join(", "));
    Err(DeskFault::Words(format!("{user} has no mailbox {name}; there are: {names}")))
}

fn change(asked: &RightsAsked) -> Result<RightsChange, DeskFault> {
    let rights = |letters: &str| {
        Rights::parse(letters).map_err(|unknown| DeskFault::Words(unknown.to_string()))
    };
    Ok(match asked {
        RightsAsked::Replace(letters) => RightsChange::Replace(rights(letters)?),
        RightsAsked::Add(letters) => RightsChange::Add(rights(letters)?),
        RightsAsked::Remove(letters) => RightsChange::Remove(rights(letters)?),
    })
}

//! The account here, when its store is open in this program.

use mailbox::operations::Append;
use mailbox::{
    Account, Accounts, Error, FlagNames, Found, Incoming, MailboxId, MailboxName, Placed,
    Placement, PlacementName, PlacementNote, PlacementState, Refused, RemoteId,
};

use crate::local::{Arrived, LocalMail};

/// The account here, when its store is open in this program.
pub struct AccountMail {
    accounts: Accounts,
    account: Account,
    remote: RemoteId,
    inbox: MailboxId,
    incoming: Option<Incoming>,
    found: Vec<Found>,
}

impl AccountMail {
    /// Takes mail from a maildrop into the Inbox of an account.
    pub fn new(
        accounts: Accounts,
        account: Account,
        remote: RemoteId,
    ) -> Result<AccountMail, Error> {
        let inbox = account.find(&MailboxName::inbox())?.ok_or(Refused::NoSuchMailbox)?.id;
        Ok(AccountMail { accounts, account, remote, inbox, incoming: None, found: Vec::new() })
    }
}

impl LocalMail for AccountMail {
    type Fault = Error;

    fn message_octets_max(&self) -> u64 {
        self.accounts.policy().message_octets_max
    }

    async fn placements(&mut self, names: &[PlacementName]) -> Result<Vec<Option<Placed>>, Error> {
        Ok(self.account.placements(self.remote, names)?)
    }

    async fn placements_after(
        &mut self,
        after: Option<&PlacementName>,
    ) -> Result<Vec<(PlacementName, Placement)>, Error> {
        Ok(self.account.placements_after(self.remote, after)?)
    }

    async fn begin(&mut self) -> Result<(), Error> {
        self.incoming = Some(self.accounts.receive());
        Ok(())
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Error> {
        match &mut self.incoming {
            Some(incoming) => incoming.write(octets).await,
            None => Ok(()),
        }
    }

    async fn abandon(&mut self) -> Result<(), Error> {
        self.incoming = None;
        Ok(())
    }

    async fn end(&mut self, arrived: Arrived) -> Result<(), Error> {
        let Some(incoming) = self.incoming.take() else { return Ok(()) };
        let message = Append {
            received: incoming.finish().await?,
            flags: FlagNames::default(),
            internal_date: arrived.date.map(Into::into),
            uidl: None,
        };
        let Arrived { name, listed_octets, header, .. } = arrived;
        self.found.push(Found { name, message, listed_octets, header });
        Ok(())
    }

    async fn commit(&mut self, notes: Vec<PlacementNote>) -> Result<u64, Error> {
        let found = std::mem::take(&mut self.found);
        if found.is_empty() {
            self.account.note_placements(self.remote, notes).await?;
            return Ok(0);
        }
        self.account.append_found(self.inbox, self.remote, found, notes).await
    }

    async fn whole(&mut self, names: &[PlacementName]) -> Result<Vec<bool>, Error> {
        let mut whole = Vec::with_capacity(names.len());
        for placed in self.account.placements(self.remote, names)? {
            whole.push(match placed.map(|placed| placed.placement.state) {
                Some(PlacementState::Taken(taken)) => self.account.is_whole(&taken).await?,
                Some(PlacementState::Passed { .. }) | None => false,
            });
        }
        Ok(whole)
    }
}

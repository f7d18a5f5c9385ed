//! The account here, when its store is open in this program.

use mailbox::operations::Append;
use mailbox::{
    Account, Accounts, Error, FlagNames, Found, Incoming, KnownAs, MailboxId, MailboxName, Placed,
    Placement, PlacementName, PlacementNote, Refused, RemoteId, ZonedTime,
};

use crate::local::{Arrived, LocalMail, Target};

/// The account here, when its store is open in this program.
pub struct AccountMail {
    accounts: Accounts,
    pub(crate) account: Account,
    pub(crate) remote: RemoteId,
    inbox: MailboxId,
    incoming: Option<Incoming>,
    /// What is whole, and where it goes.
    found: Vec<(MailboxId, Found)>,
}

impl AccountMail {
    /// Takes mail from a maildrop or account elsewhere into an account here.
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
        let Arrived { name, listed_octets, header, date, target } = arrived;
        let known_as = if target.is_some() { KnownAs::Mirrored } else { KnownAs::Taken };
        let (to, flags, zone_minutes) = match target {
            Some(Target { folder, flags, zone_minutes }) => (folder, flags, zone_minutes),
            None => (self.inbox, FlagNames::default(), 0),
        };
        let message = Append {
            received: incoming.finish().await?,
            flags,
            internal_date: date.map(|time| ZonedTime { time, zone_minutes }),
            uidl: None,
        };
        self.found.push((to, Found { name, message, listed_octets, header, known_as }));
        Ok(())
    }

    async fn commit(&mut self, notes: Vec<PlacementNote>) -> Result<u64, Error> {
        let mut found = std::mem::take(&mut self.found).into_iter().peekable();
        let (mut notes, mut new) = (Some(notes), 0_u64);
        while let Some((to, first)) = found.next() {
            let mut run = vec![first];
            while let Some((_, found)) = found.next_if(|(other, _)| *other == to) {
                run.push(found);
            }
            // The notes may be about these messages, so they go with the last.
            let with = if found.peek().is_none() { notes.take() } else { None };
            let with = with.unwrap_or_default();
            let appended = self.account.append_found(to, self.remote, run, with).await?;
            new = new.saturating_add(appended);
        }
        if let Some(notes) = notes.filter(|notes| !notes.is_empty()) {
            self.account.note_placements(self.remote, notes).await?;
        }
        Ok(new)
    }

    async fn whole(&mut self, names: &[PlacementName]) -> Result<Vec<bool>, Error> {
        let mut whole = Vec::with_capacity(names.len());
        for placed in self.account.placements(self.remote, names)? {
            whole.push(match placed.map(|placed| placed.placement.state) {
                Some(state) => match state.message() {
                    Some(taken) => self.account.is_whole(taken).await?,
                    None => false,
                },
                None => false,
            });
        }
        Ok(whole)
    }
}

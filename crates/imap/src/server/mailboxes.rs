//! From the names in a command to the mailboxes it means: in which account, and what is refused there. Every command that takes a
//! name comes here, and nobody else knows that there are other accounts than one's own (RFC 2342, RFC 4314, ADR 39).

use std::sync::Arc;

use mailbox::{
    Account, AccountId, Mailbox, MailboxId, MailboxKind, MailboxName, ModSeq, Refused, Rights,
};
use tokio::sync::watch;

use super::outcome::Stop;
use super::session::Session;
use super::words;
use crate::response::Code;
use crate::wire::Name;

/// Below this lie the mailboxes of others: `Other Users/ana@example.org/Projects`.
pub(crate) const OTHER_USERS: &str = "Other Users";

/// A name that a mailbox can have.
pub(crate) fn name(name: &Name) -> Result<MailboxName, Stop> {
    MailboxName::new(name.as_str())
        .map_err(|fault| Stop::No(Some(Code::Cannot), fault.to_string().into()))
}

/// The account that a name leads to.
#[derive(Clone)]
pub(crate) struct Place {
    /// As it is used by whoever has logged in.
    pub(crate) account: Account,
    /// Whose it is, by the address; none: one's own.
    owner: Option<Arc<str>>,
}

impl Place {
    /// The number that stands before identities of another's account (RFC 8474, 4); none: it is one's own.
    pub(crate) fn other(&self) -> Option<AccountId> {
        self.owner.as_ref().map(|_| self.account.id())
    }

    /// The name by which the client knows a mailbox of this account.
    pub(crate) fn shown(&self, name: &MailboxName) -> Name {
        match &self.owner {
            None => Name::from(name.as_str()),
            Some(owner) => Name(format!("{OTHER_USERS}/{owner}/{name}")),
        }
    }

    /// The name of the quota root (RFC 9208, 3.1); one's own has none.
    pub(crate) fn quota_root(&self) -> String {
        match &self.owner {
            None => String::new(),
            Some(owner) => format!("{OTHER_USERS}/{owner}"),
        }
    }
}

/// A name, and the account in which it means something.
pub(crate) struct Named {
    pub(crate) place: Place,
    /// What the mailbox is called there.
    pub(crate) name: MailboxName,
}

/// Another's account in which the open mailbox lies.
pub(crate) struct Guest {
    pub(crate) place: Place,
    pub(crate) bell: watch::Receiver<ModSeq>,
    /// Rings when what sessions show of that account takes too much memory.
    pub(crate) pressed: watch::Receiver<u64>,
    /// The rights by which FLAGS and PERMANENTFLAGS were told.
    pub(crate) told: Rights,
}

impl Guest {
    pub(crate) fn new(place: Place, told: Rights) -> Guest {
        let (bell, pressed) = (place.account.bell(), place.account.pressed());
        Guest { place, bell, pressed, told }
    }
}

/// What follows the level below which others' mailboxes lie; none: the name is not there.
fn below_other_users(name: &MailboxName) -> Option<&str> {
    name.as_str().strip_prefix(OTHER_USERS)?.strip_prefix(MailboxName::SEPARATOR)
}

impl Session<'_> {
    /// One's own account as a place.
    pub(crate) fn own(&self) -> Result<Place, Stop> {
        Ok(Place { account: self.account()?.clone(), owner: None })
    }

    /// The account in which the open mailbox lies.
    pub(crate) fn opened(&self) -> Result<&Account, Stop> {
        match &self.guest {
            Some(guest) => Ok(&guest.place.account),
            None => self.account(),
        }
    }

    /// Where a name leads, whether or not there is a mailbox of that name. None: it would lie with somebody who is not there, or
    /// shares nothing; which of the two, nobody is told.
    pub(crate) async fn named(&mut self, name: &MailboxName) -> Result<Option<Named>, Stop> {
        let own = self.own()?;
        let Some(rest) = below_other_users(name).or((name.as_str() == OTHER_USERS).then_some(""))
        else {
            return Ok(Some(Named { place: own, name: name.clone() }));
        };
        // What somebody called so before there were others' mailboxes stays where it is.
        if own.account.find(name)?.is_some() {
            return Ok(Some(Named { place: own, name: name.clone() }));
        }
        let (address, rest) = rest.split_once(MailboxName::SEPARATOR).unwrap_or((rest, ""));
        let Ok(name) = MailboxName::new(rest) else { return Ok(None) };
        let Some(owner) = self.service.accounts.number(address) else { return Ok(None) };
        if !self.service.accounts.owners(own.account.id()).await?.contains(&owner) {
            return Ok(None);
        }
        Ok(self.place_of(owner).await?.map(|place| Named { place, name }))
    }

    /// The account of somebody else; none: it is just being removed.
    pub(crate) async fn place_of(&mut self, owner: AccountId) -> Result<Option<Place>, Stop> {
        let Some(address) = self.service.accounts.address(owner) else { return Ok(None) };
        let (user, who) = {
            let own = self.account()?;
            (own.id(), own.who().clone())
        };
        match self.service.accounts.enter_shared(owner, user, who).await {
            Ok(account) => Ok(Some(Place { account, owner: Some(address.into()) })),
            Err(mailbox::Error::Refused(Refused::NoSuchMailbox)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The accounts of all who share something with whoever has logged in, in the order of their addresses.
    pub(crate) async fn others(&mut self) -> Result<Vec<Place>, Stop> {
        let mut others = Vec::new();
        let user = self.account()?.id();
        for owner in self.service.accounts.owners(user).await? {
            others.extend(self.place_of(owner).await?);
        }
        others.sort_unstable_by(|one: &Place, other: &Place| one.owner.cmp(&other.owner));
        Ok(others)
    }

    /// The mailbox of a name. A name that no mailbox can have is like one that none has, and like one of which one may know nothing.
    pub(crate) async fn mailbox_named(&mut self, name: &Name) -> Result<(Place, Mailbox), Stop> {
        if let Ok(name) = MailboxName::new(name.as_str())
            && let Some(Named { place, name }) = self.named(&name).await?
            && let Some(mailbox) = place.account.find(&name)?
        {
            return Ok((place, mailbox));
        }
        Err(Stop::Model(Refused::NoSuchMailbox.into()))
    }

    /// The mailbox of a name, where one has these rights in it.
    pub(crate) async fn mailbox_with(
        &mut self,
        name: &Name,
        needed: Rights,
    ) -> Result<(Place, Mailbox), Stop> {
        let (place, mailbox) = self.mailbox_named(name).await?;
        place.account.demand(mailbox.id, needed)?;
        Ok((place, mailbox))
    }

    /// The mailbox that messages are to go to.
    pub(crate) async fn destination(&mut self, to: &Name) -> Result<(Place, MailboxId), Stop> {
        match self.mailbox_with(to, Rights::INSERT).await {
            Ok((place, mailbox)) if mailbox.kind == MailboxKind::Selectable => {
                Ok((place, mailbox.id))
            }
            Ok(_) => Err(Refused::NotSelectable.into()),
            Err(Stop::Model(mailbox::Error::Refused(Refused::NoSuchMailbox))) => {
                Err(words::no_destination())
            }
            Err(stop) => Err(stop),
        }
    }

    /// Where a mailbox of this name is to be made.
    pub(crate) async fn place_for(&mut self, to: &Name) -> Result<Named, Stop> {
        // A separator at the end says that other mailboxes are to lie below: here they always can.
        let to = to.as_str();
        let to = name(&to.strip_suffix(MailboxName::SEPARATOR).unwrap_or(to).into())?;
        self.named(&to).await?.ok_or(Stop::Model(Refused::NoPermission.into()))
    }

    /// A name to subscribe to, written as LIST shows it.
    pub(crate) async fn subscribed_name(&mut self, to: &Name) -> Result<MailboxName, Stop> {
        let name = name(to)?;
        let named = self.named(&name).await?;
        let shown = named.map(|named| named.place.shown(&named.name));
        // A name that is too long with the address in full is kept as it was given.
        Ok(shown.and_then(|shown| MailboxName::new(shown.as_str()).ok()).unwrap_or(name))
    }

    /// Ends the session when the mailbox that is open is another's and may not be read any more, or is gone: which, nobody is told
    /// (RFC 4314, 5.1.1).
    pub(crate) fn check_still_readable(&self) -> Result<(), Stop> {
        let (Some(guest), Some(view)) = (&self.guest, self.view.as_deref()) else { return Ok(()) };
        match guest.place.account.demand(view.state().id, Rights::READ) {
            Ok(_) => Ok(()),
            Err(_) => Err(Stop::Bye(None, words::NOT_READABLE)),
        }
    }

    /// The mailbox that is open, if it is one's own.
    pub(crate) fn own_open(&self) -> Option<MailboxId> {
        let view = self.view.as_deref().filter(|view| view.other().is_none());
        view.map(|view| view.state().id)
    }

    /// Leaves the mailbox that is open.
    pub(crate) fn leave(&mut self) {
        self.view = None;
        self.guest = None;
    }
}

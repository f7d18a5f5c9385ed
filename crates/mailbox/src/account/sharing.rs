//! Sharing: who may do what in a mailbox (RFC 4314, ADR 39), and how it looks to those who are not its owner (ADR 22).

use std::sync::Arc;

use super::{Account, Actor};
use crate::lock::lock;
use crate::operations::What;
use crate::transaction::Transaction;
use crate::viewed::{Look, View, ViewedRuns};
use crate::{
    AccessList, AccountId, Error, Flags, Grantee, Mailbox, MailboxId, MailboxName, MailboxState,
    Refused, Rights, RightsChange, SeenBy, Sign, Who,
};

/// What is said to whom the owner's own rights were to be changed.
const OWNER_HAS_ALL: &str = "The owner of a mailbox always has all rights";

impl Actor {
    /// The rights by an access list.
    pub(super) fn rights_by(self, access: Option<&AccessList>) -> Rights {
        match self {
            Actor::Owner => Rights::ALL,
            Actor::Guest(user) => access.map_or(Rights::NONE, |access| access.rights_of(user)),
        }
    }

    /// The rights in a mailbox, when they are enough. To whom may not list it, it is as if it were not there (RFC 4314, 6).
    pub(super) fn demand(
        self,
        transaction: &Transaction<'_, '_>,
        mailbox: MailboxId,
        needed: Rights,
    ) -> Result<Rights, Refused> {
        let record = transaction.record(mailbox).ok_or(Refused::NoSuchMailbox)?;
        self.enough(record.access.as_deref(), needed)
    }

    fn enough(self, access: Option<&AccessList>, needed: Rights) -> Result<Rights, Refused> {
        let rights = self.rights_by(access);
        if rights.has(needed) {
            Ok(rights)
        } else if rights.has(Rights::LOOKUP) {
            Err(Refused::NoPermission)
        } else {
            Err(Refused::NoSuchMailbox)
        }
    }

    /// Refuses to make a mailbox of this name: that needs the right in the nearest one above it that is there (RFC 4314, 4).
    pub(super) fn demand_above(
        self,
        transaction: &Transaction<'_, '_>,
        name: &MailboxName,
    ) -> Result<(), Refused> {
        if self == Actor::Owner {
            return Ok(());
        }
        let mut above = name.split().0;
        while let Some(parent) = above {
            if let Some(id) = transaction.find(&parent) {
                // Whether it is there is not to be told by the answer, nor is it by another.
                let rights = self.demand(transaction, id, Rights::CREATE);
                return rights.map(drop).map_err(|_| Refused::NoPermission);
            }
            above = parent.split().0;
        }
        Err(Refused::NoPermission)
    }

    /// How the entries of a mailbox look.
    pub(super) fn look(
        self,
        transaction: &mut Transaction<'_, '_>,
        mailbox: MailboxId,
    ) -> Result<Option<Own>, Error> {
        let Actor::Guest(user) = self else { return Ok(None) };
        Ok(transaction.look(mailbox, user)?.map(|look| Own { user, look }))
    }
}

/// How a mailbox looks to a user who is not its owner, where that is unlike what the owner sees.
pub(super) struct Own {
    pub(super) user: AccountId,
    pub(super) look: Look,
}

/// What of these flags somebody may set.
pub(super) fn settable(flags: Flags, rights: Rights) -> Flags {
    Flags(flags.0 & rights.flags().with(Flags::INTERNAL).0)
}

impl Account {
    /// The same account, used by another than its owner.
    pub(crate) fn for_guest(&self, user: AccountId) -> Account {
        let who = Who { user: Some(user), ..Who::clone(&self.who) };
        Account { who: Arc::new(who), actor: Actor::Guest(user), ..self.clone() }
    }

    /// The rights in a mailbox of whoever acts through this, now; none if there is no such mailbox.
    pub fn rights(&self, mailbox: MailboxId) -> Rights {
        let hot = self.shared.hot();
        let record = hot.table.record(mailbox);
        record.map_or(Rights::NONE, |record| self.actor.rights_by(record.access.as_deref()))
    }

    /// Refuses, as an operation that needs these rights would.
    pub fn demand(&self, mailbox: MailboxId, needed: Rights) -> Result<Rights, Refused> {
        let hot = self.shared.hot();
        let record = hot.table.record(mailbox).ok_or(Refused::NoSuchMailbox)?;
        self.actor.enough(record.access.as_deref(), needed)
    }

    /// Whether this is the account of whoever acts through it.
    pub fn is_own(&self) -> bool {
        self.actor == Actor::Owner
    }

    /// The rights of which any lets somebody change what all see of a mailbox: without one of them it is read-only (RFC 4314, 5.2).
    pub fn changed_by(&self, mailbox: MailboxId) -> Rights {
        let shared = Rights::INSERT | Rights::EXPUNGE | Rights::WRITE | Rights::DELETE_MESSAGES;
        let hot = self.shared.hot();
        let access = hot.table.record(mailbox).and_then(|record| record.access.as_deref());
        match access.map(|access| access.seen_by) {
            Some(SeenBy::EachUser) => shared,
            Some(SeenBy::Everybody) | None => shared | Rights::SEEN,
        }
    }

    /// The access list of a mailbox.
    pub fn access(&self, mailbox: MailboxId) -> Result<Arc<AccessList>, Refused> {
        self.demand(mailbox, Rights::ADMINISTER)?;
        let hot = self.shared.hot();
        Ok(hot.table.record(mailbox).and_then(|it| it.access.clone()).unwrap_or_default())
    }

    /// Changes what an entry of the access list of a mailbox gives or takes (RFC 4314, 3.1).
    pub async fn set_rights(
        &self,
        mailbox: MailboxId,
        (grantee, sign): (Grantee, Sign),
        change: RightsChange,
    ) -> Result<(), Error> {
        let actor = self.actor;
        self.write_as_guest(1, move |transaction, who| {
            actor.demand(transaction, mailbox, Rights::ADMINISTER)?;
            if grantee == Grantee::User(transaction.account()) {
                let keeps = match (sign, change) {
                    (Sign::Given, RightsChange::Replace(rights)) => rights == Rights::ALL,
                    (Sign::Given, RightsChange::Add(_)) => true,
                    (Sign::Given | Sign::Withheld, RightsChange::Remove(rights)) => {
                        rights.is_empty()
                    }
                    (Sign::Withheld, RightsChange::Replace(rights) | RightsChange::Add(rights)) => {
                        rights.is_empty()
                    }
                };
                let refused = Refused::Choice { why: OWNER_HAS_ALL };
                return if keeps { Ok(()) } else { Err(refused.into()) };
            }
            change_access(transaction, who, mailbox, |access| access.change(grantee, sign, change))
        })
        .await
    }

    /// Says whose `\Seen` is in a mailbox.
    pub async fn set_seen_by(&self, mailbox: MailboxId, seen_by: SeenBy) -> Result<(), Error> {
        self.write(move |transaction, who| {
            let next = crate::ModSeq(transaction.head().modseq.0.saturating_add(1));
            change_access(transaction, who, mailbox, |access| {
                if access.seen_by != seen_by {
                    access.seen_by = seen_by;
                    access.seen_since = next;
                }
                Ok(())
            })
        })
        .await
    }

    /// Takes a user out of all access lists.
    pub(crate) async fn forget_guest(&self, user: AccountId) -> Result<(), Error> {
        self.write(move |transaction, who| {
            transaction.forget_annotations_by(user)?;
            for mailbox in transaction.mailboxes() {
                transaction.forget_viewed(mailbox, user)?;
                let named = transaction.record(mailbox).and_then(|record| record.access.clone());
                if named.is_some_and(|access| access.names(user)) {
                    change_access(transaction, who, mailbox, |access| {
                        access.forget(user);
                        Ok(())
                    })?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Mailboxes as whoever acts through this may list them.
    pub(super) fn listable(&self, all: Arc<[Mailbox]>) -> Arc<[Mailbox]> {
        if self.actor == Actor::Owner {
            return all;
        }
        let may = |mailbox: &&Mailbox| self.rights(mailbox.id).has(Rights::LOOKUP);
        all.iter().filter(may).cloned().map(Mailbox::without_owners_wishes).collect()
    }

    /// A mailbox, if whoever acts through this has any right in it. What may be done then is refused by each operation.
    pub(super) fn known(&self, mailbox: Option<Mailbox>) -> Option<Mailbox> {
        if self.actor == Actor::Owner {
            return mailbox;
        }
        let found = mailbox.filter(|mailbox| !self.rights(mailbox.id).is_empty());
        found.map(Mailbox::without_owners_wishes)
    }

    /// The state of a mailbox as it looks to whoever acts through this.
    pub(super) fn state_shown(&self, id: MailboxId) -> Result<Arc<MailboxState>, Error> {
        let Actor::Guest(user) = self.actor else { return self.shared.state(id) };
        let (access, counter) = {
            let hot = self.shared.hot();
            let record = hot.table.record(id).ok_or(Refused::NoSuchMailbox)?;
            (record.access.clone().unwrap_or_default(), hot.head.modseq)
        };
        self.actor.enough(Some(&access), Rights::READ)?;
        let base = self.shared.state(id)?;
        let before = lock(&self.shared.views).get(id, user).cloned();
        if let Some(before) = &before
            && before.is_of(&base, counter, &access)
        {
            return Ok(Arc::clone(&before.shown));
        }
        let look = Look::of(Some(&access), || {
            ViewedRuns::read(&*self.shared.snapshot()?, (self.id(), id, user))
        })?;
        let Some(look) = look else { return Ok(base) };
        let view = View::new(before.as_ref(), base, counter, look);
        let shown = Arc::clone(&view.shown);
        lock(&self.shared.views).keep(user, view);
        Ok(shown)
    }

    /// Whether a state is the one that `state_shown` made last.
    pub(super) fn is_shown(&self, state: &Arc<MailboxState>) -> bool {
        let Actor::Guest(user) = self.actor else { return false };
        let views = lock(&self.shared.views);
        views.get(state.id, user).is_some_and(|view| Arc::ptr_eq(&view.shown, state))
    }
}

impl Mailbox {
    /// Without what its owner has it for: a program must not take another's Sent for its user's own.
    fn without_owners_wishes(self) -> Mailbox {
        Mailbox { role: None, sort_order: None, ..self }
    }
}

/// Changes an access list, and has the log say that something of the mailbox changed.
fn change_access(
    transaction: &mut Transaction<'_, '_>,
    who: &Who,
    mailbox: MailboxId,
    change: impl FnOnce(&mut AccessList) -> Result<(), Refused>,
) -> Result<(), Error> {
    let record = transaction.record(mailbox).ok_or(Refused::NoSuchMailbox)?;
    let before = record.access.as_deref().cloned().unwrap_or_default();
    let mut after = before.clone();
    change(&mut after)?;
    if after == before {
        return Ok(());
    }
    let access = (!after.is_empty()).then(|| Arc::new(after));
    transaction.change_record(mailbox, |record| record.access = access);
    let name = transaction.name(mailbox)?;
    let modseq = transaction.next_modseq();
    let what = What::Renamed { mailbox, from: name.clone(), to: name };
    transaction.log(modseq, who, &what);
    Ok(())
}

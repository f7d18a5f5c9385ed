//! Annotations (RFC 5464, ADR 49): read and set by whoever may look into the mailbox.

use std::ops::ControlFlow;

use bytes::Bytes;

use super::{Account, Actor, edit_mailbox};
use crate::limits::{ANNOTATION_OCTETS_MAX, ANNOTATIONS_MAX, ANNOTATIONS_OCTETS_MAX};
use crate::operations::What;
use crate::records::{damaged, read_annotation};
use crate::transaction::Transaction;
use crate::{
    AccountId, Annotated, Annotation, AnnotationLimit, AnnotationName, Error, MailboxId, Refused,
    Rights, Role, keys, layout,
};

/// Of these rights one is needed beside that to list the mailbox (RFC 5464, 3.3).
const ANY_OF: [Rights; 5] =
    [Rights::READ, Rights::SEEN, Rights::WRITE, Rights::INSERT, Rights::POST];

/// What is to become of annotations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Annotate {
    /// Names with their values; none: the annotation goes.
    pub annotations: Vec<(AnnotationName, Option<Bytes>)>,
    /// What the mailbox is for from now on, which programs set as an annotation as well (RFC 6154, 4).
    pub role: Option<Option<Role>>,
}

impl Account {
    /// The annotations of a mailbox, or of the account: those that all share, and those of whoever acts through this. By name.
    pub fn annotations(&self, of: Annotated) -> Result<Vec<Annotation>, Error> {
        if let Annotated::Mailbox(mailbox) = of {
            let hot = self.shared.hot();
            let record = hot.table.record(mailbox).ok_or(Refused::NoSuchMailbox)?;
            enough(self.actor.rights_by(record.access.as_deref()))?;
        }
        let snapshot = self.shared.snapshot()?;
        let mut found = Vec::new();
        for user in [self.actor.user(self.id()), keys::NOBODY] {
            let range = layout::under(layout::annotations_by(self.id(), of.mailbox(), user));
            let mut wrong = None;
            snapshot.range(layout::borrow(&range), &mut |key, value| {
                let name = layout::take_annotation(layout::tail(key)).map(|(_, _, name)| name);
                match name.zip(read_annotation(value)) {
                    Some((name, value)) => {
                        found.push(Annotation { name, value: Bytes::copy_from_slice(value) });
                        ControlFlow::Continue(())
                    }
                    None => {
                        wrong = Some(damaged(key));
                        ControlFlow::Break(())
                    }
                }
            })?;
            if let Some(fault) = wrong {
                return Err(fault.into());
            }
        }
        Ok(found)
    }

    /// Sets annotations of a mailbox or of the account and takes others away, all of them or none. Those that are private are of
    /// whoever acts through this; those that all share take the right to write flags, too (ADR 49).
    pub async fn annotate(&self, of: Annotated, change: Annotate) -> Result<(), Error> {
        let (actor, owner) = (self.actor, self.id());
        self.write_as_guest(1, move |transaction, who| {
            match of {
                Annotated::Mailbox(mailbox) => {
                    let record = transaction.record(mailbox).ok_or(Refused::NoSuchMailbox)?;
                    let rights = actor.rights_by(record.access.as_deref());
                    enough(rights)?;
                    let shared = change.annotations.iter().any(|(name, _)| !name.is_private());
                    if shared && !rights.has(Rights::WRITE) {
                        return Err(Refused::NoPermission.into());
                    }
                }
                Annotated::Account if actor != Actor::Owner => {
                    return Err(Refused::NoPermission.into());
                }
                Annotated::Account => {}
            }
            if let (Some(role), Annotated::Mailbox(mailbox)) = (change.role, of) {
                if actor != Actor::Owner {
                    return Err(Refused::NoPermission.into());
                }
                edit_mailbox::give(transaction, who, mailbox, role)?;
            }
            let user = actor.user(owner);
            let names = set(transaction, (of.mailbox(), user), &change.annotations)?;
            if !names.is_empty() {
                let modseq = transaction.next_modseq();
                let what = What::Annotated { mailbox: of.mailbox(), user, names };
                transaction.log(modseq, who, &what);
            }
            Ok(())
        })
        .await
    }
}

impl Actor {
    /// The account of whoever acts.
    fn user(self, owner: AccountId) -> AccountId {
        match self {
            Actor::Owner => owner,
            Actor::Guest(user) => user,
        }
    }
}

fn enough(rights: Rights) -> Result<(), Refused> {
    if !rights.has(Rights::LOOKUP) {
        Err(Refused::NoSuchMailbox)
    } else if ANY_OF.into_iter().any(|one| rights.has(one)) {
        Ok(())
    } else {
        Err(Refused::NoPermission)
    }
}

/// Gives the names of those that changed.
fn set(
    transaction: &mut Transaction<'_, '_>,
    (of, user): (Option<MailboxId>, AccountId),
    annotations: &[(AnnotationName, Option<Bytes>)],
) -> Result<Vec<AnnotationName>, Error> {
    let mut names = Vec::new();
    for (name, value) in annotations {
        let of_whom = if name.is_private() { user } else { keys::NOBODY };
        if value.as_ref().is_some_and(|value| value.len() > ANNOTATION_OCTETS_MAX) {
            let octets_max = ANNOTATION_OCTETS_MAX;
            return Err(Refused::Annotation(AnnotationLimit::Octets { octets_max }).into());
        }
        if transaction.annotation(of, of_whom, name)?.as_deref() != value.as_deref() {
            transaction.set_annotation(of, of_whom, name, value.as_deref());
            names.push(name.clone());
        }
    }
    let account = transaction.account();
    let owners = |of_whom: AccountId| of_whom == keys::NOBODY || of_whom == account;
    for of_whom in [user, keys::NOBODY] {
        let adds = |(name, value): &(AnnotationName, Option<Bytes>)| {
            value.is_some() && name.is_private() == (of_whom == user)
        };
        // What only becomes less is never too much.
        if !annotations.iter().any(adds) {
            continue;
        }
        let here = transaction.annotations_of(of, of_whom)?.count;
        let in_all = transaction.annotations_in_all(owners(of_whom))?.octets;
        if here > ANNOTATIONS_MAX || in_all > ANNOTATIONS_OCTETS_MAX {
            return Err(Refused::Annotation(AnnotationLimit::Count).into());
        }
    }
    names.sort_unstable();
    names.dedup();
    Ok(names)
}

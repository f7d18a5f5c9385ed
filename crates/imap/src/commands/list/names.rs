//! All names that LIST and LSUB choose from: those of one's own mailboxes, those of others, and those that are only subscribed to.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use mailbox::{Mailbox, MailboxName};

use super::ListSelect;
use crate::server::limits::QUICK_ENTRIES_MAX;
use crate::server::mailboxes::{OTHER_USERS, Place};
use crate::server::outcome::Stop;
use crate::server::session::Session;

/// All names there are: those of mailboxes, one's own and those of others, and those that are only subscribed to.
pub(super) struct Names {
    pub(super) own: Place,
    pub(super) mailboxes: Arc<[Mailbox]>,
    pub(super) others: Vec<Other>,
    pub(super) subscriptions: BTreeSet<MailboxName>,
}

/// A name below which others' mailboxes lie, or one of these.
pub(super) struct Other {
    pub(super) name: MailboxName,
    /// None: it is only a level above mailboxes.
    pub(super) mailbox: Option<(Place, Mailbox)>,
}

impl Names {
    pub(super) async fn of(session: &mut Session<'_>) -> Result<Names, Stop> {
        if session.account()?.mailboxes()?.len() > QUICK_ENTRIES_MAX {
            session.channel.slow().await;
        }
        let others = Other::all(session).await?;
        let own = session.own()?;
        let (mailboxes, subscriptions) = (own.account.mailboxes()?, own.account.subscriptions()?);
        Ok(Names { own, mailboxes, others, subscriptions })
    }

    /// Names with their mailboxes, by name. Where one of one's own is called like another's, it is the one that the name leads to.
    pub(super) fn all(&self, with_subscriptions: bool) -> BTreeMap<&str, Line<'_>> {
        let mut all: BTreeMap<&str, Line<'_>> = BTreeMap::new();
        if with_subscriptions {
            for name in &self.subscriptions {
                all.insert(name.as_str(), Line { name, place: &self.own, kind: Kind::Nothing });
            }
        }
        for other in &self.others {
            let name = &other.name;
            let line = match &other.mailbox {
                Some((place, mailbox)) => Line { name, place, kind: Kind::Mailbox(mailbox) },
                None => Line { name, place: &self.own, kind: Kind::Level },
            };
            all.insert(name.as_str(), line);
        }
        for mailbox in self.mailboxes.iter() {
            let (name, kind) = (&mailbox.name, Kind::Mailbox(mailbox));
            all.insert(name.as_str(), Line { name, place: &self.own, kind });
        }
        all
    }

    /// The names of all mailboxes.
    pub(super) fn of_mailboxes(&self) -> impl Iterator<Item = &str> {
        let others = self.others.iter().filter(|other| other.mailbox.is_some());
        let own = self.mailboxes.iter().map(|mailbox| mailbox.name.as_str());
        own.chain(others.map(|other| other.name.as_str()))
    }
}

impl Other {
    /// All mailboxes of others that one may list, and the levels above each owner's.
    pub(super) async fn all(session: &mut Session<'_>) -> Result<Vec<Other>, Stop> {
        let mut all = Vec::new();
        for place in session.others().await? {
            session.channel.breathe().await;
            let begun = all.len();
            for mailbox in place.account.mailboxes()?.iter() {
                // A name that is too long below its owner's address cannot be shown.
                if let Ok(name) = MailboxName::new(place.shown(&mailbox.name).as_str()) {
                    all.push(Other { name, mailbox: Some((place.clone(), mailbox.clone())) });
                }
            }
            if all.len() > begun {
                let levels = [OTHER_USERS, &place.quota_root()].map(MailboxName::new);
                let levels = levels.into_iter().flatten();
                all.extend(levels.map(|name| Other { name, mailbox: None }));
            }
        }
        Ok(all)
    }
}

/// One name.
#[derive(Clone, Copy)]
pub(super) struct Line<'n> {
    pub(super) name: &'n MailboxName,
    pub(super) place: &'n Place,
    pub(super) kind: Kind<'n>,
}

/// What has a name.
#[derive(Clone, Copy)]
pub(super) enum Kind<'n> {
    Mailbox(&'n Mailbox),
    /// A level above others' mailboxes.
    Level,
    /// Nothing: it is subscribed to, or lies above what is.
    Nothing,
}

impl Line<'_> {
    pub(super) fn mailbox(&self) -> Option<&Mailbox> {
        match self.kind {
            Kind::Mailbox(mailbox) => Some(mailbox),
            Kind::Level | Kind::Nothing => None,
        }
    }

    /// Whether it fulfils the selection options.
    pub(super) fn is_selected(&self, select: ListSelect, names: &Names) -> bool {
        let special = self.mailbox().is_some_and(|mailbox| mailbox.role.is_some());
        (!select.subscribed || names.subscriptions.contains(self.name))
            && (!select.special_use || special)
    }
}

/// All names above these, at any height.
pub(super) fn above<'n>(names: impl Iterator<Item = &'n str>) -> HashSet<&'n str> {
    names.flat_map(names_above).collect()
}

/// The names above one, at any height.
pub(super) fn names_above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices(MailboxName::SEPARATOR).filter_map(|(end, _)| name.get(..end))
}

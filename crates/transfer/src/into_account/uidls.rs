//! The POP3 unique ids that imported messages had on another host: which messages are to have them, and which got them.

use std::collections::HashMap;
use std::sync::Arc;

use mailbox::{Account, BodyHash, Error, MailboxId, MailboxKind, Uid, Uidl};

use crate::known::ImportedUidls;
use crate::limits::UIDLS_REFUSED_NAMED_MAX;

/// The longest part of an id that is shown when it is refused.
const SHOWN_CHARACTERS_MAX: usize = 80;

/// A message, wherever it is in the account.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub(super) mailbox: MailboxId,
    pub(super) uid: Uid,
}

/// What became of the ids of one mailbox.
#[derive(Default)]
pub(super) struct Uidls {
    /// Messages that are to have an id.
    wanted: Vec<(Spot, Uidl)>,
    without: u64,
    refused: u64,
    first_refused: Vec<String>,
}

impl Uidls {
    /// Reads the id that came along with a message.
    pub(super) fn read(&mut self, text: Option<&str>) -> Option<Uidl> {
        let Some(text) = text else {
            self.without = self.without.saturating_add(1);
            return None;
        };
        let uidl = Uidl::new(text.as_bytes());
        if uidl.is_none() {
            self.refuse(text, "1 to 70 printable ASCII characters were expected");
        }
        uidl
    }

    pub(super) fn want(&mut self, spot: Spot, uidl: Uidl) {
        self.wanted.push((spot, uidl));
    }

    fn refuse(&mut self, text: &str, why: &str) {
        self.refused = self.refused.saturating_add(1);
        if self.first_refused.len() < UIDLS_REFUSED_NAMED_MAX {
            let shown: String = text.chars().take(SHOWN_CHARACTERS_MAX).collect();
            self.first_refused.push(format!("{} ({why})", shown.escape_debug()));
        }
    }

    /// Looks who has the ids now. None: there were none.
    pub(super) fn settle(mut self, now: &mut Now<'_>) -> Result<Option<ImportedUidls>, Error> {
        let mut taken = 0u64;
        for (spot, uidl) in std::mem::take(&mut self.wanted) {
            if now.uidl(spot)?.is_some_and(|has| *has == *uidl.as_str()) {
                taken = taken.saturating_add(1);
            } else {
                self.refuse(uidl.as_str(), "another message has it, or will");
            }
        }
        let Uidls { without, refused, first_refused, .. } = self;
        let any = taken > 0 || refused > 0;
        Ok(any.then_some(ImportedUidls { taken, without, refused, first_refused }))
    }
}

/// The ids that messages have now.
pub(super) struct Now<'a> {
    account: &'a Account,
    mailboxes: HashMap<MailboxId, HashMap<Uid, Arc<str>>>,
}

impl Now<'_> {
    pub(super) fn of(account: &Account) -> Now<'_> {
        Now { account, mailboxes: HashMap::new() }
    }

    fn uidl(&mut self, spot: Spot) -> Result<Option<Arc<str>>, Error> {
        if !self.mailboxes.contains_key(&spot.mailbox) {
            let state = self.account.state(spot.mailbox)?;
            let uids = state.entries.iter().map(|entry| entry.uid);
            let ids = uids.zip(self.account.uidls(&state)?).collect();
            self.mailboxes.insert(spot.mailbox, ids);
        }
        Ok(self.mailboxes.get(&spot.mailbox).and_then(|ids| ids.get(&spot.uid)).cloned())
    }
}

/// The messages that lie elsewhere than they were imported to, by their bodies: people move their mail.
#[derive(Default)]
pub(super) struct Moved(Option<HashMap<BodyHash, Vec<Spot>>>);

impl Moved {
    /// Finds a message with a body, each only once.
    pub(super) fn find(
        &mut self,
        account: &Account,
        from: MailboxId,
        hash: &BodyHash,
    ) -> Result<Option<Spot>, Error> {
        if self.0.is_none() {
            self.0 = Some(everything(account)?);
        }
        let spots = self.0.as_mut().and_then(|all| all.get_mut(hash));
        let Some(spots) = spots else { return Ok(None) };
        let index = spots.iter().position(|spot| spot.mailbox != from);
        Ok(index.map(|index| spots.remove(index)))
    }
}

fn everything(account: &Account) -> Result<HashMap<BodyHash, Vec<Spot>>, Error> {
    let mut all: HashMap<BodyHash, Vec<Spot>> = HashMap::new();
    for mailbox in account.mailboxes()?.iter() {
        if mailbox.kind != MailboxKind::Selectable {
            continue;
        }
        for (hash, uids) in bodies(account, mailbox.id)? {
            let spots = uids.into_iter().map(|uid| Spot { mailbox: mailbox.id, uid });
            all.entry(hash).or_default().extend(spots);
        }
    }
    Ok(all)
}

/// The messages of a mailbox by their bodies.
pub(super) fn bodies(
    account: &Account,
    id: MailboxId,
) -> Result<HashMap<BodyHash, Vec<Uid>>, Error> {
    let state = account.state(id)?;
    let reader = account.reader()?;
    let mut bodies: HashMap<BodyHash, Vec<Uid>> = HashMap::new();
    for entry in state.entries.iter() {
        if let Some(email) = reader.email(entry.email)? {
            bodies.entry(email.hash).or_default().push(entry.uid);
        }
    }
    Ok(bodies)
}

/// Gives ids to messages that are there already.
pub(super) async fn adopt(account: &Account, waiting: Vec<(Spot, Uidl)>) -> Result<(), Error> {
    let mut by_mailbox: HashMap<MailboxId, Vec<(Uid, Uidl)>> = HashMap::new();
    for (spot, uidl) in waiting {
        by_mailbox.entry(spot.mailbox).or_default().push((spot.uid, uidl));
    }
    for (mailbox, uidls) in by_mailbox {
        account.adopt_uidls(mailbox, uidls).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Uidls;

    #[test]
    fn ids_that_cannot_go_over_pop3_are_named() {
        let mut uidls = Uidls::default();
        assert!(uidls.read(Some("a.1")).is_some());
        assert!(uidls.read(None).is_none());
        for wrong in ["", "a b", "\u{fffd}", &"x".repeat(71), "1\n", "2 ", "3 "] {
            assert!(uidls.read(Some(wrong)).is_none());
        }
        assert_eq!((uidls.without, uidls.refused, uidls.first_refused.len()), (1, 7, 5));
        assert!(uidls.first_refused[1].starts_with("a b ("));
    }
}

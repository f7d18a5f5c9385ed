//! Which emails a change would make different: the others need not be looked at by a commit.

use std::collections::HashMap;

use super::Emails;
use crate::account::{Destroy, EmailChange, KeywordChange, MailboxesChange};
use crate::{EmailId, FlagNames, Flags, MailboxId, MailboxState};

/// A change of keywords in terms of one mailbox.
#[derive(Clone, Copy, Debug)]
enum Masks {
    /// Some entry of the mailbox gets a keyword that none had.
    New,
    Set(Flags),
    Patch {
        add: Flags,
        remove: Flags,
    },
}

impl Emails {
    /// Of some emails those that would not be as they are after such a change, whichever email it names.
    pub fn differing(&self, emails: &[EmailId], change: &EmailChange) -> Vec<EmailId> {
        let mut masks = HashMap::new();
        let differs = |email: &&EmailId| self.would_differ(**email, change, &mut masks);
        emails.iter().filter(differs).copied().collect()
    }

    fn would_differ(
        &self,
        email: EmailId,
        change: &EmailChange,
        masks: &mut HashMap<MailboxId, Masks>,
    ) -> bool {
        let places = self.places(email);
        if change.destroy == Destroy::Yes {
            return !places.is_empty();
        }
        let is_in = |mailbox: &MailboxId| places.iter().any(|(it, _)| it == mailbox);
        let goes_elsewhere = match &change.mailboxes {
            None => false,
            Some(MailboxesChange::Set(wanted)) => {
                !wanted.iter().all(is_in) || !places.iter().all(|(it, _)| wanted.contains(it))
            }
            Some(MailboxesChange::Patch { add, remove }) => {
                !add.iter().all(is_in) || remove.iter().any(|it| is_in(it) && !add.contains(it))
            }
        };
        if goes_elsewhere {
            return true;
        }
        let Some(keywords) = &change.keywords else { return false };
        places.iter().any(|(mailbox, uid)| {
            let Some(state) = self.held.get(mailbox) else { return false };
            let Some(entry) = state.entries.find(*uid) else { return false };
            let masks = masks.entry(*mailbox).or_insert_with(|| Masks::of(state, keywords));
            masks.differ(entry.flags)
        })
    }
}

impl Masks {
    fn of(state: &MailboxState, change: &KeywordChange) -> Masks {
        match change {
            KeywordChange::Set(names) => all(state, names).map_or(Masks::New, Masks::Set),
            KeywordChange::Patch { add, remove } => match all(state, add) {
                None => Masks::New,
                Some(add) => Masks::Patch { add, remove: known(state, remove).without(add) },
            },
        }
    }

    fn differ(self, flags: Flags) -> bool {
        match self {
            Masks::New => true,
            Masks::Set(wanted) => flags.without(Flags::INTERNAL) != wanted,
            Masks::Patch { add, remove } => !flags.contains(add) || flags.0 & remove.0 != 0,
        }
    }
}

/// The flags of names; none: the mailbox does not know one of the keywords.
fn all(state: &MailboxState, names: &FlagNames) -> Option<Flags> {
    let mut flags = Flags(names.system.0 & Flags::SYSTEM.0);
    for keyword in &names.keywords {
        flags = flags.with(state.flag_of(keyword)?);
    }
    Some(flags)
}

/// The flags of those names that the mailbox knows.
fn known(state: &MailboxState, names: &FlagNames) -> Flags {
    let keywords = names.keywords.iter().filter_map(|keyword| state.flag_of(keyword));
    keywords.fold(Flags(names.system.0 & Flags::SYSTEM.0), Flags::with)
}

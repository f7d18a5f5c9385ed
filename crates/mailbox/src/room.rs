//! The one rule of room: quota and limits. What is full takes no message, of whatever size, and no messages always fit,
//! even where a limit was lowered below what is there.

use crate::policy::Policy;
use crate::records::{Head, Record};
use crate::{QuotaResource, Refused, Role};

/// Where messages are to go, and what limits them there.
pub(crate) struct Room<'a> {
    pub(crate) policy: &'a Policy,
    pub(crate) head: &'a Head,
    /// The mailbox, when it is known already.
    pub(crate) to: Option<&'a Record>,
}

/// How messages come into a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comes {
    /// From outside, or back from what is retained.
    Anew,
    /// As copies.
    Copied,
    /// From another mailbox, so that the account does not come to hold more.
    Moved,
}

impl Room<'_> {
    /// Refuses messages that there is no room for. A message has at least one octet; so 0 octets may stand for a size that
    /// is not known yet.
    pub(crate) fn would_fit(
        &self,
        comes: Comes,
        octets: u64,
        messages: u64,
    ) -> Result<(), Refused> {
        if messages == 0 {
            return Ok(());
        }
        if comes != Comes::Moved {
            self.account_would_fit(comes, octets.max(messages), messages)?;
        }
        let max = self.policy.messages_per_mailbox_max;
        match self.to {
            Some(to) if to.messages.saturating_add(messages) > max => {
                Err(Refused::TooMany { what: "messages in a mailbox", max })
            }
            Some(_) | None => Ok(()),
        }
    }

    fn account_would_fit(&self, comes: Comes, octets: u64, messages: u64) -> Result<(), Refused> {
        let deletes =
            comes == Comes::Copied && self.to.is_some_and(|to| to.role == Some(Role::Trash));
        // Claws Mail and Geary delete by COPY to Trash, and expunge afterwards: a full account could not be emptied. As much
        // again as the quota is enough for all that is there, and takes no room on the disk, since copies share it.
        let allowed = |max: u64| if deletes { max.saturating_mul(2) } else { max };
        let over = |used: u64, more: u64, max: Option<u64>| {
            max.is_some_and(|max| used.saturating_add(more) > allowed(max))
        };
        let head = self.head;
        if over(head.octets, octets, head.octets_max) {
            return Err(Refused::OverQuota(QuotaResource::Storage));
        }
        if over(head.messages, messages, head.messages_max) {
            return Err(Refused::OverQuota(QuotaResource::Message));
        }
        let max = self.policy.messages_per_account_max;
        if over(head.messages, messages, Some(max)) {
            return Err(Refused::TooMany { what: "messages in an account", max });
        }
        Ok(())
    }
}

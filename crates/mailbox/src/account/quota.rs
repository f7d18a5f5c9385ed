//! Quota: what an account uses and may use.

use super::Account;
use crate::operations::{Quota, What};
use crate::room::{Comes, Room};
use crate::{Error, Fault, Octets, Refused};

impl Account {
    /// What the account uses and may use.
    pub fn quota(&self) -> Result<Quota, Fault> {
        let head = self.shared.hot().head;
        Ok(Quota {
            octets: Octets(head.octets),
            octets_max: head.octets_max.map(Octets),
            messages: head.messages,
            messages_max: head.messages_max,
        })
    }

    /// Refuses messages of so many octets together for which there is no room at present, as putting them in would.
    /// Octets 0: their size is not known yet. What is let through may still be refused in the end: others put mail in
    /// meanwhile.
    pub fn would_fit(&self, octets: u64, messages: u64) -> Result<(), Refused> {
        let hot = self.shared.hot();
        let room = Room { policy: &self.shared.ports.policy, head: &hot.head, to: None };
        room.would_fit(Comes::Anew, octets, messages)
    }

    /// As `would_fit`, for a message that comes in the place of one of so many octets.
    pub fn would_fit_instead(&self, octets: u64, of_octets: u64) -> Result<(), Refused> {
        let mut head = self.shared.hot().head;
        head.octets = head.octets.saturating_sub(of_octets);
        head.messages = head.messages.saturating_sub(1);
        let room = Room { policy: &self.shared.ports.policy, head: &head, to: None };
        room.would_fit(Comes::Anew, octets, 1)
    }

    /// Sets the limits of the account. What is over them already stays.
    pub async fn set_quota(
        &self,
        octets_max: Option<u64>,
        messages_max: Option<u64>,
    ) -> Result<(), Error> {
        self.write(move |transaction, who| {
            let head = transaction.head_mut();
            if (head.octets_max, head.messages_max) == (octets_max, messages_max) {
                return Ok(());
            }
            head.octets_max = octets_max;
            head.messages_max = messages_max;
            let modseq = transaction.next_modseq();
            transaction.log(modseq, who, &What::QuotaSet);
            Ok(())
        })
        .await
    }
}

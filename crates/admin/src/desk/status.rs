//! How the host and its store are, for people and for programs that watch.

use mailbox::engine::Engine as _;

use super::{Desk, DeskFault};
use crate::answer::{Answer, Status, StoreStatus};
use crate::upkeep::{Noted, Scrub, recall_damaged};

impl Desk {
    pub(super) fn status(&self) -> Result<Answer, DeskFault> {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let scrub = Scrub::read(&**self.accounts().engine())?;
        let counters = self.store.counters();
        if self.host.is_none() {
            // A host knows it since its start.
            recall_damaged(self.accounts())?;
        }
        Ok(Answer::Status(Box::new(Status {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            host: self.host.as_ref().map(|host| host()),
            users: count(self.people.users()?.len()),
            domains: count(self.people.domains()?.len()),
            store: StoreStatus {
                failure: self.store.failure().map(|fault| fault.to_string()),
                segments: counters.segments,
                octets: counters.segment_octets,
                live_octets: counters.live_octets,
                free_octets: self.store.space_left_octets(),
            },
            damaged: count(self.accounts().known_damaged()),
            check: Noted::read(&**self.accounts().engine())?.check,
            scrub: scrub.last().cloned(),
            scrub_now: scrub.now().cloned(),
        })))
    }
}

//! POP3's view of the Inbox: one session of each device at a time, unique ids that are stable for life, and what the
//! account or the device has chosen about mail that stays on the host.

mod choices;
mod close;
mod ids;
mod until;
mod upkeep;
mod view;

use std::sync::Arc;

pub use close::{Pop3Closed, Pop3Ended, Quit};
pub use view::Pop3View;

use super::Account;
use crate::pop3::{Device, Imported, OwnUidl};
use crate::{EmailId, Fault, MailboxState, Who};
use ids::Copies;

impl Account {
    /// The POP3 unique ids of the entries of a mailbox state, in its order: of any mailbox, for those who export mail.
    pub fn uidls(&self, state: &MailboxState) -> Result<Vec<Arc<str>>, Fault> {
        let snapshot = self.shared.snapshot()?;
        let copies = Copies::read(self.id(), state, &*snapshot)?;
        let mut own = OwnUidl::new(self.id(), self.shared.hot().head.created);
        let emails = state.entries.iter().map(|entry| entry.email);
        let ends = emails.fold(None, |ends: Option<(EmailId, EmailId)>, email| {
            Some(ends.map_or((email, email), |(low, high)| (low.min(email), high.max(email))))
        });
        let Some(ends) = ends else { return Ok(Vec::new()) };
        let imported = Imported::read(self.id(), ends, &*snapshot)?;
        let mut near = 0usize;
        let mut ids = Vec::with_capacity(state.entries.len());
        for entry in state.entries.iter() {
            let copy = copies.of(entry.uid);
            let found = if copy.is_none() { imported.of(entry.email, &mut near) } else { None };
            ids.push(found.unwrap_or_else(|| own.of_entry(entry, copy)).into());
        }
        Ok(ids)
    }
}

/// The device of whoever is at the door. A name that cannot be one, which no door gives out, is as good as none.
fn device_of(who: &Who) -> Option<Device> {
    who.device.as_deref().and_then(Device::new)
}

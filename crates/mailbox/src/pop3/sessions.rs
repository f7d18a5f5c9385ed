//! Which devices have a POP3 session open, and when each last began one. Kept in memory only: a lock is gone with the
//! process, and a login delay is no promise worth a write.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::limits::DEVICES_MAX;
use crate::lock::lock;
use crate::pop3::Device;
use crate::shared::AccountShared;
use crate::{Refused, Timestamp};

/// The POP3 sessions of an account.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: BTreeSet<Option<Device>>,
    /// When the devices that must wait between logins last logged in.
    last: BTreeMap<Option<Device>, Timestamp>,
}

/// The exclusive lock of a device (RFC 1939, 3), held until dropped.
pub(crate) struct SessionLock {
    shared: Arc<AccountShared>,
    device: Option<Device>,
}

impl Drop for SessionLock {
    fn drop(&mut self) {
        lock(&self.shared.pop3).open.remove(&self.device);
    }
}

impl SessionLock {
    /// Takes the lock of a device.
    pub(crate) fn take(
        shared: &Arc<AccountShared>,
        device: Option<Device>,
    ) -> Result<SessionLock, Refused> {
        if !lock(&shared.pop3).open.insert(device.clone()) {
            return Err(Refused::InUse);
        }
        Ok(SessionLock { shared: Arc::clone(shared), device })
    }

    /// Notes a login, unless the one before it was too short ago (RFC 2449, 6.5).
    pub(crate) fn log_in(&self, delay_s: u32) -> Result<(), Refused> {
        if delay_s == 0 {
            return Ok(());
        }
        let now = self.shared.ports.clock.now();
        let last = &mut lock(&self.shared.pop3).last;
        if let Some(before) = last.get(&self.device) {
            let passed = now.0.saturating_sub(before.0);
            let left = i64::from(delay_s).saturating_sub(passed);
            // Where the clock was set back nobody waits for it to catch up.
            if passed >= 0 && left > 0 {
                return Err(Refused::TooSoon { wait_s: u32::try_from(left).unwrap_or(delay_s) });
            }
        }
        if last.len() >= DEVICES_MAX
            && !last.contains_key(&self.device)
            && let Some(oldest) = last.iter().min_by_key(|(_, at)| **at).map(|(d, _)| d.clone())
        {
            last.remove(&oldest);
        }
        last.insert(self.device.clone(), now);
        Ok(())
    }
}

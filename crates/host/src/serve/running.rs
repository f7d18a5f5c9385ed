//! What the host tells the desk of itself: how it is, and who is connected.

use std::sync::Arc;

use admin::Running;
use admin::answer::{CertificateRow, HostStatus, Reloaded, RightsRow, Sessions};
use mailbox::Timestamp;

use super::doors::Doors;
use super::reload::Reloader;
use crate::listen::Protocol;
use crate::listen::bind::Bound;

const DAY_S: i64 = 24 * 3600;

/// The running host, as the desk asks it.
pub(super) struct ThisHost {
    since: String,
    listeners: Vec<String>,
    protocols: Vec<Protocol>,
    warnings: Vec<String>,
    rights: RightsRow,
    doors: Arc<Doors>,
    reloader: Reloader,
}

impl ThisHost {
    /// That of these listeners and doors.
    pub(super) fn of(
        bound: &[Bound],
        doors: &Arc<Doors>,
        since: Timestamp,
        (warnings, rights): (Vec<String>, RightsRow),
        reloader: Reloader,
    ) -> Arc<dyn Running> {
        let listener = |bound: &Bound| format!("{} {}", bound.protocol, bound.address);
        let mut protocols: Vec<Protocol> = bound.iter().map(|bound| bound.protocol).collect();
        protocols.sort_unstable();
        protocols.dedup();
        Arc::new(ThisHost {
            since: machine::time_text(since),
            listeners: bound.iter().map(listener).collect(),
            protocols,
            warnings,
            rights,
            doors: Arc::clone(doors),
            reloader,
        })
    }

    fn certificate(&self) -> CertificateRow {
        let until = self.doors.tls.valid_until();
        let now = self.doors.accounts.clock().now();
        CertificateRow {
            file: self.doors.tls.file().display().to_string(),
            until: until.map(machine::time_text),
            days: until.map(|until| until.0.saturating_sub(now.0).div_euclid(DAY_S)),
            acme: self.doors.acme.row(),
        }
    }
}

impl Running for ThisHost {
    fn status(&self) -> HostStatus {
        HostStatus {
            since: self.since.clone(),
            listeners: self.listeners.clone(),
            warnings: self.warnings.clone(),
            connections: u64::try_from(self.doors.connections.count()).unwrap_or(u64::MAX),
            doors: self.doors.live.doors(self.protocols.iter().copied()),
            certificate: Some(self.certificate()),
            rights: self.rights.clone(),
        }
    }

    fn sessions(&self, most: usize) -> Sessions {
        self.doors.live.sessions(most)
    }

    fn reload(&self) -> Reloaded {
        self.reloader.reload()
    }
}

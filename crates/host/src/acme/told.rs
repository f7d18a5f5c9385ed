//! What is told of orders: to the administrator, to whoever watches the host, to Prometheus.

use std::sync::{Mutex, PoisonError};

use admin::answer::AcmeRow;
use mailbox::Timestamp;

/// How things stand with the certificate.
#[derive(Debug, Default)]
pub struct Told(Mutex<Standing>);

/// The same at one moment. Without a directory the host orders none.
#[derive(Clone, Debug, Default)]
pub struct Standing {
    /// The authority's directory.
    pub directory: Option<String>,
    /// The names.
    pub names: Vec<String>,
    /// When the next order is due; none: one is under way.
    pub next: Option<Timestamp>,
    /// How many in a row came to nothing.
    pub failures: u32,
    /// Why the last of them did.
    pub why: Option<String>,
    /// How many certificates came since the start.
    pub issued: u64,
    /// How many orders came to nothing since the start.
    pub failed: u64,
}

impl Told {
    /// How things stand.
    pub fn standing(&self) -> Standing {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes how things stand.
    pub(super) fn note(&self, change: impl FnOnce(&mut Standing)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What the administrator sees; none where the host orders no certificates.
    pub fn row(&self) -> Option<AcmeRow> {
        let Standing { directory, names, next, failures, why, .. } = self.standing();
        let next = next.map(machine::time_text);
        Some(AcmeRow { directory: directory?, names, next, failures, why })
    }

    /// What is wrong, in one line; none while all is well.
    pub fn trouble(&self) -> Option<String> {
        self.standing().why.map(|why| format!("no new certificate: {why}"))
    }
}

//! Certificates that browsers trust, fetched and renewed by the host itself (RFC 8555), with no other program beside it. An order
//! is `order.rs`, when there is one `renewal.rs` says; what an authority sees of us is `pending.rs`, what we see of it
//! `outgoing.rs`.

mod accounts;
mod fault;
mod limits;
mod order;
mod outgoing;
mod pending;
mod renewal;
mod schedule;
mod state;
#[cfg(test)]
mod tests;
mod told;

use std::path::Path;
use std::sync::Arc;

use admin::keep::Folder;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use machine::files;
use mailbox::Clock;
use tokio::sync::Notify;
use web::Outside;

use self::schedule::Window;
use crate::config::{AcmeSection, ChallengeKind, why_no_certificate};
use crate::outbound::Network;
use crate::tls::{Held, Tls, TlsFault};

pub use pending::Pending;
pub use told::Told;

/// Fetches certificates and renews them.
pub struct Acme {
    directory: String,
    contacts: Vec<String>,
    names: Vec<String>,
    challenges: Vec<ChallengeKind>,
    external: Option<ExternalKey>,
    folder: Folder,
    tls: Tls,
    outside: Arc<dyn Outside>,
    clock: Arc<dyn Clock>,
    pending: Arc<Pending>,
    told: Arc<Told>,
    wake: Notify,
}

/// The name and the key of an account that the authority knows otherwise (RFC 8555, 7.3.4).
pub type ExternalKey = (String, Vec<u8>);

/// What is read at the start, before the host is confined to what it needs.
pub struct AcmeParts {
    /// The way to the authority.
    pub outside: Arc<dyn Outside>,
    /// The account at an authority that knows its customers.
    pub external: Option<ExternalKey>,
}

/// What the authority suggested, and when to ask again.
#[derive(Clone, Copy, Default)]
struct Suggestion {
    window: Option<Window>,
    next_s: i64,
}

/// A file that the section names cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AcmePartsFault {
    /// The certificate authority of the directory.
    #[error("acme.authority_file: {0}")]
    Authority(TlsFault),
    /// The key of the account.
    #[error("acme.external_account_key_file: {0}")]
    Key(String),
}

impl AcmePartsFault {
    /// The setting that names the file.
    pub fn setting(&self) -> &'static str {
        match self {
            AcmePartsFault::Authority(_) => "acme.authority_file",
            AcmePartsFault::Key(_) => "acme.external_account_key_file",
        }
    }
}

impl AcmeParts {
    /// Reads what the section names; none where it names no directory.
    pub fn read(section: &AcmeSection) -> Result<Option<AcmeParts>, AcmePartsFault> {
        if section.directory.is_none() {
            return Ok(None);
        }
        let network = Network::new(section.authority_file.as_deref());
        let network = network.map_err(AcmePartsFault::Authority)?;
        let external = match (&section.external_account_id, &section.external_account_key_file) {
            (Some(id), Some(path)) => Some((id.clone(), external_key(path)?)),
            _ => None,
        };
        Ok(Some(AcmeParts { outside: Arc::new(network), external }))
    }
}

fn external_key(path: &Path) -> Result<Vec<u8>, AcmePartsFault> {
    let wrong = |why: String| AcmePartsFault::Key(format!("{}: {why}", path.display()));
    let text = files::read_text(path).map_err(|error| wrong(error.to_string()))?;
    let line = text.lines().next().unwrap_or_default().trim().trim_end_matches('=');
    match URL_SAFE_NO_PAD.decode(line) {
        Ok(key) if !key.is_empty() => Ok(key),
        Ok(_) | Err(_) => Err(wrong("expected a key in base64url in its first line".to_owned())),
    }
}

/// What the host lends.
pub struct Lent {
    /// The data folder.
    pub folder: Folder,
    /// The TLS of all listeners.
    pub tls: Tls,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where challenges are answered.
    pub pending: Arc<Pending>,
    /// Where it is told how things stand.
    pub told: Arc<Told>,
}

impl Acme {
    /// Puts the certificate to use that was fetched before, if there is one; none where the section names no directory.
    pub fn new(
        section: &AcmeSection,
        hostname: &str,
        parts: Option<AcmeParts>,
        lent: Lent,
    ) -> Option<Arc<Acme>> {
        let (directory, parts) = (section.directory.clone()?, parts?);
        let Lent { folder, tls, clock, pending, told } = lent;
        let own = [hostname.to_owned()];
        let names = if section.names.is_empty() { &own[..] } else { &section.names };
        let mut names: Vec<String> = names.iter().map(|name| name.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        let why = names.iter().find_map(|name| why_no_certificate(name));
        told.note(|standing| {
            standing.directory = Some(directory.clone());
            standing.names.clone_from(&names);
            standing.why.clone_from(&why);
        });
        let certificate = folder.acme_certificate();
        if certificate.exists() {
            match Held::read(&certificate, &certificate) {
                Ok(held) => tls.take(held),
                Err(fault) => tracing::warn!(%fault, "the certificate is ordered anew"),
            }
        }
        if let Some(why) = why {
            tracing::error!(reason = why, "no certificate can be ordered; see acme.names");
            return None;
        }
        Some(Arc::new(Acme {
            directory,
            contacts: section.contacts.clone(),
            names,
            challenges: section.challenges.clone(),
            external: parts.external,
            folder,
            tls,
            outside: parts.outside,
            clock,
            pending,
            told,
            wake: Notify::new(),
        }))
    }

    /// Has it tried again at once what came to nothing, unless the authority wants to be left alone.
    pub fn try_now(&self) {
        self.wake.notify_one();
    }
}

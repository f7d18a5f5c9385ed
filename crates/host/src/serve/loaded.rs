//! What a start reads besides the mail store: certificate, relay, the keys of an identity provider. `correio config check`
//! reads it the same way.

use directory::Logins;
use queue::Relay;

use crate::acme::{AcmeParts, AcmePartsFault};
use crate::config::Config;
use crate::outbound::{self, OutboundFault, Sockets};
use crate::tls::{Tls, TlsFault};

/// What was read.
pub(super) struct Loaded {
    /// None where no certificate is configured: then one is made in the data folder.
    pub(super) tls: Option<Tls>,
    /// The way out, if there is one.
    pub(super) relay: Option<(Relay, Sockets)>,
    /// What fetching certificates needs, if the host does that.
    pub(super) acme: Option<AcmeParts>,
}

/// A file that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadFault {
    /// The certificate or its key; says which setting names it.
    #[error("{0}: {1}")]
    Tls(&'static str, TlsFault),
    /// What leads to the relay.
    #[error(transparent)]
    Outbound(#[from] OutboundFault),
    /// The keys of the identity provider.
    #[error(transparent)]
    Keys(mailbox::Fault),
    /// What fetching certificates needs.
    #[error(transparent)]
    Acme(AcmePartsFault),
}

impl LoadFault {
    /// The setting that names the file.
    pub fn setting(&self) -> &'static str {
        match self {
            LoadFault::Tls(setting, _) => setting,
            LoadFault::Outbound(OutboundFault::Authority(_)) => "relay_authority_file",
            LoadFault::Outbound(OutboundFault::Password { .. } | OutboundFault::NoPassword) => {
                "relay_password_file"
            }
            LoadFault::Keys(_) => "oauth.keys_file",
            LoadFault::Acme(fault) => fault.setting(),
        }
    }
}

impl Loaded {
    /// Reads all of it, and gives all that is wrong.
    pub(super) fn read(config: &Config) -> Result<Loaded, Vec<LoadFault>> {
        let mut faults = Vec::new();
        let tls = match (&config.tls.certificate, &config.tls.key) {
            (Some(chain), Some(key)) => {
                let fault = |fault: TlsFault| {
                    let setting =
                        if fault.path() == Some(key) { "tls.key" } else { "tls.certificate" };
                    LoadFault::Tls(setting, fault)
                };
                Tls::read(chain, key).map_err(|wrong| faults.push(fault(wrong))).ok()
            }
            _ => None,
        };
        // Whom it greets as who is known when the store is open.
        let relay = outbound::relay(config, "").map_err(|wrong| faults.push(wrong.into())).ok();
        let relay = relay.flatten().and_then(|relay| {
            let sockets = Sockets::new(config.relay_authority_file.as_deref());
            Some((relay, sockets.map_err(|wrong| faults.push(wrong.into())).ok()?))
        });
        if let Some(Err(wrong)) = config.oauth.clone().map(Logins::try_keys) {
            faults.push(LoadFault::Keys(wrong));
        }
        let acme = AcmeParts::read(&config.acme);
        let acme = acme.map_err(|wrong| faults.push(LoadFault::Acme(wrong))).ok().flatten();
        if faults.is_empty() { Ok(Loaded { tls, relay, acme }) } else { Err(faults) }
    }
}

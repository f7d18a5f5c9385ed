//! Who comes in over HTTP: the people of the host, listed and called off like those of the other doors.

use std::sync::Arc;

use directory::{Logins, People};
use mailbox::{Accounts, Clock};
use sasl::{Denied, Login, Peer, Ready, Secret, Security};
use web::{Gate, OwnSecurity, PageLogins, Visit};

use super::super::guarded::Guarded;
use super::super::live::Live;
use super::own_security::HostOwnSecurity;
use super::page_logins::HostPageLogins;
use crate::listen::Protocol;
use crate::listen::connections::Connections;

/// Lets the people of the host in.
pub(super) struct HostGate {
    pub(super) accounts: Accounts,
    pub(super) people: Arc<People>,
    pub(super) logins: Arc<Logins>,
    pub(super) connections: Arc<Connections>,
    pub(super) live: Arc<Live>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) pages: HostPageLogins,
    pub(super) own_security: HostOwnSecurity,
}

impl Gate for HostGate {
    fn visit(&self, security: Security) -> Arc<dyn Visit> {
        let protocol = match security {
            Security::Tls => Protocol::Https,
            Security::Loopback | Security::Clear => Protocol::Http,
        };
        Arc::new(Guarded::new(
            Arc::clone(&self.logins),
            Arc::clone(&self.connections),
            Arc::clone(&self.live),
            (protocol, Arc::clone(&self.clock)),
        ))
    }

    fn page_logins(&self) -> &dyn PageLogins {
        &self.pages
    }

    fn own_security(&self) -> &dyn OwnSecurity {
        &self.own_security
    }

    fn addresses<'a>(&'a self, login: &'a Login) -> Ready<'a, Vec<String>> {
        let (people, main) = (Arc::clone(&self.people), login.address.clone());
        let look = move || {
            let aliases = people.aliases()?;
            let own = aliases.into_iter().filter(|alias| alias.targets == [main.as_str()]);
            let own = own.map(|alias| alias.address).filter(|address| !address.starts_with('@'));
            Ok(std::iter::once(main.clone()).chain(own).collect())
        };
        Box::pin(async move {
            // Where the aliases cannot be read, the main address is known all the same.
            match self.accounts.apart(look).await {
                Ok(Ok(addresses)) => addresses,
                Ok(Err::<_, mailbox::Fault>(fault)) | Err(fault) => {
                    tracing::warn!(%fault, "the aliases cannot be read");
                    vec![login.address.clone()]
                }
            }
        })
    }
}

impl Visit for Guarded {
    fn page<'a>(&'a self, secret: &'a Secret, peer: &'a Peer) -> Ready<'a, Result<Login, Denied>> {
        Box::pin(Guarded::page(self, secret, peer))
    }

    fn introduce(&self, program: &str) {
        self.end().introduce(program);
    }

    fn is_over(&self) -> bool {
        self.end().is_called()
    }

    fn over(&self) -> Ready<'_, ()> {
        let end = self.end();
        Box::pin(async move { end.called().await })
    }
}

//! What a session offers now, and what of it a client may use.

use sasl::{Mechanism, Security};

use super::service::StartTls;
use super::session::Session;
use crate::capability::{Connection, offered};

impl Session<'_> {
    /// The capabilities of this session as it stands.
    pub(crate) fn capabilities(&self) -> Vec<String> {
        offered(&Connection {
            is_authenticated: self.person.is_some(),
            can_start_tls: self.can_start_tls(),
            takes_passwords: self.takes_passwords(),
            mechanisms: self.mechanisms(),
            is_compressed: self.channel.is_squeezed(),
            message_octets_max: self.service.accounts.policy().message_octets_max,
            has_jmap: self.service.jmap_url.is_some(),
        })
    }

    /// The mechanisms that fit the connection.
    pub(crate) fn mechanisms(&self) -> Vec<Mechanism> {
        let mut mechanisms = self.service.directory.mechanisms(self.peer);
        mechanisms.retain(|mechanism| mechanism.fits(self.peer));
        mechanisms
    }

    /// Whether TLS can begin.
    pub(crate) fn can_start_tls(&self) -> bool {
        self.service.start_tls == StartTls::Offered && self.peer.security != Security::Tls
    }

    /// Whether passwords may be sent as they are.
    pub(crate) fn takes_passwords(&self) -> bool {
        self.peer.security != Security::Clear
    }
}

//! STARTTLS: the rest of the connection in TLS (RFC 3207).

use super::{Command, CommandFault, alone};
use crate::server::{Session, Tls};
use crate::{Flavour, Reply};
use sasl::Security;

pub(super) fn parse(argument: &str, _: Flavour) -> Result<Command, CommandFault> {
    alone(argument, Command::StartTls)
}

impl<S> Session<S> {
    /// Whether TLS may begin; an answer if not.
    pub(crate) fn may_start_tls(&self) -> Result<(), Reply> {
        if self.peer.security == Security::Tls {
            Err(Reply::new(503, 5, 1, "TLS already active"))
        } else if self.service.tls == Tls::NotOffered {
            Err(Reply::new(502, 5, 1, "TLS not available"))
        } else {
            Ok(())
        }
    }
}

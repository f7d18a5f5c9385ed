//! The client logs in (RFC 4954).

use sasl::{Binding, Credentials, Mechanism, Nonce, Peer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::{Client, Fault};
use crate::command::Auth;
use crate::limits::CLIENT_COMMAND_OCTETS_MAX;
use crate::{Command, Syntax};

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Logs in with the best mechanism that both ends have and that is safe on this connection.
    pub async fn log_in(
        &mut self,
        credentials: Credentials,
        nonce: Nonce,
        peer: &Peer,
    ) -> Result<(), Fault> {
        let offered: Vec<&str> =
            self.capabilities.words("AUTH").map(Iterator::collect).unwrap_or_default();
        let mechanism = sasl::choose(offered, peer, &credentials.pass).ok_or(Fault::NoMechanism)?;
        let binding = match (mechanism, peer.bindings.first()) {
            (Mechanism::ScramSha256Plus, Some(binding)) => Binding::To(binding.clone()),
            (_, Some(_)) => Binding::NotOffered,
            (_, None) => Binding::Unable,
        };
        let mut machine = sasl::Client::new(mechanism, credentials, nonce, binding);
        let first = machine.first();
        let initial = first.as_deref().map(as_initial).filter(|i| fits(mechanism, i));
        let mut unsent = if initial.is_none() { first } else { None };
        let auth = Auth { mechanism: mechanism.name().to_owned(), initial };
        let mut reply = self.command(&Command::Auth(auth)).await?;
        while reply.code == 334 {
            let answer = match unsent.take() {
                Some(first) => Ok(first),
                None => match sasl::decode(reply.text.as_bytes()) {
                    Ok(challenge) => machine.respond(&challenge).map_err(Fault::Login),
                    Err(_) => Err(Fault::Syntax(Syntax("a challenge in base64"))),
                },
            };
            let answer = match answer {
                Ok(answer) => answer,
                Err(fault) => {
                    // The other host shall not wait for us (RFC 4954, 4).
                    self.line("*").await?;
                    self.wire.flush().await?;
                    self.reply().await?;
                    return Err(fault);
                }
            };
            self.line(&sasl::encode(&answer)).await?;
            self.wire.flush().await?;
            reply = self.reply().await?;
        }
        super::wanted("authentication", reply)?;
        Ok(machine.finish()?)
    }
}

/// A response that would make the command too long waits for the empty challenge (RFC 4954, 4).
fn fits(mechanism: Mechanism, initial: &str) -> bool {
    let octets = "AUTH  \r\n".len().saturating_add(mechanism.name().len());
    octets.saturating_add(initial.len()) <= CLIENT_COMMAND_OCTETS_MAX
}

fn as_initial(message: &[u8]) -> String {
    if message.is_empty() { "=".to_owned() } else { sasl::encode(message) }
}

//! Logging in: with a SASL mechanism where there is one, else with USER and PASS, never with a password in the clear.

use sasl::{Binding, ClientFault, Credentials, Mechanism, Nonce, Peer, Security, choose};

use super::{Client, Fault, Stream, Utf8Names, accepted};
use crate::limits::COMMAND_OCTETS_MAX;
use crate::{Auth, Command, Pass, User};

impl<S: Stream> Client<S> {
    /// Logs in by the best way that both ends know. The nonce serves SCRAM and must be random.
    pub async fn login(
        &mut self,
        credentials: Credentials,
        nonce: Nonce,
        binding: Binding,
    ) -> Result<(), Fault> {
        let mut peer = Peer::new(None, self.security);
        if let Binding::To(channel) = &binding {
            peer.bindings.push(channel.clone());
        }
        let security = self.security;
        let capabilities = self.capabilities().await?;
        let offered = capabilities.mechanisms.iter().map(String::as_str);
        match choose(offered, &peer, &credentials.pass) {
            Some(mechanism) => self.authenticate(mechanism, credentials, nonce, binding).await?,
            None if security == Security::Clear => return Err(Fault::NeedsTls),
            None => match &credentials.pass {
                sasl::Pass::Password(password) => {
                    self.user_and_pass(&credentials.login, password.expose()).await?;
                }
                sasl::Pass::Token(_) => return Err(ClientFault::NoTokens.into()),
            },
        }
        self.entered();
        Ok(())
    }

    async fn authenticate(
        &mut self,
        mechanism: Mechanism,
        credentials: Credentials,
        nonce: Nonce,
        binding: Binding,
    ) -> Result<(), Fault> {
        let mut client = sasl::Client::new(mechanism, credentials, nonce, binding);
        let first = client.first().map(|first| match sasl::encode(&first) {
            // RFC 5034, 4: an empty message is written as an equals sign.
            empty if empty.is_empty() => "=".to_owned(),
            text => text,
        });
        let mut line = Vec::new();
        let auth =
            |initial| Command::Auth(Auth { mechanism: mechanism.name().as_bytes(), initial });
        auth(first.as_ref().map(String::as_bytes)).print(&mut line);
        // RFC 5034, 4: what makes the command too long waits for the empty challenge.
        let too_long = line.len() > COMMAND_OCTETS_MAX;
        let initial = first.as_ref().filter(|_| !too_long).map(String::as_bytes);
        self.wire.queue(&auth(initial));
        let mut waiting = first.filter(|_| too_long);
        loop {
            let line = self.wire.line().await?;
            // A challenge: "+" and a space; some servers leave the space away when it is empty.
            let challenge = match line.as_ref() {
                b"+" => Some(&b""[..]),
                other => other.strip_prefix(b"+ "),
            };
            let Some(challenge) = challenge else {
                let reply = crate::Reply::parse(&line)
                    .ok_or(Fault::Syntax("+, +OK or -ERR"))
                    .map_err(|fault| self.wire.break_off(fault))?;
                accepted(reply)?;
                return client.finish().map_err(|fault| self.wire.break_off(fault.into()));
            };
            let answer = match (waiting.take(), sasl::decode(challenge)) {
                (Some(first), Ok(empty)) if empty.is_empty() => Ok(first),
                (_, Ok(challenge)) => {
                    client.respond(&challenge).map(|answer| sasl::encode(&answer))
                }
                (_, Err(_)) => Err(ClientFault::Server("its challenge is not base64")),
            };
            match answer {
                Ok(answer) => self.wire.queue_line(answer.as_bytes()),
                Err(fault) => {
                    // RFC 5034, 4: a star cancels; the server answers with -ERR.
                    self.wire.queue_line(b"*");
                    drop(self.wire.reply().await);
                    return Err(fault.into());
                }
            }
        }
    }

    /// USER and PASS; in one go where the server takes that (RFC 2449, 6.6). Then the password goes even to a server
    /// that does not know the name; by that nothing is lost, for USER and PASS are only used where nobody listens.
    async fn user_and_pass(&mut self, login: &str, password: &[u8]) -> Result<(), Fault> {
        self.fits_user(login.as_bytes())?;
        self.fits_user(password)?;
        let together = self.capabilities().await?.pipelining;
        self.wire.queue(&Command::User(User { name: login.as_bytes() }));
        let mut known = if together { Ok(()) } else { self.refusable().await? };
        if known.is_ok() {
            self.wire.queue(&Command::Pass(Pass { password }));
            if together {
                known = self.refusable().await?;
            }
            let entered = self.refusable().await?;
            // PASS after a USER that was refused is refused for that reason.
            known = known.and(entered);
        }
        known.map_err(Fault::Refused)
    }

    /// Whether USER, PASS and APOP can carry it: no control characters, and beyond ASCII only where the server says so
    /// (RFC 6856, 2.2).
    pub(super) fn fits_user(&self, text: &[u8]) -> Result<(), Fault> {
        if text.iter().any(u8::is_ascii_control) {
            return Err(ClientFault::Server("it takes no control characters").into());
        }
        let names = self.capabilities.as_ref().and_then(|capabilities| capabilities.utf8);
        if text.is_ascii() || names == Some(Utf8Names::Taken) {
            return Ok(());
        }
        Err(Fault::NotAscii)
    }
}

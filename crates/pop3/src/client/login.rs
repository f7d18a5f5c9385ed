//! Logging in: with a SASL mechanism where there is one, else with USER and PASS, never with a password in the clear.

use sasl::{Binding, ClientFault, Credentials, Mechanism, Nonce, Peer, Secret, Security, choose};

use super::{Client, Fault, Stream, accepted};
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
            Some(mechanism) => self.authenticate(mechanism, credentials, nonce, binding).await,
            None if security == Security::Clear => Err(Fault::NeedsTls),
            None => match &credentials.pass {
                sasl::Pass::Password(password) => {
                    self.user_and_pass(&credentials.login, password).await
                }
                sasl::Pass::Token(_) => Err(ClientFault::NoTokens.into()),
            },
        }
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
        let mut waiting = None;
        if line.len() > COMMAND_OCTETS_MAX {
            line.clear();
            auth(None).print(&mut line);
            waiting = first;
        }
        self.wire.send(&line).await?;
        loop {
            let line = self.wire.line().await?;
            // A challenge: "+" and a space; some servers leave the space away when it is empty.
            let challenge = match line.as_ref() {
                b"+" => Some(&b""[..]),
                other => other.strip_prefix(b"+ "),
            };
            let Some(challenge) = challenge else {
                let reply = crate::Reply::parse(&line).ok_or(Fault::Syntax("+, +OK or -ERR"))?;
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
                Ok(answer) => self.wire.send(format!("{answer}\r\n").as_bytes()).await?,
                Err(fault) => {
                    // RFC 5034, 4: a star cancels; the server answers with -ERR.
                    self.wire.send(b"*\r\n").await?;
                    drop(self.wire.reply().await);
                    return Err(fault.into());
                }
            }
        }
    }

    async fn user_and_pass(&mut self, login: &str, password: &Secret) -> Result<(), Fault> {
        let password = password.expose();
        let unfit = |octets: &[u8]| octets.iter().any(u8::is_ascii_control);
        if unfit(login.as_bytes()) || unfit(password) {
            return Err(ClientFault::Server("it takes no control characters").into());
        }
        self.run(Command::User(User { name: login.as_bytes() })).await?;
        self.run(Command::Pass(Pass { password })).await.map(drop)
    }
}

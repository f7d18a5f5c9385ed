//! Logging in: with a SASL mechanism where there is one, else with LOGIN, never with a password in the clear.

use sasl::{Binding, ClientFault, Credentials, Mechanism, Nonce, Pass, Peer, Security, choose};

use super::{Client, Fault, LoggedIn, Stream, Ticket};
use crate::commands::{Authenticate, Login};
use crate::response::{Condition, Response};

impl<S: Stream> Client<S> {
    /// Logs in by the best way that both ends know. The nonce serves SCRAM and must be random.
    pub async fn log_in(
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
        let names = self.capabilities().await?;
        let offered = names.iter().filter_map(|name| {
            name.get(..5).filter(|auth| auth.eq_ignore_ascii_case("AUTH="))?;
            name.get(5..)
        });
        match choose(offered, &peer, &credentials.pass) {
            Some(mechanism) => self.authenticate(mechanism, credentials, nonce, binding).await,
            None if security == Security::Clear => Err(Fault::NeedsTls),
            None => match &credentials.pass {
                Pass::Password(password) => {
                    let password = String::from_utf8_lossy(password.expose());
                    self.login(&credentials.login, &password).await
                }
                Pass::Token(_) => Err(ClientFault::NoTokens.into()),
            },
        }
    }

    /// Logs in with LOGIN, whatever the connection is like.
    pub async fn login(&mut self, user: &str, password: &str) -> Result<(), Fault> {
        let login = Login { user: user.to_owned(), password: password.to_owned() };
        self.forget_capabilities_unless_told(login).await
    }

    async fn forget_capabilities_unless_told(&mut self, login: Login) -> Result<(), Fault> {
        // What the server could do before login says little of what it can do after.
        let before = self.capabilities.take();
        // A literal of the login itself may still go by what was said.
        self.capabilities.clone_from(&before);
        let ticket = self.send(login).await?;
        self.capabilities = None;
        match self.finish(ticket).await {
            Ok(_) => {
                self.logged_in = LoggedIn::Yes;
                Ok(())
            }
            Err(fault) => {
                self.capabilities = before;
                Err(fault)
            }
        }
    }

    /// Logs in with this mechanism.
    pub async fn authenticate(
        &mut self,
        mechanism: Mechanism,
        credentials: Credentials,
        nonce: Nonce,
        binding: Binding,
    ) -> Result<(), Fault> {
        let mut client = sasl::Client::new(mechanism, credentials, nonce, binding);
        let mut first = client.first();
        // Without SASL-IR it waits for the empty challenge (RFC 4959, 3).
        let initial = if self.can("SASL-IR") { first.take() } else { None };
        let mechanism = mechanism.name().to_owned();
        let ticket = self.send(Authenticate { mechanism, initial }).await?;
        self.wire.flush().await?;
        let before = self.capabilities.take();
        loop {
            match self.response().await? {
                Response::Continue(challenge) => {
                    let challenge = sasl::decode(challenge.as_bytes())
                        .map_err(|_| ClientFault::Server("its challenge is not base64"));
                    let answer = match (challenge, first.take()) {
                        (Ok(challenge), Some(first)) if challenge.is_empty() => Ok(first),
                        (Ok(challenge), _) => client.respond(&challenge),
                        (Err(fault), _) => Err(fault),
                    };
                    match answer {
                        Ok(answer) => {
                            self.wire.queue(sasl::encode(&answer).as_bytes());
                            self.wire.queue(b"\r\n");
                        }
                        Err(fault) => return self.cancel(ticket, fault).await,
                    }
                }
                Response::Tagged(tag, status) => {
                    self.close_ticket(&tag, ticket)?;
                    self.note_code(status.code.as_ref());
                    if status.condition != Condition::Ok {
                        self.capabilities = before;
                        return Err(Fault::Refused(Box::new(status)));
                    }
                    self.logged_in = LoggedIn::Yes;
                    return client.finish().map_err(|fault| self.wire.break_off(fault.into()));
                }
                other => self.keep_news(other),
            }
        }
    }

    /// Cancels an exchange (RFC 9051, 6.2.2).
    async fn cancel(&mut self, ticket: Ticket, fault: ClientFault) -> Result<(), Fault> {
        self.wire.queue(b"*\r\n");
        drop(self.finish(ticket).await);
        Err(fault.into())
    }
}

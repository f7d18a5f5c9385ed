//! The client's half. The companion uses it, and our tests drive the server with it.
//!
//! Begin with [`Client::begin`]; go over to TLS with [`Client::start_tls`] and [`Client::after_tls`]; log in; look with
//! [`Client::stat`], [`Client::list`] and [`Client::uidl`]; fetch with [`Client::retrieve`]; name what is safe with
//! [`Client::delete`]; end with [`Client::quit`]. A message is removed only when QUIT is answered with `+OK`. When the
//! connection breaks before that, everything is still there: compare the unique ids next time, and go on.

mod capabilities;
mod listing;
mod login;
mod retrieval;
mod wire;

use std::time::Duration;

use sasl::{ClientFault, Security};

use crate::limits;
use crate::reply::{Code, Reply, Status};
use crate::{Command, Dele, MessageNumber, Top};

pub use crate::server::Stream;
pub use capabilities::Capabilities;
pub use listing::{Scan, UniqueId};
pub use retrieval::Retrieval;
use wire::Wire;

/// A session with a server.
pub struct Client<S> {
    wire: Wire<S>,
    security: Security,
    capabilities: Option<Capabilities>,
}

/// The caller's word that a message is safe: durable where it now lives, or wanted no longer. Whoever makes one lets
/// the server forget the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durable(pub MessageNumber);

/// Why the client does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server said no, and nothing changed.
    #[error("the server refused: {}", .0.text)]
    Refused(Refusal),
    /// The server hung up.
    #[error("the server closed the connection")]
    Closed,
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] std::io::Error),
    /// The server was silent for too long.
    #[error("the server did not answer for {0} s")]
    TimedOut(u64),
    /// The server broke the rules of the protocol.
    #[error("the server's answer is not POP3: expected {0}")]
    Syntax(&'static str),
    /// The server sent more than we are ready to take.
    #[error("the server sent too much: more than {max} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How much is fine.
        max: u64,
    },
    /// The password would have gone over the network in the clear.
    #[error("the server offers no way to log in that keeps the password secret")]
    NeedsTls,
    /// The login broke off.
    #[error(transparent)]
    Login(#[from] ClientFault),
    /// An earlier fault left the connection in the middle of an answer.
    #[error("the session is broken; connect again")]
    Broken,
}

/// A `-ERR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why, for programs.
    pub code: Option<Code>,
    /// Why, for people.
    pub text: String,
}

impl<S: Stream> Client<S> {
    /// Begins a session: reads the greeting. `security` says how the stream is protected.
    pub async fn begin(stream: S, security: Security) -> Result<Client<S>, Fault> {
        let mut client = Client::after_tls(stream, security);
        accepted(client.wire.reply().await?)?;
        Ok(client)
    }

    /// Goes on after the TLS handshake that followed STLS: there is no second greeting, and what the server said
    /// before is forgotten (RFC 2595, 4).
    pub fn after_tls(stream: S, security: Security) -> Client<S> {
        let timeout = Duration::from_secs(limits::CLIENT_TIMEOUT_S);
        Client { wire: Wire::new(stream, timeout), security, capabilities: None }
    }

    /// Waits this long for the server, instead of `CLIENT_TIMEOUT_S`.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.wire.timeout = timeout;
    }

    /// What the server can do; asked once. A server that does not know CAPA can do nothing special.
    pub async fn capabilities(&mut self) -> Result<&Capabilities, Fault> {
        let capabilities = match self.capabilities.take() {
            Some(capabilities) => capabilities,
            None => capabilities::ask(&mut self.wire).await?,
        };
        Ok(self.capabilities.insert(capabilities))
    }

    /// Asks for TLS and gives the stream back for the handshake. Refused when the server sent anything along with
    /// its answer: that was not protected.
    pub async fn start_tls(mut self) -> Result<S, Fault> {
        self.run(Command::Stls).await?;
        self.wire.into_clean_stream()
    }

    /// How many messages there are, and how many octets they have.
    pub async fn stat(&mut self) -> Result<(u32, u64), Fault> {
        let reply = self.run(Command::Stat).await?;
        listing::two_numbers(&reply.text).ok_or(Fault::Syntax("two numbers after STAT"))
    }

    /// The sizes of the messages.
    pub async fn list(&mut self) -> Result<Vec<Scan>, Fault> {
        self.run(Command::List(crate::List { message: None })).await?;
        listing::scans(&mut self.wire).await
    }

    /// The unique ids of the messages.
    pub async fn uidl(&mut self) -> Result<Vec<UniqueId>, Fault> {
        self.run(Command::Uidl(crate::Uidl { message: None })).await?;
        listing::unique_ids(&mut self.wire).await
    }

    /// Begins to fetch messages, in this order; several are asked for at once where the server allows it. Messages
    /// over `octets_max` end the session with `TooMuch`.
    pub async fn retrieve<I>(
        &mut self,
        messages: I,
        octets_max: u64,
    ) -> Result<Retrieval<'_, S, I::IntoIter>, Fault>
    where
        I: IntoIterator<Item = MessageNumber>,
    {
        let window = self.window().await?;
        Ok(Retrieval::new(&mut self.wire, messages.into_iter(), window, octets_max))
    }

    /// The header of a message and some lines of its body; at most `octets_max` octets.
    pub async fn top(
        &mut self,
        message: MessageNumber,
        lines: u64,
        octets_max: u64,
    ) -> Result<Vec<u8>, Fault> {
        self.run(Command::Top(Top { message, lines })).await?;
        self.wire.content(octets_max).await
    }

    /// Marks messages that are safe with the caller to be removed at QUIT. Gives those that the server refused.
    pub async fn delete(&mut self, safe: &[Durable]) -> Result<Vec<(Durable, Refusal)>, Fault> {
        let window = self.window().await?;
        let mut refused = Vec::new();
        for batch in safe.chunks(window) {
            let mut text = Vec::new();
            for durable in batch {
                Command::Dele(Dele { message: durable.0 }).print(&mut text);
            }
            self.wire.send(&text).await?;
            for durable in batch {
                match accepted(self.wire.reply().await?) {
                    Ok(_) => {}
                    Err(Fault::Refused(refusal)) => refused.push((*durable, refusal)),
                    Err(fault) => return Err(fault),
                }
            }
        }
        Ok(refused)
    }

    /// Takes all marks back.
    pub async fn reset(&mut self) -> Result<(), Fault> {
        self.run(Command::Rset).await.map(drop)
    }

    /// Shows that somebody is there.
    pub async fn noop(&mut self) -> Result<(), Fault> {
        self.run(Command::Noop).await.map(drop)
    }

    /// Ends the session. `Ok`: what was marked is removed. `Refused`: some or all of it is still there. Any other
    /// fault: it may be there or not.
    pub async fn quit(mut self) -> Result<(), Fault> {
        self.run(Command::Quit).await?;
        self.wire.close().await;
        Ok(())
    }

    /// Sends a command and reads the first line of its answer.
    async fn run(&mut self, command: Command<'_>) -> Result<Reply, Fault> {
        let mut text = Vec::new();
        command.print(&mut text);
        self.wire.send(&text).await?;
        accepted(self.wire.reply().await?)
    }

    /// How many commands may be under way at once (RFC 2449, 6.6).
    async fn window(&mut self) -> Result<usize, Fault> {
        let pipelining = self.capabilities().await?.pipelining;
        Ok(if pipelining { limits::CLIENT_WINDOW } else { 1 })
    }
}

/// `+OK` or a refusal.
fn accepted(reply: Reply) -> Result<Reply, Fault> {
    match reply.status {
        Status::Ok => Ok(reply),
        Status::Err => Err(Fault::Refused(Refusal { code: reply.code, text: reply.text })),
    }
}

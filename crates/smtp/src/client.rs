//! The client: greets, begins TLS, logs in, sends. The relay, the tests and the bench use it.
//!
//! Order of calls: `greet`; if TLS is wanted `start_tls`, wrap the stream, and `greet` again with
//! `Start::AfterStartTls`; `log_in`; `send` as often as needed; `quit`.

mod body;
mod capabilities;
mod login;
mod send;

pub use body::{Body, Whole};
pub use capabilities::Capabilities;
pub use send::Framing;

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout_at};

use crate::command::{Greeting, Hello};
use crate::limits::{REPLY_TIMEOUT_S, TEXT_END_TIMEOUT_S};
use crate::server::Start;
use crate::wire::Wire;
use crate::{Command, Flavour, Reply, Syntax};

/// A connection to another host that has greeted us.
pub struct Client<S> {
    wire: Wire<S>,
    flavour: Flavour,
    capabilities: Capabilities,
    framing: Framing,
}

/// Why a connection is of no more use.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The connection broke.
    #[error("the connection was lost: {0}")]
    Io(#[from] io::Error),
    /// The other host closed it.
    #[error("the remote host closed the connection")]
    Closed,
    /// The other host took too long.
    #[error("the remote host did not answer in time")]
    TimedOut,
    /// The other host does not speak the protocol.
    #[error("the remote host's reply is not SMTP: {0}")]
    Syntax(#[from] Syntax),
    /// The other host does not want us.
    #[error("the remote host rejected {what}: {reply}")]
    Refused {
        /// What it was asked.
        what: &'static str,
        /// Its answer.
        reply: Reply,
    },
    /// It does not offer STARTTLS, and something spoke in the clear after it.
    #[error("TLS could not be started: {0}")]
    Tls(&'static str),
    /// It offers no mechanism that is safe on this connection.
    #[error("the remote host offers no authentication mechanism that is safe on this connection")]
    NoMechanism,
    /// It did not log us in as the mechanism asks.
    #[error(transparent)]
    Login(#[from] sasl::ClientFault),
    /// The message could not be read on our side.
    #[error("the message cannot be read: {0}")]
    Body(io::Error),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    /// Takes the greeting (unless TLS has just begun) and greets.
    pub async fn greet(
        stream: S,
        flavour: Flavour,
        name: &str,
        start: Start,
    ) -> Result<Client<S>, Fault> {
        let mut client = Client {
            wire: Wire::new(stream),
            flavour,
            capabilities: Capabilities::default(),
            framing: Framing::Best,
        };
        if start == Start::Greeting {
            let reply = client.reply().await?;
            wanted("the connection", reply)?;
        }
        client.hello(name).await?;
        Ok(client)
    }

    async fn hello(&mut self, name: &str) -> Result<(), Fault> {
        let greeting = match self.flavour {
            Flavour::Lmtp => Greeting::Lhlo,
            Flavour::Smtp | Flavour::Submission => Greeting::Ehlo,
        };
        let hello = Hello { greeting, name: name.to_owned(), odd: None };
        let mut reply = self.command(&Command::Hello(hello)).await?;
        if reply.is_permanent() && self.flavour == Flavour::Smtp {
            // A host without extensions (RFC 5321, 3.2).
            let greeting = Greeting::Helo;
            let hello = Hello { greeting, name: name.to_owned(), odd: None };
            reply = self.command(&Command::Hello(hello)).await?;
        }
        let reply = wanted("EHLO", reply)?;
        self.capabilities = Capabilities::of(&reply);
        Ok(())
    }

    /// What the other host can do.
    pub fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    /// Sets how messages are framed.
    pub fn set_framing(&mut self, framing: Framing) {
        self.framing = framing;
    }

    /// Begins TLS: wrap the stream that comes back, and greet again. What was said in the clear is forgotten.
    pub async fn start_tls(mut self) -> Result<S, Fault> {
        if !self.capabilities.has("STARTTLS") {
            return Err(Fault::Tls("the remote host does not offer STARTTLS"));
        }
        let reply = self.command(&Command::StartTls).await?;
        wanted("STARTTLS", reply)?;
        // What came along in the clear could be anybody's (RFC 3207, 6).
        self.wire
            .into_stream()
            .ok_or(Fault::Tls("unencrypted data came after the reply to STARTTLS"))
    }

    /// Sends a command and takes its reply.
    pub async fn command(&mut self, command: &Command) -> Result<Reply, Fault> {
        self.line(&command.print()).await?;
        self.wire.flush().await?;
        self.reply().await
    }

    /// Ends the connection politely; whether the other host still listens does not matter.
    pub async fn quit(mut self) {
        if self.line("QUIT").await.is_ok() && self.wire.flush().await.is_ok() {
            let _ = self.reply_within(5).await;
        }
        self.wire.shut_down().await;
    }

    /// Puts a line where it waits to be written.
    async fn line(&mut self, line: &str) -> Result<(), Fault> {
        let outbound = self.wire.outbound();
        outbound.extend_from_slice(line.as_bytes());
        outbound.extend_from_slice(b"\r\n");
        Ok(())
    }

    async fn reply(&mut self) -> Result<Reply, Fault> {
        self.reply_within(REPLY_TIMEOUT_S).await
    }

    async fn last_reply(&mut self) -> Result<Reply, Fault> {
        self.reply_within(TEXT_END_TIMEOUT_S).await
    }

    async fn reply_within(&mut self, seconds: u64) -> Result<Reply, Fault> {
        let now = Instant::now();
        let until = now.checked_add(Duration::from_secs(seconds)).unwrap_or(now);
        loop {
            if let Some((reply, octets)) = Reply::parse(self.wire.inbound())? {
                self.wire.take(octets);
                return Ok(reply);
            }
            match timeout_at(until, self.wire.fill()).await {
                Ok(Ok(0)) => return Err(Fault::Closed),
                Ok(Ok(_)) => {}
                Ok(Err(error)) => return Err(Fault::Io(error)),
                Err(_) => return Err(Fault::TimedOut),
            }
        }
    }
}

fn wanted(what: &'static str, reply: Reply) -> Result<Reply, Fault> {
    if reply.is_positive() { Ok(reply) } else { Err(Fault::Refused { what, reply }) }
}

//! The client's half. The companion uses it, and our tests drive the server with it.
//!
//! The order of calls: [`Client::begin`]; to go over to TLS [`Client::start_tls`] and [`Client::after_tls`]; then, if
//! wanted, [`Client::enter_utf8`]; [`Client::login`] (or [`Client::apop`]); and then most likely [`pull::pull`], which does all
//! the rest and ends the session. One by one: look with [`Client::stat`], [`Client::listing`], [`Client::list`] and
//! [`Client::uidl`]; fetch with [`Client::retrieve`] and [`Client::top`]; name what is safe with [`Client::delete`]; end
//! with [`Client::quit`]. [`Client::capabilities`] and [`Client::choose_language`] can be asked for at any time.
//!
//! A message is removed only when QUIT is answered with `+OK`. When the connection breaks before that, everything is
//! still there: compare the unique ids next time, and go on. A `-ERR` changes nothing; [`Refusal::advice`] says what to
//! make of it. After any other fault the session is over: drop it and connect again.

mod apop;
mod capabilities;
mod language;
mod listing;
mod login;
pub mod pull;
mod refusal;
mod retrieval;
mod wire;

use std::time::Duration;

use sasl::{ClientFault, Security};

use crate::limits;
use crate::reply::{Reply, Status};
use crate::{Command, Dele, MessageNumber, Top};

pub use crate::server::Stream;
pub use capabilities::{Announced, Capabilities, Expire, Holds, Utf8Names};
pub use language::Language;
pub use listing::{Listing, Scan, UniqueId};
pub use refusal::{Advice, Refusal};
pub use retrieval::{Part, Request, Retrieval};
use wire::Wire;

/// A session with a server.
pub struct Client<S> {
    wire: Wire<S>,
    security: Security,
    /// The timestamp of the greeting, for APOP.
    timestamp: Option<String>,
    capabilities: Option<Capabilities>,
    /// Whether what is known of the capabilities may have changed by the login (RFC 2449, 5).
    stale: bool,
    /// Whether UTF8 was said.
    utf8: bool,
}

/// The caller's word that a message is safe: durable where it now lives, or wanted no longer. Whoever makes one lets
/// the server forget the message; nothing else does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Durable(());

impl Durable {
    /// Gives the word.
    pub fn vouched() -> Durable {
        Durable(())
    }
}

/// Why the client does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server said no, and nothing changed.
    #[error("the server refused: {}", .0.text)]
    Refused(Refusal),
    /// The server hung up without QUIT.
    #[error("the server closed the connection")]
    Closed,
    /// Reading or writing failed, most likely because the line was cut.
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
        /// Lines, octets or the like.
        what: &'static str,
        /// The limit that was passed.
        max: u64,
    },
    /// The password would have gone over the network in the clear.
    #[error("the server offers no way to log in that keeps the password secret")]
    NeedsTls,
    /// USER, PASS and APOP would need letters that the server does not take (RFC 6856, 2.2).
    #[error("the server takes only ASCII in names and passwords")]
    NotAscii,
    /// The greeting has no timestamp, so there is no APOP.
    #[error("the server does not offer APOP")]
    NoApop,
    /// Called at the wrong time, or with what cannot be sent; nothing was sent.
    #[error("{0}")]
    OutOfOrder(&'static str),
    /// The login broke off.
    #[error(transparent)]
    Login(#[from] ClientFault),
    /// An earlier fault left the connection in the middle of an answer.
    #[error("the session is broken; connect again")]
    Broken,
}

impl<S: Stream> Client<S> {
    /// Begins a session: reads the greeting. `security` says how the stream is protected.
    pub async fn begin(stream: S, security: Security) -> Result<Client<S>, Fault> {
        let mut client = Client::after_tls(stream, security);
        let greeting = accepted(client.wire.reply().await?)?;
        client.timestamp = apop::timestamp(&greeting.text);
        Ok(client)
    }

    /// Goes on after the TLS handshake that followed STLS: there is no second greeting, and what the server said
    /// before is forgotten (RFC 2595, 4).
    pub fn after_tls(stream: S, security: Security) -> Client<S> {
        let timeout = Duration::from_secs(limits::CLIENT_TIMEOUT_S);
        Client {
            wire: Wire::new(stream, timeout),
            security,
            timestamp: None,
            capabilities: None,
            stale: false,
            utf8: false,
        }
    }

    /// Waits this long for the server, instead of `CLIENT_TIMEOUT_S`.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.wire.timeout = timeout;
    }

    /// What the server can do; asked once, and once more after the login: terms that differ by user are more exact
    /// then (RFC 2449, 6.5 and 6.7). A server that does not know CAPA can do nothing special.
    pub async fn capabilities(&mut self) -> Result<&Capabilities, Fault> {
        let capabilities = match self.capabilities.take() {
            Some(capabilities) if !self.stale => capabilities,
            before => renewed(before, capabilities::ask(&mut self.wire).await?),
        };
        self.stale = false;
        Ok(self.capabilities.insert(capabilities))
    }

    /// Asks for TLS and gives the stream back for the handshake. Refused when the server sent anything along with
    /// its answer: that was not protected. Comes before UTF8 (RFC 6856, 2.1).
    pub async fn start_tls(mut self) -> Result<S, Fault> {
        if self.utf8 {
            return Err(Fault::OutOfOrder("STLS cannot follow UTF8"));
        }
        self.run(Command::Stls).await?;
        self.wire.into_clean_stream()
    }

    /// Asks for messages as they are, with UTF-8 in their headers, instead of what can be shown of them in ASCII
    /// (RFC 6856, 2). Before the login. Without it a server may refuse such messages.
    pub async fn enter_utf8(&mut self) -> Result<(), Fault> {
        self.run(Command::Utf8).await?;
        self.utf8 = true;
        Ok(())
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

    /// Sizes and unique ids, asked for together, and with them the capabilities when they may have changed. Refused
    /// only when the server gives neither.
    pub async fn listing(&mut self) -> Result<Listing, Fault> {
        if self.capabilities.is_none() {
            self.capabilities().await?;
        }
        let together = self.capabilities.as_ref().is_some_and(|known| known.pipelining);
        let [list, uidl] = [
            Command::List(crate::List { message: None }),
            Command::Uidl(crate::Uidl { message: None }),
        ];
        if together {
            if self.stale {
                self.wire.queue(&Command::Capa);
            }
            self.wire.queue(&list);
            self.wire.queue(&uidl);
        }
        if self.stale && together {
            let capabilities = capabilities::read(&mut self.wire).await?;
            self.capabilities = Some(renewed(self.capabilities.take(), capabilities));
            self.stale = false;
        }
        if !together {
            self.wire.queue(&list);
        }
        let sizes = self.refusable().await?;
        let scans = match &sizes {
            Ok(()) => Some(listing::scans(&mut self.wire).await?),
            Err(_) => None,
        };
        if !together {
            self.wire.queue(&uidl);
        }
        let ids = match self.refusable().await? {
            Ok(()) => Some(listing::unique_ids(&mut self.wire).await?),
            Err(_) => None,
        };
        match (sizes, &ids) {
            (Err(refusal), None) => Err(Fault::Refused(refusal)),
            (Ok(()) | Err(_), _) => Ok(Listing { scans, ids }),
        }
    }

    /// Begins to fetch messages, in this order; several are asked for at once where the server allows it. Messages
    /// over `octets_max` end the session with `TooMuch`.
    pub async fn retrieve<I>(
        &mut self,
        messages: I,
        octets_max: u64,
    ) -> Result<Retrieval<'_, S, I::IntoIter>, Fault>
    where
        I: IntoIterator<Item: Into<Request>>,
    {
        let window = self.window(limits::CLIENT_WINDOW).await?;
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
    pub async fn delete(
        &mut self,
        safe: &[(MessageNumber, Durable)],
    ) -> Result<Vec<(MessageNumber, Refusal)>, Fault> {
        let window = self.window(limits::CLIENT_DELETE_WINDOW).await?;
        let mut refused = Vec::new();
        for batch in safe.chunks(window) {
            self.mark(batch);
            refused.extend(self.marked(batch).await?);
        }
        Ok(refused)
    }

    fn mark(&mut self, safe: &[(MessageNumber, Durable)]) {
        for (message, _) in safe {
            self.wire.queue(&Command::Dele(Dele { message: *message }));
        }
    }

    async fn marked(
        &mut self,
        safe: &[(MessageNumber, Durable)],
    ) -> Result<Vec<(MessageNumber, Refusal)>, Fault> {
        let mut refused = Vec::new();
        for (message, _) in safe {
            if let Err(refusal) = self.refusable().await? {
                refused.push((*message, refusal));
            }
        }
        Ok(refused)
    }

    /// Marks messages that are safe and ends the session: `delete` and `quit` in as few round trips as it takes.
    pub(crate) async fn delete_and_quit(
        &mut self,
        safe: &[(MessageNumber, Durable)],
    ) -> Result<Vec<(MessageNumber, Refusal)>, Fault> {
        let window = self.window(limits::CLIENT_DELETE_WINDOW).await?;
        let mut refused = Vec::new();
        let together = window > 1;
        // Whoever ends the session right behind the last mark has the answers to both in one go.
        let mut batches = safe.chunks(window).peekable();
        while let Some(batch) = batches.next() {
            self.mark(batch);
            if together && batches.peek().is_none() {
                self.wire.queue(&Command::Quit);
            }
            refused.extend(self.marked(batch).await?);
        }
        if !together || safe.is_empty() {
            self.wire.queue(&Command::Quit);
        }
        accepted(self.wire.reply().await?)?;
        self.wire.close().await;
        Ok(refused)
    }

    /// Leaves without a word: the server stays as it was.
    pub(crate) async fn hang_up(&mut self) {
        self.wire.close().await;
    }

    /// Takes all marks back with RSET.
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
        self.wire.queue(&command);
        accepted(self.wire.reply().await?)
    }

    /// Reads the first line of an answer that may as well be a refusal.
    async fn refusable(&mut self) -> Result<Result<(), Refusal>, Fault> {
        match accepted(self.wire.reply().await?) {
            Ok(_) => Ok(Ok(())),
            Err(Fault::Refused(refusal)) => Ok(Err(refusal)),
            Err(fault) => Err(fault),
        }
    }

    /// Notes that the login has succeeded. The capabilities are asked for again where that costs no round trip, or
    /// where the server says that it will be more exact.
    fn entered(&mut self) {
        self.stale = self
            .capabilities
            .as_ref()
            .is_some_and(|known| known.answered && (known.pipelining || known.differ_by_user()));
    }

    /// How many commands may be under way at once (RFC 2449, 6.6): as many as we like, or one.
    async fn window(&mut self, most: usize) -> Result<usize, Fault> {
        Ok(if self.capabilities().await?.pipelining { most } else { 1 })
    }
}

/// `+OK` or a refusal.
fn accepted(reply: Reply) -> Result<Reply, Fault> {
    match reply.status {
        Status::Ok => Ok(reply),
        Status::Err => Err(Fault::Refused(Refusal { code: reply.code, text: reply.text })),
    }
}

/// What is known after asking again. Some servers know CAPA only before the login; then the old answer stands.
fn renewed(before: Option<Capabilities>, now: Capabilities) -> Capabilities {
    match before {
        Some(before) if !now.answered => before,
        Some(_) | None => now,
    }
}

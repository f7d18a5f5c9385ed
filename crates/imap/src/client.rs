//! The client's half. The companion uses it, and our tests drive servers with it.
//!
//! Begin with [`Client::begin`]; go over to TLS with [`Client::start_tls`] and [`Client::after_tls`]; log in with
//! [`Client::log_in`]; then each command has its method. To have many commands under way at once, [`Client::send`] them
//! and [`Client::finish`] each in order. What may be large is taken piece by piece: [`Client::fetch`],
//! [`Client::append_from`]. What a server says unasked is kept for [`Client::take_news`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a response that is not the answer waited for is news, whatever it is"
)]

mod append;
mod fetching;
mod idle;
mod login;
mod mailboxes;
mod messages;
mod notify;
mod reader;
mod selected;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::VecDeque;
use std::time::Duration;

use sasl::Security;
use tokio::io::{AsyncRead, AsyncWrite};

pub use append::AppendedUids;
pub use fetching::{FetchEvent, Fetching};
pub use idle::Idling;
pub use messages::{CopiedUids, Found, Gone};
pub use selected::Selected;

use self::reader::Step;
use self::wire::Wire;
use crate::limits::{CLIENT_HELD_OCTETS_MAX, CLIENT_NEWS_MAX, CLIENT_TIMEOUT_S};
use crate::response::{Code, Condition, Status};
use crate::wire::{CommandOctets, Literals, Tag};
use crate::{Command, Dialect, Feature, Response, Syntax, commands};

/// What a session runs over.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// A session with a server.
pub struct Client<S> {
    wire: Wire<S>,
    security: Security,
    logged_in: LoggedIn,
    dialect: Dialect,
    capabilities: Option<Vec<String>>,
    tags: u64,
    /// The tags sent and not answered, oldest first.
    pending: VecDeque<u64>,
    news: VecDeque<Response>,
    bye: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum LoggedIn {
    Yes,
    No,
}

/// A command under way. Tickets are finished in the order they were given out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// A command that is done: the server said OK.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// What a program should know.
    pub code: Option<Code>,
    /// What a person should know.
    pub text: String,
    /// What came before, in order, news among it.
    pub responses: Vec<Response>,
}

/// Why the client does not go on.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The server said NO or BAD.
    #[error("the server refused: {}", .0.text)]
    Refused(Box<Status>),
    /// The server hung up.
    #[error("the server closed the connection")]
    Closed,
    /// The server said BYE and hung up.
    #[error("the server closed the connection: {0}")]
    Bye(String),
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[source] std::io::Error),
    /// The server was silent for too long.
    #[error("the server did not answer for {0} s")]
    TimedOut(u64),
    /// The server broke the rules of the protocol.
    #[error("the server's answer is not IMAP: {0}")]
    Syntax(#[from] Syntax),
    /// The server said something at the wrong time.
    #[error("the server's answer does not fit: expected {0}")]
    Unexpected(&'static str),
    /// The server sent more than we are ready to take.
    #[error("the server sent too much: more than {max} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// How much is fine.
        max: u64,
    },
    /// Octets came in the clear after the answer to STARTTLS: somebody put them there.
    #[error("the server sent something between its answer to STARTTLS and the TLS handshake")]
    Unprotected,
    /// The password would have gone over the network in the clear.
    #[error("the server offers no way to log in that keeps the password secret")]
    NeedsTls,
    /// The login broke off.
    #[error(transparent)]
    Login(#[from] sasl::ClientFault),
    /// A command that has to wait for a literal was sent while others were under way.
    #[error("this command cannot be sent before the others are finished")]
    Busy,
    /// What is to be appended could not be read.
    #[error("what is to be appended cannot be read")]
    Source(#[source] std::io::Error),
    /// What is to be appended is shorter than was said.
    #[error("what is to be appended is shorter than {0} octets")]
    Short(u64),
    /// An earlier fault left the connection in the middle of an answer.
    #[error("the session is broken; connect again")]
    Broken,
}

impl<S: Stream> Client<S> {
    /// Begins a session: reads the greeting. `security` says how the stream is protected.
    pub async fn begin(stream: S, security: Security) -> Result<Client<S>, Fault> {
        let mut client = Client::after_tls(stream, security);
        let Response::Untagged(status) = client.response().await? else {
            return Err(client.wire.break_off(Fault::Unexpected("a greeting")));
        };
        client.note_code(status.code.as_ref());
        match status.condition {
            Condition::Ok => Ok(client),
            Condition::PreAuth => {
                client.logged_in = LoggedIn::Yes;
                Ok(client)
            }
            Condition::Bye => Err(Fault::Bye(status.text)),
            Condition::No | Condition::Bad => Err(Fault::Unexpected("a greeting")),
        }
    }

    /// Goes on after the TLS handshake that followed STARTTLS: there is no second greeting, and what the server said
    /// before is forgotten (RFC 9051, 6.2.1).
    pub fn after_tls(stream: S, security: Security) -> Client<S> {
        Client {
            wire: Wire::new(stream, Duration::from_secs(CLIENT_TIMEOUT_S)),
            security,
            logged_in: LoggedIn::No,
            dialect: Dialect::REV1,
            capabilities: None,
            tags: 0,
            pending: VecDeque::new(),
            news: VecDeque::new(),
            bye: None,
        }
    }

    /// Waits this long for the server, instead of `CLIENT_TIMEOUT_S`.
    pub fn set_timeout(&mut self, timeout: Duration) {
        self.wire.timeout = timeout;
    }

    /// Sections up to this size are held and come with their message; larger ones come in chunks. Only `fetch` can
    /// take chunks.
    pub fn set_inline_octets_max(&mut self, octets: u64) {
        self.wire.reader.inline_octets_max = octets;
    }

    /// What has been enabled.
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// What the server said unasked, oldest first: new messages, removals, flags changed elsewhere, alerts. Removals move
    /// message numbers, so look here before using any.
    pub fn take_news(&mut self) -> impl Iterator<Item = Response> + '_ {
        self.news.drain(..)
    }

    /// What the server can do; asked unless it told.
    pub async fn capabilities(&mut self) -> Result<&[String], Fault> {
        if self.capabilities.is_none() {
            self.run(commands::Capability).await?;
        }
        Ok(self.capabilities.get_or_insert_default())
    }

    /// Whether the server can do something, as far as it told.
    pub fn can(&self, capability: &str) -> bool {
        let names = self.capabilities.as_deref().unwrap_or_default();
        names.iter().any(|name| name.eq_ignore_ascii_case(capability))
    }

    fn literals(&self) -> Literals {
        if self.can("LITERAL+") {
            Literals::Plus
        } else if self.can("LITERAL-") || self.can("IMAP4rev2") {
            Literals::Minus
        } else {
            Literals::Waiting
        }
    }

    /// Sends a command and waits until it is done.
    pub async fn run(&mut self, command: impl Into<Command>) -> Result<Done, Fault> {
        let ticket = self.send(command).await?;
        self.finish(ticket).await
    }

    /// Runs a command that has no answer but its OK. What comes with it is news.
    pub(crate) async fn run_only(&mut self, command: impl Into<Command>) -> Result<(), Fault> {
        let done = self.run(command).await?;
        done.responses.into_iter().for_each(|response| self.keep_news(response));
        Ok(())
    }

    /// Queues a command. It is sent together with others, at the latest when one of them is finished. One that has
    /// to wait for a literal cannot be sent while others are under way.
    pub async fn send(&mut self, command: impl Into<Command>) -> Result<Ticket, Fault> {
        let (ticket, tag) = self.ticket()?;
        let printed = command.into().print(&tag, self.dialect, self.literals());
        self.send_octets(ticket, printed).await?;
        Ok(ticket)
    }

    fn ticket(&mut self) -> Result<(Ticket, Tag), Fault> {
        self.tags = self.tags.saturating_add(1);
        let tag = Tag::new(format!("a{}", self.tags).as_bytes()).ok_or(Fault::Busy)?;
        Ok((Ticket(self.tags), tag))
    }

    async fn send_octets(&mut self, ticket: Ticket, printed: CommandOctets) -> Result<(), Fault> {
        if !printed.waits.is_empty() && !self.pending.is_empty() {
            return Err(Fault::Busy);
        }
        self.pending.push_back(ticket.0);
        let mut sent = 0usize;
        for wait in printed.waits {
            self.wire.queue(printed.octets.get(sent..wait).unwrap_or_default());
            sent = wait;
            self.continuation(ticket).await?;
        }
        self.wire.queue(printed.octets.get(sent..).unwrap_or_default());
        // Enough for a packet or two; and a caller who sends without end does not fill our memory.
        if self.wire.queued() > 32 << 10 {
            self.wire.flush().await?;
        }
        Ok(())
    }

    /// Waits for the `+` that a command is waiting for; gives its text. A tagged answer instead is a refusal.
    async fn continuation(&mut self, ticket: Ticket) -> Result<String, Fault> {
        self.wire.flush().await?;
        loop {
            match self.response().await? {
                Response::Continue(text) => return Ok(text),
                Response::Tagged(tag, status) => {
                    self.close_ticket(&tag, ticket)?;
                    self.note_code(status.code.as_ref());
                    return Err(match status.condition {
                        Condition::Ok => Fault::Unexpected("+"),
                        Condition::No | Condition::Bad | Condition::Bye | Condition::PreAuth => {
                            Fault::Refused(Box::new(status))
                        }
                    });
                }
                other => self.keep_news(other),
            }
        }
    }

    /// Waits until a command is done. A response that cannot be read is told as `Fault::Syntax` after the end of the
    /// answer, and the session can go on. What answers commands before it that were never finished is dropped.
    pub async fn finish(&mut self, ticket: Ticket) -> Result<Done, Fault> {
        let mut responses = Vec::new();
        let mut held = 0usize;
        let mut broken = None;
        loop {
            let (response, octets) = match self.step().await? {
                Step::Response(response, octets) => (response, octets),
                Step::Broken(syntax) => {
                    broken.get_or_insert(syntax);
                    continue;
                }
                Step::More | Step::Body(..) | Step::Chunk(_) => continue,
            };
            match response {
                Response::Tagged(tag, status) => {
                    if self.answered(&tag)? != ticket {
                        responses.clear();
                        held = 0;
                        broken = None;
                        continue;
                    }
                    return match broken {
                        Some(syntax) => Err(syntax.into()),
                        None => self.done(status, responses),
                    };
                }
                Response::Continue(_) => {
                    return Err(self.wire.break_off(Fault::Unexpected("no +")));
                }
                other => {
                    held = held.saturating_add(octets);
                    if held > CLIENT_HELD_OCTETS_MAX {
                        let max = u64::try_from(CLIENT_HELD_OCTETS_MAX).unwrap_or(u64::MAX);
                        let fault = Fault::TooMuch { what: "octets in one answer", max };
                        return Err(self.wire.break_off(fault));
                    }
                    responses.push(other);
                }
            }
        }
    }

    fn done(&mut self, status: Status, responses: Vec<Response>) -> Result<Done, Fault> {
        self.note_code(status.code.as_ref());
        if status.condition == Condition::Ok {
            return Ok(Done { code: status.code, text: status.text, responses });
        }
        responses.into_iter().for_each(|response| self.keep_news(response));
        Err(Fault::Refused(Box::new(status)))
    }

    /// The ticket that a tag answers: the oldest one.
    fn answered(&mut self, tag: &Tag) -> Result<Ticket, Fault> {
        let oldest = self.pending.pop_front();
        match oldest.filter(|oldest| tag.as_str() == format!("a{oldest}")) {
            Some(oldest) => Ok(Ticket(oldest)),
            None => Err(self.wire.break_off(Fault::Unexpected("the tag of the oldest command"))),
        }
    }

    fn close_ticket(&mut self, tag: &Tag, ticket: Ticket) -> Result<(), Fault> {
        if self.answered(tag)? == ticket {
            Ok(())
        } else {
            Err(self.wire.break_off(Fault::Unexpected("the tag of this command")))
        }
    }

    /// The next response, whatever it is; chunks are dropped.
    async fn response(&mut self) -> Result<Response, Fault> {
        loop {
            if let Step::Response(response, _) = self.step().await? {
                return Ok(response);
            }
        }
    }

    /// The next step, after what concerns the session itself was noted.
    async fn step(&mut self) -> Result<Step, Fault> {
        self.step_within(self.wire.timeout).await
    }

    async fn step_within(&mut self, wait: Duration) -> Result<Step, Fault> {
        loop {
            let step = match self.wire.step_within(self.dialect, wait).await {
                Err(Fault::Closed) if self.bye.is_some() => {
                    return Err(Fault::Bye(self.bye.take().unwrap_or_default()));
                }
                other => other?,
            };
            let Step::Response(response, _) = &step else { return Ok(step) };
            if self.note(response) {
                return Ok(step);
            }
        }
    }

    /// Notes what a response says of the session. Whether anybody else should see it.
    fn note(&mut self, response: &Response) -> bool {
        match response {
            Response::Capability(names) => {
                self.capabilities = Some(names.clone());
                true
            }
            Response::Enabled(names) => {
                for feature in names.iter().filter_map(|name| Feature::named(name)) {
                    self.dialect = self.dialect.with(feature);
                }
                true
            }
            Response::Untagged(status) => {
                if status.condition == Condition::Bye {
                    self.bye = Some(status.text.clone());
                }
                true
            }
            Response::Tagged(..) | Response::Continue(_) | Response::Id(_) => true,
            // Before login nothing else is to be believed (RFC 9051, 11.3).
            _ => self.logged_in == LoggedIn::Yes,
        }
    }

    fn note_code(&mut self, code: Option<&Code>) {
        if let Some(Code::Capability(names)) = code {
            self.capabilities = Some(names.clone());
        }
    }

    fn keep_news(&mut self, response: Response) {
        // These were noted, and can be asked for.
        if matches!(response, Response::Capability(_) | Response::Enabled(_)) {
            return;
        }
        if self.news.len() >= CLIENT_NEWS_MAX {
            self.news.pop_front();
        }
        self.news.push_back(response);
    }

    /// Picks what belongs to an answer; the rest is news.
    fn sort<T>(
        &mut self,
        responses: Vec<Response>,
        mut pick: impl FnMut(Response) -> Result<T, Response>,
    ) -> Vec<T> {
        let mut picked = Vec::new();
        for response in responses {
            match pick(response) {
                Ok(one) => picked.push(one),
                Err(other) => self.keep_news(other),
            }
        }
        picked
    }

    /// Asks for TLS and gives the stream back for the handshake. Refused when the server sent anything along with its
    /// answer: that was not protected.
    pub async fn start_tls(mut self) -> Result<S, Fault> {
        self.run(commands::StartTls).await?;
        self.wire.into_clean_stream()
    }

    /// Enables features; gives back what is enabled now.
    pub async fn enable(&mut self, features: &[Feature]) -> Result<Dialect, Fault> {
        let names = features.iter().map(|feature| feature.name().to_owned()).collect();
        self.run(commands::Enable { names }).await?;
        Ok(self.dialect)
    }

    /// Compresses both directions from here on. Other commands have to be finished.
    pub async fn compress(&mut self) -> Result<(), Fault> {
        if !self.pending.is_empty() {
            return Err(Fault::Busy);
        }
        self.run(commands::Compress).await?;
        self.wire.squeeze()
    }

    /// Runs a command that ends what was logged in, enabled and compressed. Others have to be finished.
    pub(crate) async fn run_last(&mut self, command: impl Into<Command>) -> Result<(), Fault> {
        if !self.pending.is_empty() {
            return Err(Fault::Busy);
        }
        self.run(command).await?;
        self.wire.expand();
        self.logged_in = LoggedIn::No;
        self.dialect = Dialect::REV1;
        self.capabilities = None;
        Ok(())
    }

    /// Does nothing, and hears news.
    pub async fn noop(&mut self) -> Result<(), Fault> {
        self.run_only(commands::Noop).await
    }

    /// Ends the session and closes the connection.
    pub async fn log_out(mut self) -> Result<(), Fault> {
        let done = self.run(commands::Logout).await;
        self.wire.close().await;
        match done {
            // Some servers hang up without the tagged answer; nothing is lost by it.
            Ok(_) | Err(Fault::Bye(_) | Fault::Closed) => Ok(()),
            Err(fault) => Err(fault),
        }
    }
}
